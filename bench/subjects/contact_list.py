"""The contact list over HTTP: ours against Django's admin on the same rows, and against the floor."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Literal

from app import create_app
from app.config import Config
from app.models import Contact
from app.views.listing_paging import make_token
from bench.http_client import Browser, Repeated, WrongAnswer
from bench.looking import look_up
from bench.processes import SECRET, Server, run_json, serving
from bench.rounds import middle, quantile, take_turns
from bench.scale import Scale
from bench.tables import Goal, figure, show_goals, show_table
from bench.worlds.places import Place, say
from bench.worlds.world import ABSENT_WORD, ADVOCATE, MEMBER, large_world

OURS_MARK, DJANGO_MARK = b'<th scope="row"', b'name="_selected_action"'
PAGE_ROWS = 50
Who = Literal["advocate", "member"]
Page = tuple[Repeated, Server]
# Case and side: "ours", "django", "tuned" or "floor".
Key = tuple[str, str]


@dataclass(frozen=True)
class Batch:
    """Milliseconds of some requests, one after the other, and what each used of a processor."""

    times: list[float]
    cpu: float


Times = dict[Key, list[Batch]]

FIRST, FIRST_ONE = "First page, advocate", "First page, one organisation"
QUEUE, QUEUE_ONE = "Assigned, by due date, advocate", "Assigned, by due date, one organisation"
DUE = "All open, by due date, advocate"
BY_MPRN, BY_REFERENCE, BY_ABSENT = "Search by MPRN", "Search by reference", "Search for an absent word"
BY_COMMON = "Search for a common word"


@dataclass(frozen=True)
class Case:
    """The same page on both sides: query strings."""

    name: str
    ours: str
    django: str
    who: Who = "advocate"
    has_floor: bool = False


def run(place: Place, scale: Scale) -> None:
    """Measure and print."""
    url = place.open_world(large_world(scale))
    depth = scale.large_contacts // 2
    deep = f"{depth:,} rows deep"
    cases = _cases(url, depth, deep)
    with _pages(url, cases) as pages:
        _check(pages)
        say(f"{place.label}: {len(pages)} pages, {scale.list_rounds} rounds")
        times = take_turns({key: partial(_ask, *page, scale) for key, page in pages.items()}, scale.list_rounds)
    _show(place, scale, cases, times)
    show_goals(_goals(times, deep, place.label), place.label)


def _ask(page: Repeated, server: Server, scale: Scale) -> Batch:
    before = server.cpu_seconds()
    times = page.times(scale.batch_requests, scale.batch_seconds)
    # One more request was made, to warm up.
    return Batch(times, 1000 * (server.cpu_seconds() - before) / (len(times) + 1))


def _cases(url: str, depth: int, deep: str) -> list[Case]:
    middle_row = "SELECT {} FROM contact WHERE id = :id"
    mprn = look_up(url, middle_row.format("mprn"), id=depth)
    reference = look_up(url, middle_row.format("reference"), id=depth)
    after = _token_after(look_up(url, "SELECT max(id) FROM contact") - depth + 1)
    return [
        Case(FIRST, "", "", has_floor=True),
        Case(FIRST_ONE, "", "", "member", has_floor=True),
        Case(QUEUE, "?status=assigned&sort=due", "?status__exact=assigned&o=8"),
        Case(QUEUE_ONE, "?status=assigned&sort=due", "?status__exact=assigned&o=7", "member"),
        Case(DUE, "?sort=due", "?is_open__exact=1&o=8"),
        Case(deep, f"?sort=newest&after={after}", f"?p={depth // PAGE_ROWS + 1}"),
        Case(BY_MPRN, f"?q={mprn}", f"?q={mprn}"),
        Case(BY_REFERENCE, f"?q={reference}", f"?q={reference}"),
        Case(BY_ABSENT, f"?q={ABSENT_WORD}", f"?q={ABSENT_WORD}"),
        Case(BY_COMMON, "?q=suspected", "?q=suspected"),
    ]


def _token_after(contact_id: int) -> str:
    """The address of the page after a contact, as the page before it would give it; ids have no gaps here."""
    with create_app(Config(is_testing=True, secret_key=SECRET, database_url="sqlite://")).app_context():
        return make_token(SimpleNamespace(id=contact_id), "contacts/newest", [Contact.id], 1)


@contextmanager
def _pages(url: str, cases: list[Case]) -> Iterator[dict[Key, Page]]:
    organisation = look_up(url, 'SELECT organisation_id FROM "user" WHERE user_id = :name', name=MEMBER)
    names = {"advocate": "staff", "member": f"organisation-{organisation}"}
    sessions = run_json("bench.django_site.prepare", *names.values(), url=url)
    with serving("ours", url) as ours, serving("django", url) as django:
        browsers = {"advocate": Browser(ours.port), "member": Browser(ours.port)}
        browsers["advocate"].sign_in(ADVOCATE)
        browsers["member"].sign_in(MEMBER)
        pages: dict[Key, Page] = {}
        for case in cases:
            cookie = browsers[case.who].cookie_header()
            theirs = f"sessionid={sessions[names[case.who]]}"
            pages[case.name, "ours"] = Repeated(ours.port, f"/contacts/{case.ours}", cookie, OURS_MARK), ours
            for site, side in (("admin", "django"), ("tuned", "tuned")):
                path = f"/{site}/cms/contact/{case.django}"
                pages[case.name, side] = Repeated(django.port, path, theirs, DJANGO_MARK), django
            if case.has_floor:
                pages[case.name, "floor"] = Repeated(ours.port, "/floor/", cookie, OURS_MARK), ours
        yield pages


def _check(pages: dict[Key, Page]) -> None:
    """Both sides must show the same number of rows, or it is not the same page."""
    for (name, side), (page, _) in pages.items():
        rows, expected = page.count_rows(), pages[name, "ours"][0].count_rows()
        if rows != expected or (name not in (BY_MPRN, BY_REFERENCE, BY_ABSENT) and rows != PAGE_ROWS):
            raise WrongAnswer(f"{name}: {side} shows {rows} rows, ours {expected}")


def _p50(times: Times, name: str, side: str) -> float:
    return middle([taken for batch in times[name, side] for taken in batch.times])


def _p99(times: Times, name: str, side: str) -> float:
    return quantile([taken for batch in times[name, side] for taken in batch.times], 0.99)


def _rate(times: Times, name: str, side: str) -> float:
    """Requests a second: the median of the rounds."""
    return middle([1000 * len(batch.times) / sum(batch.times) for batch in times[name, side]])


def _cpu(times: Times, name: str, side: str) -> float:
    """Milliseconds of a processor for one request, the database's own processes left out."""
    return middle([batch.cpu for batch in times[name, side]])


def _show(place: Place, scale: Scale, cases: list[Case], times: Times) -> None:
    show_table(
        f"Contact list, {scale.large_contacts:,} contacts, {place.label}: one worker, one connection",
        ("page", "ours, requests/s", "Django admin", "ours ÷ Django", "Django tuned", "ours ÷ tuned", "ours p50 ms",
         "ours p99 ms", "Django p50 ms", "ours CPU ms", "Django CPU ms"),
        [
            (
                case.name,
                figure(ours := _rate(times, case.name, "ours")),
                figure(django := _rate(times, case.name, "django")),
                f"**{figure(ours / django)}**",
                figure(tuned := _rate(times, case.name, "tuned")),
                figure(ours / tuned),
                figure(_p50(times, case.name, "ours")),
                figure(_p99(times, case.name, "ours")),
                figure(_p50(times, case.name, "django")),
                figure(_cpu(times, case.name, "ours")),
                figure(_cpu(times, case.name, "django")),
            )
            for case in cases
        ],
        "Tuned: `show_full_result_count = False`, and the wide columns deferred. CPU: of the worker alone.",
    )  # fmt: skip
    show_table(
        f"Contact list against the floor, {place.label}",
        ("page", "floor, requests/s", "floor p50 ms", "ours p50 ms", "ours ÷ floor, time"),
        [
            (
                case.name,
                figure(_rate(times, case.name, "floor")),
                figure(floor := _p50(times, case.name, "floor")),
                figure(ours := _p50(times, case.name, "ours")),
                f"**{figure(ours / floor)}**",
            )
            for case in cases
            if case.has_floor
        ],
        "Floor: the same sign-in, one hand-written statement without a count, furniture rendered once, rows by a "
        "Jinja loop.",
    )


def _goals(times: Times, deep: str, label: str) -> list[Goal]:
    least = 3 if label == "SQLite" else 6
    first = _p50(times, FIRST, "ours")

    def of_first(name: str) -> float:
        return _p50(times, name, "ours") / first

    return [
        Goal("P1", f"{FIRST}, requests/s against Django's", _rate(times, FIRST, "ours") / _rate(times, FIRST, "django"),
             least, "at least"),
        Goal("P1", f"{FIRST_ONE}, requests/s against Django's",
             _rate(times, FIRST_ONE, "ours") / _rate(times, FIRST_ONE, "django"), least, "at least"),
        Goal("P1", f"{FIRST}, CPU time of Django's worker against ours",
             _cpu(times, FIRST, "django") / _cpu(times, FIRST, "ours"), least, "at least"),
        Goal("P2", f"{FIRST}, time against the floor's", first / _p50(times, FIRST, "floor"), 6, "at most"),
        Goal("P3", f"{deep}, time against our first page's", of_first(deep), 1.5, "at most"),
        Goal("P4", f"{QUEUE}, time against our first page's", of_first(QUEUE), 1.5, "at most"),
        Goal("P4", f"{QUEUE}, time against Django's", _p50(times, QUEUE, "ours") / _p50(times, QUEUE, "django"), 0.5,
             "at most"),
        Goal("P4+", f"{DUE}, time against our first page's", of_first(DUE), 1.5, "at most"),
        *(Goal("P5", f"{name}, time against our first page's", of_first(name), 2, "at most")
          for name in (BY_MPRN, BY_REFERENCE, BY_ABSENT)),
        Goal("P6", f"{FIRST}, p99 against p50", _p99(times, FIRST, "ours") / first, 4, "at most"),
    ]  # fmt: skip
