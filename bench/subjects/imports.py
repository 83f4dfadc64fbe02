"""Importing a workbook: ours against django-import-export and bare inserts, the same file into the same table."""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlencode

import psutil

from bench.http_client import Browser, WrongAnswer
from bench.looking import Look, look_up, looking
from bench.processes import Watch, run_watched, running, serving
from bench.rounds import middle, take_turns
from bench.scale import Scale
from bench.tables import Goal, figure, show_goals, show_table
from bench.worlds.places import Place, say
from bench.worlds.workbooks import TYPE_CODE, kept_workbook
from bench.worlds.world import MEMBER, small_world

OURS, OVER_HTTP, DJANGO = "ours, one process", "ours, over HTTP with a worker", "django-import-export, `use_bulk`"
CORE, DRIVER = "bare insert, SQLAlchemy Core", "bare insert, the driver"
FEW_ROWS = "ours, few rows"
_STATE_EVERY = 0.02
_LONGEST = 600


@dataclass(frozen=True)
class Imported:
    """One import: seconds of each stage, rows raised, and peaks of memory in MiB by process."""

    stages: dict[str, float]
    rows: int
    peaks: dict[str, float]

    @property
    def seconds(self) -> float:
        """From the file to the last commit."""
        return sum(self.stages.values())


def run(place: Place, scale: Scale) -> None:
    """Measure and print."""
    file, few = kept_workbook(scale.import_rows), kept_workbook(scale.few_import_rows)
    place.open_world(small_world(scale))
    say(f"{place.label}: importing {scale.import_rows:,} rows, {scale.import_rounds} rounds")
    ways = {
        OURS: partial(_alone, place, scale, "bench.importing", "ours", file),
        DJANGO: partial(_alone, place, scale, "bench.django_site.importing", "", file),
        OVER_HTTP: partial(_over_http, place, scale, file),
        CORE: partial(_alone, place, scale, "bench.importing", "core", file),
        DRIVER: partial(_alone, place, scale, "bench.importing", "driver", file),
        FEW_ROWS: partial(_alone, place, scale, "bench.importing", "ours", few),
    }
    results = take_turns(ways, scale.import_rounds)
    for way, runs in results.items():
        if any(one.rows != (scale.few_import_rows if way == FEW_ROWS else scale.import_rows) for one in runs):
            raise WrongAnswer(f"{way}: {runs[0].rows} rows were raised")
    _show(place, scale, results)


def _alone(place: Place, scale: Scale, module: str, how: str, file: Path) -> Imported:
    url = place.copy_world(small_world(scale))
    said, watch = run_watched(module, *([how] if how else []), str(file), url=url)
    return Imported(said["stages"], said["rows"], {"process": watch.peak, "reader": watch.child_peak})


def _over_http(place: Place, scale: Scale, file: Path) -> Imported:
    """As a person does it: upload, wait for the check, commit; the worker is a process of its own."""
    url = place.copy_world(small_world(scale))
    before = look_up(url, "SELECT count(*) FROM contact")
    with ExitStack() as stack:
        server = stack.enter_context(serving("ours", url))
        worker = stack.enter_context(running(["-m", "flask", "worker"], url, "worker"))
        browser = Browser(server.port)
        browser.sign_in(MEMBER)
        token = browser.token("/uploads/new/")
        body, kind = _multipart(file, {"csrf_token": token, "type_code": TYPE_CODE})
        # A worker that is still starting would be counted against the upload.
        time.sleep(3)
        web_watch = stack.enter_context(Watch(server.worker))
        watch = stack.enter_context(Watch(lambda: psutil.Process(worker.pid)))
        look = stack.enter_context(looking(url))
        times = [time.perf_counter()]
        upload = _location(browser.request("POST", "/uploads/new/", body, kind))
        times.append(time.perf_counter())
        _wait_for(look, "checked")
        times.append(time.perf_counter())
        fields = {"csrf_token": token, "choice": "good"}
        _location(browser.request("POST", f"{upload}commit/", urlencode(fields).encode()))
        _wait_for(look, "committed")
        times.append(time.perf_counter())
    received, checked, raised = (later - earlier for earlier, later in zip(times, times[1:], strict=False))
    peaks = {"web": web_watch.peak, "worker": watch.peak, "reader": watch.child_peak}
    stages = {"receive": received, "check": checked, "raise": raised}
    return Imported(stages, look_up(url, "SELECT count(*) FROM contact") - before, peaks)


def _multipart(file: Path, fields: dict[str, str]) -> tuple[bytes, str]:
    edge = token_hex(16)
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n\r\n'
    body = b"".join((*parts, head.encode(), file.read_bytes(), f"\r\n--{edge}--\r\n".encode()))
    return body, f"multipart/form-data; boundary={edge}"


def _location(answer: tuple[int, dict[str, str], bytes]) -> str:
    status, headers, body = answer
    if "Location" not in headers:
        raise WrongAnswer(f"upload: {status} {body[-500:]!r}")
    return headers["Location"]


def _wait_for(look: Look, state: str) -> None:
    deadline = time.monotonic() + _LONGEST
    while (now := look("SELECT state FROM upload ORDER BY id DESC LIMIT 1")) != state:
        if now == "refused" or time.monotonic() > deadline:
            raise WrongAnswer(f"the upload is {now}, not {state}")
        time.sleep(_STATE_EVERY)


def _show(place: Place, scale: Scale, results: dict[str, list[Imported]]) -> None:
    seconds = {way: middle([one.seconds for one in runs]) for way, runs in results.items()}
    peaks = {
        way: {name: max(one.peaks[name] for one in runs) for name in runs[0].peaks} for way, runs in results.items()
    }
    show_table(
        f"Import of {scale.import_rows:,} rows beside {scale.small_contacts:,} contacts, {place.label}",
        ("way", "seconds", "rows/s", "import-export ÷ this", "stages, s", "peak MiB"),
        [
            (
                way,
                figure(seconds[way]),
                f"{scale.import_rows / seconds[way]:,.0f}",
                f"**{figure(seconds[DJANGO] / seconds[way])}**",
                _stages(results[way]),
                ", ".join(f"{name} {peak:.0f}" for name, peak in peaks[way].items() if peak),
            )
            for way in results
            if way != FEW_ROWS
        ],
        "Ours finds repeats and writes an event for each contact; import-export does neither. The bare inserts are "
        "the same contacts and events, checked beforehand, a commit each thousand.",
    )
    served = peaks[OVER_HTTP]
    show_goals(
        [
            Goal("P9", "one process, rows/s against import-export's", seconds[DJANGO] / seconds[OURS], 2.5, "at least"),
            Goal("P9", "over HTTP, rows/s against import-export's", seconds[DJANGO] / seconds[OVER_HTTP], 2.5,
                 "at least"),
            Goal("P10", "one process, time against a bare bulk insert", seconds[OURS] / seconds[CORE], 2.5, "at most"),
            Goal("P11", f"peak memory at {scale.import_rows:,} rows against {scale.few_import_rows:,}",
                 peaks[OURS]["process"] / peaks[FEW_ROWS]["process"], 1.5, "at most"),
            *(Goal("P11", f"peak memory, {name}", served[name], 300, "at most", "MiB") for name in served),
        ],
        place.label,
    )  # fmt: skip


def _stages(runs: list[Imported]) -> str:
    return ", ".join(f"{name} {figure(middle([one.stages[name] for one in runs]))}" for name in runs[0].stages)
