"""Dormant accounts: the person is told, and disabled when they do not sign in; part of the worker's own work.

Each person is attended to in a transaction of its own. What was told is kept with the sign of life it was about, so a
sign-in makes it void, a clock moved back disables nobody before the day that was told, and two workers do it once.
"""

from sqlalchemy import func, or_, select

from app.access.actor import current_actor, needs
from app.domain import clock, dormancy
from app.domain.item import show_date
from app.domain.mail import MailKind
from app.domain.roles import Permission
from app.extensions import db
from app.models import Organisation, User
from app.services import access_rules, audit, keepers, mail, people
from app.services.people_list import is_dormant

WHERE = "/people/?state=dormant"


def count_dormant() -> int:
    """How many people within reach are dormant."""
    return db.session.scalar(select(func.count(User.id)).where(is_dormant())) or 0


def list_due() -> list[int]:
    """Keys of dormant people for whom something may be due; those of suspended organisations cannot sign in."""
    today = clock.today()
    wanted = select(User.id).join(Organisation, Organisation.id == User.organisation_id)
    is_due = or_(User.dormant_until.is_(None), User.dormant_until <= today)
    return list(db.session.scalars(wanted.where(is_dormant(), is_due, Organisation.is_active).order_by(User.id)))


@needs(Permission.SERVICE_WATCH)
def attend_dormant(pk: int) -> None:
    """Tell a dormant person, or disable whoever was told in time; never the last who runs an organisation's access."""
    user = access_rules.take(pk)
    used = dormancy.last_use(user.created_at, user.enabled_at, user.last_signed_in_at)
    if not user.is_active or used >= dormancy.unused_before(clock.now()):
        return
    is_told = user.dormant_since == used
    if is_told and user.dormant_until is not None and user.dormant_until > clock.today():
        return
    refusal = access_rules.refusal_of(current_actor(), user, access_rules.SHUTS_OUT)
    if refusal:
        if not is_told or user.dormant_until is not None:
            _keep(user, refusal)
            user.dormant_since, user.dormant_until = used, None
    elif is_told and user.dormant_until is not None:
        days = dormancy.unused_days()
        people.disable_user(user.id, reason=f"Not signed in for {days} days, and not after being told.")
    else:
        user.dormant_since, user.dormant_until = used, clock.today() + dormancy.notice
        _warn(user)


def _warn(user: User) -> None:
    assert user.dormant_until is not None
    day = show_date(user.dormant_until)
    audit.record("user:warn", user, after={"disabled_on": str(user.dormant_until)})
    mail.post(MailKind.DORMANT_WARNING, to=user, disabled_on=user.dormant_until)
    keepers.tell(
        user.organisation_id,
        f"Some people have not signed in for {dormancy.unused_days()} days. They were told that they are disabled "
        f"on {day} unless they sign in.",
        WHERE,
    )


def _keep(user: User, refusal: str) -> None:
    """The last who runs an organisation's access, and Xoserve, are told instead."""
    audit.record("user:keep", user, reason=refusal)
    sentence = (
        f"{user} has not signed in for {dormancy.unused_days()} days and stays enabled: nobody else can take over."
    )
    keepers.tell(user.organisation_id, sentence, WHERE)
    keepers.tell_xoserve(sentence, WHERE)
