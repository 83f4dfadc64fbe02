"""Exporting contacts: ours over HTTP and in one process, against csv.writer and openpyxl over a raw cursor."""

import http.client
import time
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from bench.http_client import SECONDS, Browser, WrongAnswer
from bench.processes import Server, Watch, run_watched, serving
from bench.rounds import middle, take_turns
from bench.scale import Scale
from bench.serving import HOST
from bench.tables import Goal, figure, show_goals, show_table
from bench.worlds.places import Place, say
from bench.worlds.world import ADVOCATE, World, large_world, small_world

FORMATS = ("csv", "xlsx")
PLAIN = {"csv": "`csv.writer` over a raw cursor", "xlsx": "openpyxl write-only over a raw cursor"}
_PIECE = 1 << 16


@dataclass(frozen=True)
class Exported:
    """One export: seconds in all and to the first byte of the file, its size, and memory in MiB."""

    seconds: float
    first_byte: float = 0.0
    size: int = 0
    growth: float = 0.0
    peak: float = 0.0


def run(place: Place, scale: Scale) -> None:
    """Measure and print."""
    small, large = small_world(scale), large_world(scale)
    say(f"{place.label}: exporting {small.contacts:,} contacts, {scale.export_rounds} rounds")
    ways = {}
    for file_format in FORMATS:
        ways["http", file_format] = partial(_over_http, place, small, file_format)
        ways["ours", file_format] = partial(_alone, place, small, f"ours-{file_format}")
        ways["plain", file_format] = partial(_alone, place, small, f"plain-{file_format}")
    results = take_turns(ways, scale.export_rounds)
    peaks = {name: _alone(place, large, f"ours-{name}").peak for name in FORMATS}
    _show(place, small, large, results, peaks)


def _alone(place: Place, world: World, how: str) -> Exported:
    said, watch = run_watched("bench.exporting", how, url=place.open_world(world))
    return Exported(said["seconds"], peak=watch.peak)


def _over_http(place: Place, world: World, file_format: str) -> Exported:
    with serving("ours", place.open_world(world)) as server:
        browser = Browser(server.port)
        browser.sign_in(ADVOCATE)
        fields = {"csrf_token": browser.token("/contacts/"), "format": file_format}
        # So that what is measured is the export and not the first use of anything.
        _download(server, browser, "/contacts/export/?sort=newest&status=with_network", fields)
        with Watch(server.worker) as watch:
            got = _download(server, browser, "/contacts/export/?sort=newest", fields)
    return Exported(got.seconds, got.first_byte, got.size, watch.growth)


def _download(server: Server, browser: Browser, path: str, fields: dict[str, str]) -> Exported:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=SECONDS)
    started = time.perf_counter()
    answer = browser.open(connection, "POST", path, urlencode(fields).encode())
    first = answer.read(1)
    first_byte = time.perf_counter() - started
    if answer.status != http.client.OK or not first:
        raise WrongAnswer(f"export: {answer.status}")
    size = 1
    while piece := answer.read(_PIECE):
        size += len(piece)
    connection.close()
    return Exported(time.perf_counter() - started, first_byte, size)


def _show(
    place: Place, small: World, large: World, results: dict[tuple[str, str], list[Exported]], peaks: dict[str, float]
) -> None:
    seconds = {key: middle([one.seconds for one in runs]) for key, runs in results.items()}
    rows, goals = [], []
    for name in FORMATS:
        plain, served = seconds["plain", name], results["http", name]
        growth = max(one.growth for one in served)
        first_byte = figure(1000 * middle([one.first_byte for one in served]))
        for way, words in (("http", f"{name}, ours over HTTP"), ("ours", f"{name}, ours, one process"),
                           ("plain", PLAIN[name])):  # fmt: skip
            taken, is_served = seconds[way, name], way == "http"
            rows.append(
                (
                    words,
                    figure(taken),
                    f"{small.contacts / taken:,.0f}",
                    f"**{figure(plain / taken)}**",
                    first_byte if is_served else "",
                    figure(growth) if is_served else "",
                    figure(served[0].size / 1024 / 1024) if is_served else "",
                )
            )
        least = 4 if name == "xlsx" else 0.6
        peak = max(one.peak for one in results["ours", name])
        goals += [
            Goal("P12", f"{name}, rows/s against {PLAIN[name]}", plain / seconds["ours", name], least, "at least"),
            Goal("P12", f"{name}, peak memory of {large.contacts:,} against {small.contacts:,}", peaks[name] / peak,
                 1.3, "at most"),
            Goal("P12", f"{name}, growth of the serving process", growth, 100, "at most", "MiB"),
        ]  # fmt: skip
    show_table(
        f"Export of {small.contacts:,} contacts, {place.label}",
        ("way", "seconds", "rows/s", "plain ÷ this, time", "first byte, ms", "growth MiB", "file MiB"),
        rows,
    )
    show_goals(goals, place.label)
