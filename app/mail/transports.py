"""Where mail goes: to a server, or into a folder when none is set."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from app.config import BadSetting

TIMEOUT_SECONDS = 10
_PORTS = {"smtp": 25, "smtps": 465}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class Refused(Exception):
    """The server takes this mail never."""


class NotNow(Exception):
    """The server may take this mail later."""


class Unreachable(NotNow):
    """Nobody takes any mail now."""


class Send(Protocol):
    """Gives one mail away under its key; returns only once somebody else is answerable for it."""

    def __call__(self, message: EmailMessage, key: str) -> None: ...


class Transport(Protocol):
    """A way to give mail away."""

    @contextmanager
    def open(self) -> Iterator[Send]:
        """For several mails one after the other; whatever is needed is begun with the first."""
        ...


class FolderTransport:
    """Each mail is a file KEY.eml, so a mail sent twice is there once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def open(self) -> Iterator[Send]:
        """Files need no beginning."""
        yield self._write

    def _write(self, message: EmailMessage, key: str) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            written = self.folder / f"{key}.tmp"
            written.touch(mode=0o600)
            written.write_bytes(message.as_bytes())
            written.replace(self.path_of(key))
        except OSError as error:
            raise Unreachable(f"The folder for mail cannot be written: {error.strerror}") from error

    def path_of(self, key: str) -> Path:
        """Where the mail of a key is."""
        return self.folder / f"{key}.eml"


class SmtpTransport:
    """A mail server, by the address smtp://user:password@host:port, smtps://... or ...?starttls=1."""

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise BadSetting("CMS_SMTP_URL is no address. It must be like smtp://host:25.") from error
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/"):
            raise BadSetting("CMS_SMTP_URL must be like smtp://user:password@host:port or smtps://host.")
        asked = parse_qs(parts.query, keep_blank_values=True)
        if asked not in ({}, {"starttls": ["1"]}):
            raise BadSetting("CMS_SMTP_URL may end with ?starttls=1 and with nothing else.")
        self.host, self.port = parts.hostname, port or _PORTS[parts.scheme]
        self.user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._is_tls, self._starts_tls = parts.scheme == "smtps", bool(asked)
        if self.user and not (self._is_tls or self._starts_tls or self.host in _LOOPBACK):
            raise BadSetting("CMS_SMTP_URL would send the password in the clear. Use smtps:// or ?starttls=1.")

    @contextmanager
    def open(self) -> Iterator[Send]:
        """One connection for all, made for the first mail."""
        server: smtplib.SMTP | None = None

        def send(message: EmailMessage, key: str) -> None:
            nonlocal server
            try:
                server = server or self._connect()
                server.send_message(message)
            except smtplib.SMTPRecipientsRefused as refused:
                ((code, words),) = refused.recipients.values()
                raise _answer(code, words) from refused
            except smtplib.SMTPDataError as refused:
                raise _answer(refused.smtp_code, refused.smtp_error) from refused
            except smtplib.SMTPResponseException as refused:
                # Of us and not of the mail: who we are, or whom we say it is from.
                raise Unreachable(_words(refused.smtp_code, refused.smtp_error)) from refused
            except (smtplib.SMTPException, OSError) as error:
                raise Unreachable(f"The mail server does not answer: {_plain(str(error))}") from error

        try:
            yield send
        finally:
            if server is not None:
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if self._is_tls:
            server = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
        try:
            if self._starts_tls:
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self._password)
        except BaseException:
            server.close()
            raise
        return server


def _answer(code: int, words: bytes | str) -> Exception:
    """What a server's answer to one mail means: 5xx is for ever, all else for now."""
    return Refused(_words(code, words)) if 500 <= code < 600 else NotNow(_words(code, words))


def _words(code: int, words: bytes | str) -> str:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return f"The mail server answered {code}: {_plain(text)}"


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()
