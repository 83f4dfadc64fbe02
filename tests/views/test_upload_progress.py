"""Work under way on an upload: the page, the fragment that renews it, and what they say."""

import io
from datetime import timedelta
from types import SimpleNamespace

import pytest

from app.domain import clock
from app.views.upload_progress import describe
from tests.worlds import workbook

ROW = ["3938424403", "SPELLING", "1 High Street", "B91 3QL", "Wrong.", "A/1"]
FRAGMENT = {"HX-Request": "true"}


def send(ann) -> str:
    sent = ann.post("/uploads/new/", {"type_code": "ADD", "file": (io.BytesIO(workbook([ROW])), "November.xlsx")})
    assert sent.status_code == 302
    return sent.location


def test_the_fragment_follows_the_work_and_then_renews_the_page(browser, run_jobs) -> None:
    ann = browser("ann")
    address = send(ann)
    page = ann.get(address).get_data(as_text=True)
    assert f'data-hx-get="{address}progress"' in page and "<noscript><meta http-equiv" in page
    fragment = ann.get(address + "progress", headers=FRAGMENT)
    assert fragment.status_code == 200 and "Waiting to start" in fragment.get_data(as_text=True)
    assert "<html" not in fragment.get_data(as_text=True)
    run_jobs()
    done = ann.get(address + "progress", headers=FRAGMENT)
    assert (done.status_code, done.headers["HX-Refresh"]) == (204, "true")
    assert "data-hx-get" not in ann.get(address).get_data(as_text=True)


def test_the_fragments_address_leads_people_to_the_page(browser, run_jobs) -> None:
    ann = browser("ann")
    address = send(ann)
    assert ann.get(address + "progress").location == address
    assert browser("bob").get(address + "progress", headers=FRAGMENT).status_code == 404


def test_a_fragment_asked_for_after_signing_out_renews_the_page(browser) -> None:
    address = send(browser("ann"))
    answer = browser("nobody").get(address + "progress", headers=FRAGMENT)
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")


@pytest.mark.parametrize(
    ("done", "total", "seconds", "rate", "left"),
    [
        (0, 20_000, 10, "", ""),
        (1_000, 20_000, 10, "100 rows a second", "about 3 minutes"),
        (19_000, 20_000, 10, "1,900 rows a second", "a few seconds"),
        (5_000, 20_000, 10, "500 rows a second", "about 30 seconds"),
        (10_000, 20_000, 100, "100 rows a second", "about 2 minutes"),
        (1, 50_000, 10, "", "about 8,333 minutes"),
        (100, 20_000, 0, "", ""),
    ],
)
def test_the_rate_and_the_time_left_are_said_roughly(monkeypatch, done, total, seconds, rate, left) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    began = now - timedelta(seconds=seconds)
    upload = SimpleNamespace(state="committing", raised_count=done, accepted_count=total, committed_at=began)
    progress = describe(upload, None)
    assert (progress.rate, progress.left) == (rate, left)
