"""Starting and ending the processes that are measured, and how much memory they take."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from app.config import ROOT
from bench.serving import HOST
from bench.worlds.world import data_folder

SECRET = "bench-only-" * 4
START_SECONDS = 60
STOP_SECONDS = 20
_MIB = 1024 * 1024
_SAMPLE_SECONDS = 0.02
_CHILDREN_EVERY = 10


class ProcessFailed(Exception):
    """A process ended or never answered; the message ends with what it said last."""


def environment(url: str) -> dict[str, str]:
    """What the service's processes are told; nothing of the caller's own settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("CMS_", "FLASK_", "DJANGO_"))}
    settings = {"CMS_DATABASE_URL": url, "CMS_SECRET_KEY": SECRET, "CMS_UPLOAD_ROWS": "50000"}
    return own | settings | {"CMS_INSTANCE_PATH": str(data_folder("instance")), "FLASK_APP": "wsgi"}


def run_json(module: str, *words: str, url: str) -> Any:
    """Run one of our modules to its end; the JSON on the last line it prints."""
    return run_watched(module, *words, url=url)[0]


def run_watched(module: str, *words: str, url: str) -> tuple[Any, "Watch"]:
    """The same, and what memory it took."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env=environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with Watch(lambda: psutil.Process(process.pid)) as watch:
        said, complaint = process.communicate()
    if process.returncode:
        raise ProcessFailed(f"{module} {' '.join(words)}: {complaint[-2000:]}")
    return json.loads(said.strip().splitlines()[-1]), watch


@contextmanager
def running(words: Sequence[str], url: str, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours in the background; its messages go to bench/data/logs."""
    with (data_folder("logs") / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env=environment(url), stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def serving(what: str, url: str) -> Iterator["Server"]:
    """A server, answering."""
    port = _free_port()
    with running(["-m", "bench.serving", what, str(port)], url, what) as process:
        _wait_until_answering(process, port, data_folder("logs") / f"{what}.log")
        yield Server(port, process.pid)


class Server:
    """Where a server listens, and its one worker."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self._master = psutil.Process(pid)

    def worker(self) -> psutil.Process:
        """The process that answers requests."""
        return self._master.children()[0]

    @cached_property
    def _worker(self) -> psutil.Process:
        return self.worker()

    def cpu_seconds(self) -> float:
        """What its worker has used of a processor so far."""
        times = self._worker.cpu_times()
        return float(times.user + times.system)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until_answering(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            if psutil.Process(process.pid).children():
                return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise ProcessFailed(f"no server: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


class Watch:
    """The most memory of its own a process, and any child of it, held while this was open; in MiB.

    Pages of a database file that SQLite has mapped are not counted: the system takes them back when it needs them.
    """

    def __init__(self, process: Callable[[], psutil.Process]) -> None:
        self._find = process
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.before = self.peak = self.child_peak = 0.0

    def __enter__(self) -> "Watch":
        self._process = self._find()
        self.before = self.peak = _own_memory(self._process)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def growth(self) -> float:
        """How much more than at the start."""
        return self.peak - self.before

    def _sample(self) -> None:
        turn = 0
        while not self._stop.wait(_SAMPLE_SECONDS):
            turn += 1
            try:
                self.peak = max(self.peak, _own_memory(self._process))
                # Looking for children reads the whole list of processes, which is not free.
                if turn % _CHILDREN_EVERY == 0:
                    self.child_peak = max([self.child_peak, *map(_most_memory, self._process.children())])
            except psutil.NoSuchProcess:
                continue


def _own_memory(process: psutil.Process) -> float:
    info = process.memory_info()
    return float(info.rss - getattr(info, "shared", 0)) / _MIB


def _most_memory(process: psutil.Process) -> float:
    """The most a process ever held, where the system remembers; else what it holds now."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, IndexError):
        return float(process.memory_info().rss) / _MIB
