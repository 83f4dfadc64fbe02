"""imports.people: rows of a file do what the desk does, and say what it says."""

from datetime import timedelta

from sqlalchemy import func, select

from app.domain import clock
from app.extensions import db
from app.imports.people import pipeline
from app.models import OutgoingMail, User
from app.services import people
from tests.imports.people import WHY, check, commit, new, row
from tests.services.access import find, last_event


def said(verdict) -> list[tuple[int, str, str]]:
    """Row, header and code of each error."""
    return [(error.row, error.header, error.code) for error in verdict.errors]


def named(user_id: str) -> User:
    pk = db.session.scalars(select(User.id).where(User.user_id == user_id)).one()
    return people.get_user(pk)


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def test_every_act_of_the_desk_can_be_a_row(acting) -> None:
    day = clock.today() + timedelta(days=30)
    with acting("system"):
        find("dee").is_active = False
        db.session.commit()
    with acting("lena"):
        upload_id, verdict = check(
            [
                new("ald-new", service="Contacts; Reports", role="Member", last=day),
                row("Give role", "ALD-NEW", role="Report reader"),
                row("give a service", "ald-vic", service="reports", first=f"{day:%d/%m/%Y}"),
                row("Withdraw role", "ALD-SUE", role="Supervisor"),
                row("Withdraw service", "ALD-RAE", service="Documents"),
                row("Change", "ALD-ANN", name="Ann Other", email="", reason=""),
                row("Disable", "ALD-VIC"),
                row("Re-enable", "ALD-DEE"),
                row("Delete", "ALD-RAE"),
            ]
        )
        assert (verdict.row_count, verdict.errors) == (9, [])
        assert count(User) == 6 and find("ann").name == "Ann", "trying leaves nothing behind"
        done = commit(upload_id)
    with acting("lena"):
        assert done[:2] == ["ALD-NEW", "ALD-NEW"] and len(done) == verdict.accepted_count
        user = named("ALD-NEW")
        assert {(one.service, one.ends_on) for one in user.services} == {("contacts", day), ("reports", day)}
        assert {(one.role, one.reason) for one in user.grants} == {("member", WHY)}
        assert pipeline.get_upload(upload_id).preview["asked_count"] == 1, "whoever may export is approved by another"
        assert find("sue").grants == [] and find("ann").name == "Ann Other"
        assert not find("vic").is_active and named("ALD-DEE").is_active
        assert find("rae").deleted_at is not None
        assert pipeline.get_upload(upload_id).raised_count == verdict.accepted_count
        event = last_event("user:create")
        assert (event.request_id, event.actor_name) == (f"upload {upload_id}", "Lena")
        invited = select(OutgoingMail.kind).where(OutgoingMail.address == "ald-new@example.com")
        assert "invitation" in set(db.session.scalars(invited))
