"""Who is told what, by whom nobody is told, and that the door to other organisations takes nothing else."""

import pytest
from sqlalchemy import select

from app import jobs
from app.access import tenancy
from app.access.tenancy import OutOfReach
from app.domain.errors import NotFound
from app.domain.lifecycle import Action
from app.domain.notices import TOLD_TO_ASSIGNEE, TOLD_TO_RAISER, Notice, Sentence
from app.extensions import db
from app.imports import pipeline
from app.models import Message, Notification, Upload, User
from app.services import contacts, notifications
from tests.cast import PEOPLE
from tests.worlds import raise_one, workbook

MPRN = "3938424403"
WITH = {Action.RESOLVE: "RES-01", Action.REJECT: "REJ-02"}
GOOD = [MPRN, "SPELLING", "2 High Street", "B91 3QL", "The number is wrong.", "A/1"]


def told(acting) -> dict[str, list[str]]:
    """What each person has been told, oldest first."""
    with acting("system"):
        wanted = select(User.user_id, Notification.text).join(Notification, Notification.user_id == User.id)
        found: dict[str, list[str]] = {}
        for user_id, text in db.session.execute(wanted.order_by(Notification.id)):
            found.setdefault(user_id, []).append(text)
        return found


def move(acting, name: str, reference: str, action: Action, version: int) -> None:
    with acting(name):
        contacts.perform(reference, action, version=version, message="Words.", outcome_code=WITH.get(action, ""))
        db.session.commit()


@pytest.fixture
def reference(acting) -> str:
    """A contact that ann raised."""
    with acting("ann"):
        raised = raise_one(MPRN, "High")
        db.session.commit()
        return raised


def test_whoever_raised_a_contact_is_told_what_xoserve_does_and_the_assignee_is_told_the_answer(
    acting, reference
) -> None:
    for version, (name, action) in enumerate(
        [("ada", Action.CLAIM), ("ada", Action.ASK), ("sue", Action.ANSWER), ("lia", Action.RESOLVE)], 1
    ):
        move(acting, name, reference, action, version)
    assert told(acting) == {
        "ALD-ANN": [
            f"Xoserve has begun work on contact {reference}.",
            f"Xoserve asks you about contact {reference}. The contact waits for your answer.",
            f"Xoserve resolved contact {reference}.",
        ],
        "XOS-ADA": [f"Your question about contact {reference} was answered."],
    }


def test_a_rejection_and_a_withdrawal_are_told_and_a_release_is_not(acting, reference) -> None:
    move(acting, "ada", reference, Action.CLAIM, 1)
    move(acting, "ada", reference, Action.RELEASE, 2)
    move(acting, "lia", reference, Action.CLAIM, 3)
    move(acting, "ann", reference, Action.WITHDRAW, 4)
    assert told(acting)["XOS-LIA"] == [f"Contact {reference}, which was assigned to you, was withdrawn."]
    assert len(told(acting)["ALD-ANN"]) == 2
    with acting("ann"):
        other = raise_one("7400000108", "Low")
        db.session.commit()
    move(acting, "ada", other, Action.CLAIM, 1)
    move(acting, "ada", other, Action.REJECT, 2)
    assert told(acting)["ALD-ANN"][-1] == f"Xoserve rejected contact {other}."


def test_a_notice_is_read_at_the_contact_and_belongs_to_the_readers_organisation(acting, reference) -> None:
    move(acting, "ada", reference, Action.CLAIM, 1)
    with acting("ann") as ann:
        row = db.session.scalars(notifications.select_own()).one()
        assert (row.url, row.organisation_id, row.read_at) == (f"/contacts/{reference}/", ann.organisation_id, None)


def test_nobody_is_told_of_their_own_act(acting, reference) -> None:
    move(acting, "ann", reference, Action.WITHDRAW, 1)
    with acting("system"):
        contact = contacts.get_contact(reference)
    with acting("ann") as ann:
        # As if ann's organisation and Xoserve were one: who acts is never told.
        contact.assignee_id = ann.user_pk
        for action in (*TOLD_TO_RAISER, *TOLD_TO_ASSIGNEE):
            notifications.tell_of_move(contact, action)
        db.session.commit()
    assert told(acting) == {}


def test_a_disabled_person_is_told_nothing(acting, reference) -> None:
    move(acting, "ada", reference, Action.CLAIM, 1)
    with acting("system"):
        for user in db.session.scalars(select(User).where(User.user_id.in_(("ALD-ANN", "XOS-ADA")))):
            user.is_active = False
        db.session.commit()
    move(acting, "lia", reference, Action.ASK, 2)
    move(acting, "sue", reference, Action.ANSWER, 3)
    assert told(acting) == {"ALD-ANN": [f"Xoserve has begun work on contact {reference}."]}


def test_a_move_that_is_refused_tells_nobody(acting, reference) -> None:
    with acting("ada"):
        contacts.perform(reference, Action.CLAIM, version=1)
        db.session.rollback()
    assert told(acting) == {}


def test_the_uploader_is_told_what_a_worker_made_of_the_file(acting, run_jobs) -> None:
    with acting("ann"):
        upload_id = pipeline.receive_and_check_later("good.xlsx", workbook([GOOD, ["1"]]), "ADD").id
        refused = pipeline.receive_and_check_later("plain.csv", b"Nothing,known\n1,2\n", "ADD")
        assert refused.state == "received"
        db.session.commit()
    run_jobs()
    with acting("ann"):
        pipeline.start_commit(upload_id)
        db.session.commit()
    run_jobs()
    assert sorted(told(acting)["ALD-ANN"]) == [
        "good.xlsx is finished: 1 contact raised.",
        "good.xlsx was checked: 1 row good, 1 row with errors.",
        "plain.csv was refused. Nothing was raised.",
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([GOOD], "1 row good."),
        ([["1"], ["2"]], "2 rows with errors."),
        ([GOOD, ["1"]], "1 row good, 1 row with errors."),
    ],
)
def test_a_checked_file_is_told_of_without_noughts(acting, run_jobs, rows, words) -> None:
    with acting("ann"):
        pipeline.receive_and_check_later("file.xlsx", workbook(rows), "ADD")
        db.session.commit()
    run_jobs()
    assert told(acting)["ALD-ANN"] == [f"file.xlsx was checked: {words}"]


def test_the_uploader_is_told_when_a_job_failed_for_good(acting, run_jobs, monkeypatch) -> None:
    def fail(**_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setitem(jobs.JOBS, "check_upload", fail)
    monkeypatch.setattr(jobs, "MOST_ATTEMPTS", 1)
    with acting("ann"):
        pipeline.receive_and_check_later("x" * 180 + ".xlsx", workbook([GOOD]), "ADD")
        db.session.commit()
    run_jobs()
    (text,) = told(acting)["ALD-ANN"]
    assert text == "x" * 79 + "… could not be checked."


def test_nobody_is_told_of_a_file_that_was_checked_while_they_waited(acting) -> None:
    with acting("ann"):
        upload_id = pipeline.receive_upload("good.xlsx", workbook([GOOD]), "ADD").id
        db.session.commit()
        pipeline.check_upload(upload_id, lambda done, total: None)
        pipeline.begin_commit(upload_id)
        pipeline.commit_chunks(upload_id, lambda done, total: None)
        db.session.commit()
        assert db.session.get_one(Upload, upload_id).state == "committed"
    assert told(acting) == {}


def test_only_ones_own_notifications_are_listed_and_marked(acting, busy) -> None:
    with acting("ann"):
        mine = list(db.session.scalars(notifications.select_own()))
        assert mine and all(row.read_at is None for row in mine)
        first = mine[0].id
    for name in PEOPLE:
        if name != "ann":
            with acting(name):
                assert all(row.id != first for row in db.session.scalars(notifications.select_own()))
                with pytest.raises(NotFound):
                    notifications.mark_read(first)
    with acting("ann"):
        at = notifications.mark_read(first).read_at
        assert at is not None and notifications.mark_read(first).read_at == at
        assert notifications.mark_all_read() == len(mine) - 1
        assert notifications.mark_all_read() == 0
        db.session.commit()
    with acting("bob"):
        assert notifications.mark_all_read() > 0


def test_the_door_takes_notices_and_nothing_else(acting, busy) -> None:
    with acting("ann") as ann:
        row = {"user_id": ann.user_pk, "organisation_id": ann.organisation_id, "text": "x", "url": "/"}
        for other in (row, Notification(**row), Message(text="x"), "a sentence", None, (1, Sentence.ASKED, "x")):
            with pytest.raises(OutOfReach):
                tenancy.post_notifications([other])
            db.session.rollback()


@pytest.mark.parametrize(
    ("sentence", "reference"),
    [
        ("Alder's words {}", "4F7-K2M-9QX"),
        ("Xoserve resolved contact {}.", "4F7-K2M-9QX"),
        (Sentence.ASKED, "4F7-K2M-9Q1"),
        (Sentence.ASKED, "our secret"),
        (Sentence.ASKED, ""),
    ],
)
def test_a_notice_says_nothing_but_a_known_sentence_and_a_reference(sentence, reference) -> None:
    with pytest.raises(ValueError, match="a notice"):
        Notice(1, sentence, reference)


def test_what_was_posted_to_another_organisation_stays_out_of_reach(acting, busy) -> None:
    with acting("system"):
        bob = db.session.scalars(select(User.id).where(User.user_id == "BIR-BOB")).one()
        before = len(list(db.session.scalars(select(Notification).where(Notification.user_id == bob))))
    with acting("ann"):
        tenancy.post_notifications([Notice(bob, Sentence.ANSWERED, busy["alder"].reference)])
        tenancy.post_notifications([Notice(2**40, Sentence.ANSWERED, busy["alder"].reference)])
        assert db.session.scalars(select(Notification).where(Notification.user_id == bob)).all() == []
        db.session.commit()
    with acting("bob") as actor:
        rows = list(db.session.scalars(notifications.select_own().order_by(Notification.id)))
        assert len(rows) == before + 1
        assert rows[-1].organisation_id == actor.organisation_id
