"""A small HTTP client: signing in, single requests, and the same request many times over one connection."""

import http.client
import re
import socket
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench.serving import HOST
from bench.worlds.world import PASSWORD

SECONDS = 120
_FORM = "application/x-www-form-urlencoded"
_SET = re.compile(rb"(?i)\r\nset-cookie: ([^;\r]+)")


class WrongAnswer(Exception):
    """A server answered something else than what is measured."""


@dataclass
class Browser:
    """Somebody's browser: keeps cookies and finds form tokens."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def request(
        self, method: str, path: str, body: bytes | None = None, kind: str = _FORM
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of one answer; cookies are kept."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=SECONDS)
        try:
            answer = self.open(connection, method, path, body, kind)
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def open(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None, kind: str = _FORM
    ) -> http.client.HTTPResponse:
        """An answer whose body is still to be read."""
        headers = {"Cookie": self.cookie_header()}
        if body is not None:
            headers["Content-Type"] = kind
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def cookie_header(self) -> str:
        """The cookies, as they are sent."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def token(self, path: str) -> str:
        """The token of the forms on a page."""
        status, _, page = self.request("GET", path)
        found = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page)
        if status != http.client.OK or found is None:
            raise WrongAnswer(f"{path}: {status}, no form")
        return found[1].decode()

    def sign_in(self, user_id: str) -> None:
        """Open a session as a person would."""
        fields = {"csrf_token": self.token("/sign-in"), "user_id": user_id, "password": PASSWORD}
        status, _, _ = self.request("POST", "/sign-in", urlencode(fields).encode())
        if status != http.client.FOUND:
            raise WrongAnswer(f"signing in as {user_id}: {status}")


@dataclass(frozen=True)
class Repeated:
    """One page, and what tells that it is the right one: a mark that stands once in each row."""

    port: int
    path: str
    cookie: str
    row_mark: bytes = b""

    def count_rows(self) -> int:
        """How many rows the page shows; WrongAnswer when it is not shown."""
        with _Connection(self) as connection:
            return connection.ask().count(self.row_mark)

    def times(self, most: int, seconds: float) -> list[float]:
        """Milliseconds of each request over one connection: `most` of them, or fewer when time is up, but one."""
        taken: list[float] = []
        with _Connection(self) as connection:
            connection.ask()
            begun = time.perf_counter()
            while len(taken) < most and (not taken or time.perf_counter() - begun < seconds):
                asked = time.perf_counter()
                connection.ask()
                taken.append((time.perf_counter() - asked) * 1000)
        return taken


class _Connection:
    """Kept alive, as cookies are; reads no more of an answer than it must, so that the client costs next to nothing."""

    def __init__(self, page: Repeated) -> None:
        self._page = page
        self._cookies = dict(one.split("=", 1) for one in page.cookie.split("; "))
        self._request = self._write()

    def _write(self) -> bytes:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        head = f"GET {self._page.path} HTTP/1.1\r\nHost: {HOST}:{self._page.port}\r\nCookie: {cookies}\r\n\r\n"
        return head.encode()

    def __enter__(self) -> "_Connection":
        self._socket = socket.create_connection((HOST, self._page.port), timeout=SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self) -> bytes:
        """The body of one answer; WrongAnswer unless it is a page."""
        self._socket.sendall(self._request)
        received = bytearray()
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._receive()
        whole = bytes(received[:end])
        head = whole.lower()
        if b"\r\nset-cookie:" in head:
            # As a browser does: a page that would have to set it again each time costs more than one that is known.
            self._cookies |= dict(pair.decode().split("=", 1) for pair in _SET.findall(whole))
            self._request = self._write()
        length = re.search(rb"\r\ncontent-length: (\d+)", head)
        if not head.startswith(b"http/1.1 200") or length is None:
            raise WrongAnswer(f"{self._page.path}: {head[:60]!r}")
        while len(received) < end + 4 + int(length[1]):
            received += self._receive()
        return bytes(received[end + 4 :])

    def _receive(self) -> bytes:
        data = self._socket.recv(1 << 18)
        if not data:
            raise WrongAnswer(f"{self._page.path}: the connection was closed")
        return data
