"""The LSO's desk where there are many people, against the list of contacts; and signing in, against its hash."""

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from app.services import passwords
from bench.http_client import Browser, Repeated, WrongAnswer
from bench.processes import serving
from bench.rounds import middle, take_turns
from bench.scale import Scale
from bench.tables import Goal, figure, show_goals, show_table
from bench.worlds.places import Place, say
from bench.worlds.world import ADMINISTRATOR, PASSWORD, World, large_world

CONTACTS, PEOPLE = "The list of contacts", "The list of people"
PAGES = {
    CONTACTS: "/contacts/",
    PEOPLE: "/people/",
    "People with a role of few": "/people/?role=administrator",
    "People with a role of many": "/people/?role=member",
    "People of one organisation": "/people/?organisation=BA0",
    "People by name": "/people/?q=priya",
    "Dormant people": "/people/?state=dormant",
}
SIGN_INS = 25


def run(place: Place, scale: Scale) -> None:
    """Measure and print."""
    world = large_world(scale)
    with _pages(place, world) as (port, pages):
        say(f"{place.label}: {len(pages)} lists among {world.users:,} people")
        turns = {
            name: lambda page=page: page.times(scale.batch_requests, scale.batch_seconds)
            for name, page in pages.items()
        }
        times = take_turns(turns, scale.list_rounds)
        signing_in, hashing = _signing_in(port)
    p50 = {name: middle([taken for batch in batches for taken in batch]) for name, batches in times.items()}
    show_table(
        f"The desk, {world.users:,} people beside {world.contacts:,} contacts, {place.label}",
        ("page", "p50 ms", f"÷ {CONTACTS[:1].lower()}{CONTACTS[1:]}"),
        [(name, figure(taken), f"**{figure(taken / p50[CONTACTS])}**") for name, taken in p50.items()],
        f"Signing in: {figure(signing_in)} ms, of which the hash takes {figure(hashing)} ms.",
    )
    show_goals(
        [
            Goal("D1", f"{PEOPLE}, time against the list of contacts", p50[PEOPLE] / p50[CONTACTS], 1.2, "at most"),
            Goal("D2", "Signing in without its hash", signing_in - hashing, 150, "at most", "ms"),
        ],
        place.label,
    )


@contextmanager
def _pages(place: Place, world: World) -> Iterator[tuple[int, dict[str, Repeated]]]:
    with serving("ours", place.open_world(world)) as ours:
        administrator = Browser(ours.port)
        administrator.sign_in(ADMINISTRATOR)
        cookie = administrator.cookie_header()
        yield ours.port, {name: Repeated(ours.port, path, cookie) for name, path in PAGES.items()}


def _signing_in(port: int) -> tuple[float, float]:
    """Milliseconds of the request that signs in, and of one look at a hash as it is made in production."""
    stored, whole, hashed = passwords.make_hash(PASSWORD), [], []
    for _ in range(SIGN_INS):
        browser = Browser(port)
        fields = {"csrf_token": browser.token("/sign-in"), "user_id": ADMINISTRATOR, "password": PASSWORD}
        begun = time.perf_counter()
        status, _, _ = browser.request("POST", "/sign-in", urlencode(fields).encode())
        whole.append((time.perf_counter() - begun) * 1000)
        if status != http.client.FOUND:
            raise WrongAnswer(f"signing in: {status}")
        begun = time.perf_counter()
        passwords.is_right(stored, PASSWORD)
        hashed.append((time.perf_counter() - begun) * 1000)
    return middle(whole), middle(hashed)
