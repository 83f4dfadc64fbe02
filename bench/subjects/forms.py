"""Edit forms where there are many users, against the same forms where there are few."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.http_client import Browser, Repeated, WrongAnswer
from bench.looking import look_up
from bench.processes import run_json, serving
from bench.rounds import middle, take_turns
from bench.scale import Scale
from bench.tables import Goal, figure, show_goals, show_table
from bench.worlds.places import Place, say
from bench.worlds.world import ADMINISTRATOR, ADVOCATE, World, large_world, small_world

PERSON, NEW_PERSON, CONTACT = "A person's form", "A new person's form", "A contact with its moves"
DJANGO = "Django admin: a contact's form"


def run(place: Place, scale: Scale) -> None:
    """Measure and print."""
    many, few = large_world(scale), small_world(scale)
    with ExitStack() as stack:
        pages = {
            (name, world.users): page
            for world in (few, many)
            for name, page in stack.enter_context(_pages(place, world)).items()
        }
        say(f"{place.label}: {len(pages)} forms")
        turns = {
            key: lambda page=page: page.times(scale.batch_requests, scale.batch_seconds) for key, page in pages.items()
        }
        times = take_turns(turns, scale.list_rounds)
    p50 = {key: middle([taken for batch in batches for taken in batch]) for key, batches in times.items()}
    names = list(dict.fromkeys(name for name, _ in p50))
    ratios = {name: p50[name, many.users] / p50[name, few.users] for name in names}
    show_table(
        f"Forms, {place.label}",
        ("form", f"{few.users:,} users, p50 ms", f"{many.users:,} users, p50 ms", "ratio"),
        [
            (name, figure(p50[name, few.users]), figure(p50[name, many.users]), f"**{figure(ratios[name])}**")
            for name in names
        ],
    )
    words = f"{{}} with {many.users:,} users against {few.users:,}"
    show_goals(
        [Goal("P7", words.format(name), ratios[name], 1.2, "at most") for name in (PERSON, NEW_PERSON, CONTACT)],
        place.label,
    )


@contextmanager
def _pages(place: Place, world: World) -> Iterator[dict[str, Repeated]]:
    url = place.open_world(world)
    reference = look_up(url, "SELECT reference FROM contact WHERE id = :id", id=world.contacts // 2)
    key = run_json("bench.django_site.prepare", "staff", url=url)["staff"]
    with serving("ours", url) as ours, serving("django", url) as django:
        administrator, advocate = Browser(ours.port), Browser(ours.port)
        administrator.sign_in(ADMINISTRATOR)
        advocate.sign_in(ADVOCATE)
        cookie = administrator.cookie_header()
        change = f"/admin/cms/contact/{world.contacts // 2}/change/"
        yield {
            PERSON: Repeated(ours.port, f"/people/edit/?id={_newest_person(administrator)}", cookie),
            NEW_PERSON: Repeated(ours.port, "/people/new/", cookie),
            CONTACT: Repeated(ours.port, f"/contacts/{reference}/", advocate.cookie_header()),
            DJANGO: Repeated(django.port, change, f"sessionid={key}"),
        }


def _newest_person(browser: Browser) -> str:
    """How the list of people addresses its first row."""
    _, _, page = browser.request("GET", "/people/")
    found = re.search(rb'/people/details/\?id=([^"]+)"', page)
    if found is None:
        raise WrongAnswer("the list of people links to nobody")
    return found[1].decode()
