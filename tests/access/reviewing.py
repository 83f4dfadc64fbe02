"""What the tests of access reviews share."""

from datetime import timedelta

from sqlalchemy import func, select

from app.domain import clock
from app.extensions import db
from app.models import AuditEvent, Organisation, ReviewAnswer
from app.services import reviews
from tests.cast import ORGANISATIONS, PEOPLE
from tests.services.access import WHY

DAYS = 30


def start(acting, name="lena", organisation="alder", days=DAYS, **acts) -> int:
    """A review of an organisation, begun by that person; its key."""
    with acting(name, **acts):
        code = ORGANISATIONS[organisation][0]
        pk = db.session.scalars(select(Organisation.id).where(Organisation.short_code == code)).one()
        made = reviews.start_review(clock.today() + timedelta(days=days), organisation_id=pk)
        db.session.commit()
        return made.id


def line_of(name: str) -> ReviewAnswer:
    """The newest line about a member of the cast, as the actor reaches it."""
    wanted = select(ReviewAnswer).where(ReviewAnswer.sign_in_name == PEOPLE[name].user_id)
    return db.session.scalars(wanted.order_by(ReviewAnswer.id.desc())).first()


def confirm(pk: int, *names: str):
    outcome = reviews.confirm_people(pk, [line_of(name).id for name in names])
    db.session.commit()
    return outcome


def withdraw(pk: int, *names: str, reason=WHY):
    outcome = reviews.withdraw_people(pk, [line_of(name).id for name in names], reason=reason)
    db.session.commit()
    return outcome


def answers(acting, pk: int) -> dict[str, str]:
    """What became of each person, by name."""
    with acting("system"):
        lines = db.session.scalars(select(ReviewAnswer).where(ReviewAnswer.review_id == pk))
        return {line.name.lower(): line.answer for line in lines}


def count(acting, *conditions) -> int:
    with acting("system"):
        return db.session.scalar(select(func.count(AuditEvent.id)).where(*conditions)) or 0
