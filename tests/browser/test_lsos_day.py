"""An LSO's weeks: a second factor, a new colleague, what they may do, a deputy, and the last LSO who cannot go."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.access.actor import SYSTEM, acting_as
from app.domain import clock
from app.extensions import db
from app.models import Review
from app.services import second_factors
from tests.browser.live import OpenVisitor, take_picture
from tests.cast import PASSWORD
from tests.signing_in import NEW, code, last_link
from tests.stops import Places

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-live")]

WHY = "Asked for by their manager."


@pytest.fixture
def guarded(places: Places) -> Iterator[None]:
    """Whoever runs access must have a second factor, as in production."""
    second_factors.configure(is_demanded=True)
    yield
    second_factors.configure(is_demanded=False)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let time pass for the service; the codes of authenticator apps follow."""
    real = clock.now

    def pass_time(by: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: real() + by)

    return pass_time


def close_reviews(app: Flask) -> None:
    """The busy world's review is over, so that another can begin."""
    with app.app_context(), acting_as(SYSTEM):
        for review in db.session.scalars(select(Review).where(Review.closed_at.is_(None))):
            review.closed_at = clock.now()
        db.session.commit()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()


def begin_to_sign_in(page: Page, user_id: str, password: str = PASSWORD) -> None:
    page.goto("/sign-in")
    page.get_by_label("User ID").fill(user_id)
    page.get_by_label("Password", exact=True).fill(password)
    press(page, "Sign in")


def add_app(page: Page) -> str:
    """The seed of the app that was added."""
    press(page, "Add an authenticator app")
    seed = page.locator(".cms-secret-key").inner_text().replace(" ", "")
    take_picture(page, "lso-02-app")
    page.get_by_label("Code that the app shows now").fill(code(seed))
    press(page, "Add this app")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    take_picture(page, "lso-03-codes")
    follow(page, "I have kept them")
    return seed


def sign_in_with_app(page: Page, user_id: str, seed: str, *, steps: int = 1) -> None:
    begin_to_sign_in(page, user_id)
    page.get_by_label("Code of your authenticator app").fill(code(seed, steps=steps))
    page.get_by_role("button", name="Continue", exact=True).click()


def give(page: Page, what: str, value: str) -> None:
    """Give the person on the page a service or a role."""
    follow(page, f"Give a {what}")
    page.get_by_label(what.capitalize(), exact=True).select_option(value)
    page.get_by_label("Reason").fill(WHY)
    take_picture(page, f"lso-give-{what}-{value}")
    press(page, f"Give a {what}")
    expect(page.get_by_role("status").first).to_contain_text(f"now has the {what}")


def test_an_lsos_weeks(app: Flask, visit: OpenVisitor, guarded: None, later: Callable[[timedelta], None]) -> None:
    visit_nobody = partial(visit, "nobody")
    lena = visit_nobody().page
    begin_to_sign_in(lena, "ALD-LENA")
    expect(lena.get_by_text("a password alone is not enough for you")).to_be_visible()
    take_picture(lena, "lso-01-must-add")
    seed = add_app(lena)

    # A new colleague, who chooses a password by the link in the mail.
    lena.goto("/people/")
    take_picture(lena, "lso-04-people")
    follow(lena, "Add a person")
    lena.get_by_label("User ID").fill("ALD-KIM")
    lena.get_by_label("Name", exact=True).fill("Kim Keys")
    lena.get_by_label("E-mail address").fill("kim@alder.example")
    take_picture(lena, "lso-05-new-person")
    press(lena, "Save")
    expect(lena.get_by_role("heading", level=1)).to_contain_text("Kim Keys")
    kim = visit_nobody().page
    kim.goto(f"/link/{last_link(app)}")
    take_picture(kim, "lso-06-choose-password")
    kim.get_by_label("New password", exact=True).fill(NEW)
    kim.get_by_label("New password again").fill(NEW)
    press(kim, "Keep this password")
    begin_to_sign_in(kim, "ALD-KIM", NEW)
    expect(kim.get_by_text("You have no access to contacts")).to_be_visible()
    take_picture(kim, "lso-07-without-a-service")

    # Services and roles are two steps; what is withdrawn is closed on the very next click.
    give(lena, "service", "contacts")
    give(lena, "role", "member")
    take_picture(lena, "lso-08-person")
    kim.goto("/contacts/")
    expect(kim.get_by_role("heading", level=1)).to_have_text("Contacts")
    follow(lena, "Withdraw Contacts")
    lena.get_by_label("Reason").fill("Moved to another team.")
    take_picture(lena, "lso-09-withdraw")
    press(lena, "Withdraw the service")
    kim.get_by_role("link", name="Contacts").first.click()
    expect(kim.get_by_role("heading", level=1)).not_to_have_text("Contacts")
    take_picture(kim, "lso-10-withdrawn-click")
    kim.goto("/")
    expect(kim.get_by_text("The service Contacts was withdrawn from you")).to_be_visible()
    take_picture(kim, "lso-11-withdrawn-home")

    # A deputy for two weeks, who has to have a second factor from then on.
    last_day = clock.today() + timedelta(days=14)
    follow(lena, "Deputies")
    follow(lena, "Appoint a deputy")
    lena.wait_for_load_state()
    field = lena.get_by_role("combobox", name="Deputy")
    field.click()
    field.press_sequentially("kim")
    expect(lena.get_by_role("option")).to_have_count(1)
    field.press("Enter")
    lena.get_by_label("Last day").fill(last_day.isoformat())
    lena.get_by_label("Reason").fill("On leave.")
    take_picture(lena, "lso-12-deputy")
    press(lena, "Appoint")
    expect(lena.get_by_role("heading", level=1)).to_have_text("Kim Keys as deputy of Lena")
    take_picture(lena, "lso-13-deputies")
    kim.goto("/people/")
    expect(kim.get_by_text("a password alone is not enough for you")).to_be_visible()
    kims_seed = add_app(kim)
    kim.goto("/people/")
    follow(kim, "Ann")
    give(kim, "service", "reports")
    take_picture(kim, "lso-14-deputy-at-work")

    # Two weeks and a day later the deputy is none, without anybody having done anything.
    later(timedelta(days=15))
    begin_to_sign_in(kim, "ALD-KIM", NEW)
    kim.get_by_label("Code of your authenticator app").fill(code(kims_seed))
    kim.get_by_role("button", name="Continue", exact=True).click()
    expect(kim.get_by_role("heading", level=1)).to_contain_text("Kim")
    expect(kim.get_by_role("link", name="People", exact=True)).to_have_count(0)
    kim.goto("/people/")
    expect(kim.get_by_role("heading", level=1)).not_to_have_text("People")
    take_picture(kim, "lso-15-deputy-no-more")

    # Who has access is reviewed: most are confirmed, and the deputy of those weeks is not.
    sign_in_with_app(lena, "ALD-LENA", seed, steps=0)
    close_reviews(app)
    follow(lena, "Access reviews")
    follow(lena, "Begin a review")
    lena.get_by_label("Last day").fill((clock.today() + timedelta(days=14)).isoformat())
    press(lena, "Begin")
    take_picture(lena, "lso-16-review")
    press(lena, "Confirm Ann")
    expect(lena.get_by_text("1 person confirmed.")).to_be_visible()
    press(lena, "Withdraw Kim Keys")
    lena.get_by_label("Reason").fill("Was needed for two weeks only.")
    take_picture(lena, "lso-17-review-withdraw")
    press(lena, "Withdraw")
    expect(lena.get_by_text("1 person withdrawn.")).to_be_visible()
    take_picture(lena, "lso-18-review-answered")
    kim.goto("/")
    expect(kim.get_by_role("heading", level=1)).to_have_text("Sign in")

    # The last LSO cannot be removed, by Xoserve's administrator neither.
    root = visit_nobody().page
    begin_to_sign_in(root, "XOS-ROOT")
    add_app(root)
    root.goto("/people/?role=lso&organisation=ALD")
    follow(root, "Lena")
    take_picture(root, "lso-19-last-lso")
    for act in ("Disable", "Delete"):
        follow(root, act)
        root.get_by_label("Reason").fill(WHY)
        press(root, act)
        expect(root.get_by_role("alert").first).to_contain_text("Alder Energy would have no LSO")
        take_picture(root, f"lso-20-{act.lower()}")
        follow(root, "Cancel")
    lena.goto("/activity/?about=user&q=ALD-KIM")
    expect(lena.get_by_role("cell", name="withdrew a service from the person")).to_be_visible()
    take_picture(lena, "lso-21-activity")
