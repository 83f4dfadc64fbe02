"""The bell and the page behind it."""

import re

from app.access import tenancy
from app.domain.notices import Notice, Sentence
from app.extensions import db
from app.models import Notification
from app.services import notifications
from app.views.notifications import PAGE_SIZE


def unread_in(page: str) -> int:
    """The number that the bell says."""
    text = re.sub(r"<[^>]+>", "", re.search(r'<a class="cms-bell".*?</a>', page, re.DOTALL)[0])
    found = re.fullmatch(r"Notifications(?:, (\d+)\+? unread)?", text)
    assert found, text
    return int(found[1] or 0)


def post(acting, name: str, reference: str, count: int) -> None:
    with acting(name) as actor:
        tenancy.post_notifications([Notice(actor.user_pk or 0, Sentence.ASKED, reference)] * count)
        db.session.commit()


def test_opening_a_notification_marks_it_read_and_leads_to_what_it_tells_of(acting, busy, browser) -> None:
    ann, alder = browser("ann"), busy["alder"]
    page = ann.get("/notifications/").get_data(as_text=True)
    before = unread_in(page)
    assert before >= 4 and page.count("Unread") == before
    answer = ann.post(f"/notifications/{alder.notification_code}/open/")
    assert answer.location == f"/contacts/{alder.reference}/"
    assert unread_in(ann.get("/").get_data(as_text=True)) == before - 1
    assert ann.get(answer.location).status_code == 200


def test_a_notification_about_an_upload_leads_to_the_upload_without_its_number(acting, busy, browser) -> None:
    ann = browser("ann")
    with acting("ann"):
        wanted = notifications.select_own().where(Notification.url.startswith("/uploads/"))
        assert f"/uploads/{busy['alder'].upload_id}/" in {row.url for row in db.session.scalars(wanted)}
    ann.post("/notifications/read/")
    page = ann.get("/notifications/").get_data(as_text=True)
    assert f"/uploads/{busy['alder'].upload_code}/" in page
    assert f"/uploads/{busy['alder'].upload_id}/" not in page


def test_all_are_marked_read_at_once_and_the_bell_falls_silent(acting, busy, browser) -> None:
    ann = browser("ann")
    ann.post("/notifications/read/")
    page = ann.get("/notifications/").get_data(as_text=True)
    assert unread_in(page) == 0
    assert "marked as read" in page and "Mark all as read" not in page


def test_marking_one_goes_back_to_the_page_it_was_on(acting, busy, browser) -> None:
    ann, address = browser("ann"), f"/notifications/{busy['alder'].notification_code}/read/"
    assert ann.post(address, {"back": "/notifications/?after=x"}).location == "/notifications/?after=x"
    assert ann.post(address, {"back": "https://evil.example/"}).location == "/notifications/"


def test_somebody_who_was_told_nothing_reads_so(browser) -> None:
    page = browser("vic").get("/notifications/").get_data(as_text=True)
    assert "No notifications yet" in page and unread_in(page) == 0


def test_more_than_a_page_is_paged_by_key_and_more_than_99_are_not_counted(acting, busy, browser) -> None:
    post(acting, "vic", busy["alder"].reference, PAGE_SIZE * 4)
    vic = browser("vic")
    page = vic.get("/notifications/").get_data(as_text=True)
    assert unread_in(page) == 99 and "99+" in page
    seen = page.count("cms-link")
    while older := re.search(r'rel="next" href="([^"]+)"', page):
        page = vic.get("/notifications/" + older[1].replace("&amp;", "&")).get_data(as_text=True)
        seen += page.count("cms-link")
    assert seen == PAGE_SIZE * 4
    stale = vic.get("/notifications/?after=nonsense&colour=red").get_data(as_text=True)
    assert "first page" in stale and "not a filter" in stale
