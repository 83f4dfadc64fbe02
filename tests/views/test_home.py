"""The home page: each person's panels are those their permissions give, and no others."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from app.access.actor import Actor
from app.domain.roles import Permission
from app.extensions import db
from app.models import Grant, Job, ServiceGrant, User
from app.views.home.page import PANELS
from tests.cast import PEOPLE

P = Permission
MEMBER = {"glance", "waiting", "mine", "by_status", "due_soon", "uploads"}
ADVOCATE = {"work", "queue", "assigned", "due_today", "overdue"}
OFFICER = {"attention", "review", "by_role"}
APPROVER = OFFICER | {"to_approve"}
SHOWN = {
    "ann": MEMBER,
    "bob": MEMBER,
    "ned": MEMBER,
    "sue": MEMBER | {"by_age"},
    "vic": {"glance", "by_status", "due_soon"},
    "rae": {"words"},
    "lena": APPROVER,
    "dee": OFFICER,
    "eli": APPROVER | MEMBER,
    "bea": APPROVER,
    "xena": OFFICER,
    "ada": ADVOCATE,
    "lia": ADVOCATE | {"per_person", "by_age"},
    "mo": {"volumes", "by_week", "by_age"},
    "root": {"health", "mail", "changes"} | APPROVER,
}


def panels(page: str) -> set[str]:
    """The keys of the panels on a page."""
    soup = BeautifulSoup(page, "html.parser")
    return {section["aria-labelledby"].removesuffix("-title") for section in soup.select("main section")}


@pytest.mark.parametrize("name", PEOPLE)
def test_each_member_of_the_cast_sees_the_panels_their_permissions_give(busy, browser, name) -> None:
    page = browser(name).get("/").get_data(as_text=True)
    assert panels(page) == SHOWN[name]
    soup = BeautifulSoup(page, "html.parser")
    for section in soup.select("main section"):
        assert soup.find(id=section["aria-labelledby"]), "a section is named by a heading on the page"
    has_charts = bool(soup.select("[data-chart]"))
    assert has_charts == ("chart.min" in page) == bool({"by_status", "by_age", "by_week"} & SHOWN[name])


def test_every_panel_is_seen_by_somebody_and_names_the_permissions_it_needs() -> None:
    # Where no panel is shown there are words instead.
    assert {panel.key for panel in PANELS} == set().union(*SHOWN.values()) - {"words"}
    assert len({panel.key for panel in PANELS}) == len(PANELS)
    assert all(panel.needs for panel in PANELS)


def test_a_panel_is_for_those_who_hold_everything_it_needs_and_nothing_it_is_not_for() -> None:
    actor = Actor(1, "X", "X", 1, "X", "SHIPPER", frozenset({1}), frozenset(), frozenset(P))
    for panel in PANELS:
        assert panel.is_for(actor) == (not panel.not_for)
        for needed in panel.needs:
            assert not panel.is_for(Actor(1, "X", "X", 1, "X", "SHIPPER", frozenset({1}), frozenset(),
                                          panel.needs - {needed}))  # fmt: skip


def test_a_person_without_roles_reads_what_they_can_do_and_whom_to_ask(acting, browser) -> None:
    with acting("system"):
        grant = db.session.scalars(select(Grant).join(User, User.id == Grant.user_id).where(User.name == "Vic")).one()
        grant.role = "report_reader"
        db.session.scalars(select(ServiceGrant).where(ServiceGrant.user_id == grant.user_id)).one().service = "reports"
        db.session.commit()
    page = browser("vic").get("/").get_data(as_text=True)
    assert panels(page) == {"words"}
    assert "Your role (Report reader) opens no contacts" in page and "ask Lena, who looks after access" in page


def test_what_waits_for_an_organisation_leads_to_its_contacts(busy, browser) -> None:
    ada, ann, alder = browser("ada"), browser("ann"), busy["alder"]
    ada.post(f"/contacts/{alder.reference}/ask/", {"version": "4", "message": "Which one?"})
    soup = BeautifulSoup(ann.get("/").get_data(as_text=True), "html.parser")
    waiting = soup.find("section", {"aria-labelledby": "waiting-title"})
    assert [link["href"] for link in waiting.select("a")] == [f"/contacts/{alder.reference}/"]
    tile = soup.select_one(".cms-figures a")
    assert tile.get_text(" ", strip=True) == "1 Waiting for your answer"
    assert ann.get(tile["href"]).status_code == 200
    assert [link["href"] for link in soup.find("section", {"aria-labelledby": "uploads-title"}).select("li a")] == [
        f"/uploads/{alder.upload_code}/"
    ]


def test_the_figures_of_a_chart_stand_in_its_table_and_in_its_name(busy, browser) -> None:
    soup = BeautifulSoup(browser("mo").get("/").get_data(as_text=True), "html.parser")
    charts = soup.select("figure[data-chart]")
    assert [figure["data-chart"] for figure in charts] == ["lines", "bars"]
    for figure in charts:
        table, canvas = figure.select_one("details table"), figure.select_one("canvas[role=img]")
        assert table.caption.get_text() == figure.h2.get_text()
        assert canvas["aria-label"].startswith(figure.h2.get_text())
        assert figure.select_one("figcaption p").get_text().split(".")[0] in canvas["aria-label"]
        assert all(cell.get_text().replace(",", "").isdigit() for cell in table.select("td"))
    assert len(charts[0].select("tbody tr")) == 26
    assert sum(int(cell.get_text()) for cell in charts[0].select("tbody td:nth-of-type(1)")) == 4
    assert "As at" in charts[0].get_text()


def test_one_organisations_home_page_counts_and_names_nothing_of_anothers(busy, browser) -> None:
    soup = BeautifulSoup(browser("ned").get("/").get_data(as_text=True), "html.parser")
    assert [one.get_text() for one in soup.select(".cms-figures strong")] == ["0", "0", "0", "0"]
    assert "There are no open contacts." in soup.get_text()


def test_an_administrator_is_led_from_a_failed_job_to_its_upload(acting, busy, browser) -> None:
    with acting("system"):
        job = db.session.scalars(select(Job).order_by(Job.id)).first()
        job.state, job.error = "failed", "The disk is full."
        upload_id = job.arguments["upload_id"]
        db.session.commit()
    page = browser("root").get("/").get_data(as_text=True)
    code = busy["alder"].upload_code if upload_id == busy["alder"].upload_id else busy["birch"].upload_code
    assert "1 job has failed" in page and f"/uploads/{code}/" in page and "The disk is full." in page


def test_the_menu_counts_the_contacts_that_wait_for_ones_own_side(acting, busy, browser) -> None:
    def count(name: str) -> str:
        soup = BeautifulSoup(browser(name).get("/account/").get_data(as_text=True), "html.parser")
        link = soup.select_one('aside a[href="/contacts/"]')
        return link.get_text() if link else ""

    # Alder's and birch's second contacts are not claimed yet.
    assert count("ada") == "Contacts, 2 not assigned"
    assert count("ann") == count("mo") == "Contacts"
    browser("ada").post(f"/contacts/{busy['alder'].reference}/ask/", {"version": "4", "message": "Which one?"})
    assert count("ann") == count("sue") == "Contacts, 1 waiting for your answer"
    assert count("vic") == count("bob") == count("ned") == "Contacts"
    assert count("lena") == ""


@pytest.mark.parametrize("name", PEOPLE)
def test_no_column_is_two_panels_longer_than_the_other(busy, browser, name) -> None:
    soup = BeautifulSoup(browser(name).get("/").get_data(as_text=True), "html.parser")
    counts = [len(column.find_all("section", recursive=False)) for column in soup.select(".cms-home-columns > *")]
    assert not counts or abs(counts[0] - counts[1]) < 2
