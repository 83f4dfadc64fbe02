"""services.audit and services.job_queue: what is written down in the transaction of the act."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.domain.errors import NotAllowed
from app.domain.events import EVENTS
from app.domain.lifecycle import Action
from app.extensions import db
from app.models import AuditEvent, Job, Organisation, User
from app.services import audit, contacts
from app.services.job_queue import enqueue


def me(actor) -> User:
    return db.session.get_one(User, actor.user_pk)


@pytest.mark.parametrize("name", ["password", "new_password", "token_hash", "SECRET_KEY", "csrf_token", "Password"])
@pytest.mark.parametrize("where", ["before", "after"])
def test_secrets_have_no_place_in_it(acting, where, name) -> None:
    with acting("ann") as ann:
        with pytest.raises(ValueError, match="secrets"):
            audit.record("user:change", me(ann), **{where: {"name": "Ann", name: "x"}})
        assert name not in repr(list(db.session.new))


@pytest.mark.parametrize("action", ["", "contact", "contact:explode", "CONTACT:RAISE", "user:vanish"])
def test_an_unknown_action_is_refused(acting, action) -> None:
    with acting("ann") as ann, pytest.raises(ValueError, match="not in the list of events"):
        audit.record(action, me(ann))


def test_an_event_says_who_of_which_organisation_did_what_to_what(acting) -> None:
    with acting("ada") as ada:
        alder = db.session.scalars(select(Organisation).where(Organisation.short_code == "ALD")).one()
        token = audit.request_id.set("request-1")
        event = audit.record("organisation:change", alder, organisation_id=alder.id, after={"name": "x"})
        audit.request_id.reset(token)
        db.session.commit()
        assert (event.actor_id, event.actor_name, event.actor_organisation) == (ada.user_pk, "Ada", "Xoserve")
        assert (event.object_type, event.object_id) == ("organisation", alder.id)
        assert event.object_label == "Alder Energy (ALD)"
        assert (event.organisation_id, event.request_id, event.before) == (alder.id, "request-1", {})
        assert event.at.tzinfo is not None
        pk = event.id
    with acting("lena"):
        assert db.session.get(AuditEvent, pk) is not None
    with acting("bea"):
        assert db.session.get(AuditEvent, pk) is None


def test_an_event_goes_with_its_transaction(acting) -> None:
    with acting("ann") as ann:
        before = db.session.scalar(select(func.count()).select_from(AuditEvent))
        audit.record("user:change", me(ann))
        db.session.rollback()
        assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == before


def test_only_altered_fields_are_kept_and_fit_for_json(acting) -> None:
    with acting("ann") as ann:
        user = me(ann)
        changes = {"name": "Ann", "email": "new@x.example", "created_at": date(2026, 1, 2), "version": Decimal("2.5")}
        before, after = audit.changed_fields(user, changes)
        assert "name" not in after
        assert after == {"email": "new@x.example", "created_at": "2026-01-02", "version": "2.5"}
        assert before["email"] == "ann@alder.example" and isinstance(before["created_at"], str)


def test_every_action_has_its_words_and_every_move_its_event() -> None:
    assert all(words and words[0].islower() for words in EVENTS.values())
    assert all(action.count(":") == 1 for action in EVENTS)
    assert {f"contact:{action}" for action in Action} <= EVENTS.keys()
    assert contacts.Action is Action


def test_a_job_is_the_actors_own_and_handed_over_only_when_committed(app, acting) -> None:
    huey = app.extensions["huey"]
    huey.flush()
    with acting("ann") as ann:
        enqueue("check_upload", {"upload_id": 1})
        db.session.rollback()
        assert huey.pending_count() == 0
        job = enqueue("check_upload", {"upload_id": 1}, total_count=7)
        assert huey.pending_count() == 0
        db.session.commit()
        assert huey.pending_count() == 1
        assert (job.organisation_id, job.asked_by_id) == (ann.organisation_id, ann.user_pk)
        assert (job.state, job.attempts, job.done_count, job.total_count) == ("ready", 0, 0, 7)
        assert db.session.scalar(select(func.count()).select_from(Job)) == 1
    huey.flush()
    with acting("bob"):
        assert db.session.scalars(select(Job)).all() == []


def test_nobody_has_no_jobs(app) -> None:
    with app.app_context(), pytest.raises(NotAllowed):
        enqueue("check_upload", {})
