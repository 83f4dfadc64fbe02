"""Deputies: an LSO's powers in other hands for some weeks. Whether one counts today is said in services.reach."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Select, not_, or_, select

from app.access.actor import current_actor, needs
from app.domain import clock
from app.domain.errors import NotFound, RuleBroken
from app.domain.item import show_date
from app.domain.mail import MailKind
from app.domain.reasons import read_reason
from app.domain.roles import Permission, Power, Role
from app.domain.spans import Span, check_span
from app.extensions import db
from app.models import Deputy, Grant, Organisation, User
from app.services import audit, keepers, mail, notifications, reach
from app.services.in_force import is_in_date
from app.services.locking import for_change

LONGEST = timedelta(days=92)


@needs(Permission.DEPUTY_APPOINT)
def appoint_deputy(
    user_id: str, span: Span, *, powers: Collection[str], for_organisations: Collection[int] = (), reason: str
) -> Deputy:
    """Give one's own powers, or some, to somebody of one's own organisation, for all or some that one looks after."""
    actor, words = current_actor(), read_reason(reason)
    # Whoever is to be deputy stays as they are until this is done: two appointments come one after the other.
    wanted = select(User).where(User.user_id == user_id.strip().upper()[:32], User.is_active)
    user = db.session.scalar(for_change(wanted))
    if user is None:
        raise RuleBroken("There is nobody with that user ID who may be your deputy.", field="user_id")
    if user.id == actor.user_pk:
        raise RuleBroken("You cannot be your own deputy. Choose somebody else.", field="user_id")
    if user.organisation_id != actor.organisation_id:
        raise RuleBroken("A deputy is somebody of your own organisation. Choose a colleague.", field="user_id")
    _check_days(user, span)
    if set(powers) - set(Power):
        raise RuleBroken("Choose powers from the list.", field="powers")
    beyond = set(for_organisations) - actor.managed_ids
    if beyond:
        raise RuleBroken("Choose organisations that you look after.", field="for_organisations")
    assert span.ends_on is not None and actor.user_pk is not None
    deputy = Deputy(
        user_id=user.id,
        organisation_id=user.organisation_id,
        name=user.name,
        delegator_id=actor.user_pk,
        delegator_name=actor.name,
        starts_on=span.starts_on,
        ends_on=span.ends_on,
        powers=" ".join(sorted(powers)),
        for_organisations=" ".join(map(str, sorted(for_organisations))),
        reason=words,
        appointed_at=clock.now(),
    )
    db.session.add(deputy)
    db.session.flush()
    days = {"starts_on": str(span.starts_on), "ends_on": str(span.ends_on), "powers": deputy.powers}
    audit.record("deputy:appoint", deputy, after=days, reason=words)
    _tell(deputy, user, f"from {show_date(span.starts_on)} to {show_date(span.ends_on)}", is_new=True)
    return deputy


def _check_days(user: User, span: Span) -> None:
    """Refuse days that make no sense, that are too many, or on which the person is a deputy or an LSO already."""
    if span.ends_on is None:
        raise RuleBroken("Enter the last day: a deputy is one for some weeks only.", field="ends_on")
    check_span(span, clock.today())
    if span.ends_on - span.starts_on > LONGEST:
        raise RuleBroken(
            f"A deputy is one for at most {LONGEST.days} days. Whoever is needed for longer is given the role LSO.",
            field="ends_on",
        )
    lso = select(Grant.id).where(Grant.user_id == user.id, Grant.role == Role.LSO.value)
    if db.session.scalar(lso.where(or_(is_in_date(Grant, span.starts_on), is_in_date(Grant, span.ends_on)))):
        raise RuleBroken(f"{user.name} is an LSO then and needs no deputy's powers.", field="user_id")
    other = select(Deputy).where(Deputy.user_id == user.id, Deputy.ended_at.is_(None))
    other = other.where(Deputy.starts_on <= span.ends_on, Deputy.ends_on >= span.starts_on)
    if held := db.session.scalar(other.limit(1)):
        days = f"from {show_date(held.starts_on)} to {show_date(held.ends_on)}"
        raise RuleBroken(f"{user.name} is deputy {days} already. End that first.", field="user_id")


@needs(Permission.DEPUTY_APPOINT)
def end_deputy(pk: int, *, reason: str) -> Deputy:
    """End a deputy's time now; any LSO of the organisation may. It counts on the deputy's next request."""
    words = read_reason(reason)
    deputy = db.session.scalar(for_change(select(Deputy).where(Deputy.id == pk)))
    if deputy is None or deputy.organisation_id != current_actor().organisation_id:
        raise NotFound("There is no such deputy.")
    if deputy.ended_at is not None:
        raise RuleBroken("This deputy's time has ended already.")
    _end(deputy, "deputy:end", words, current_actor().name)
    return deputy


@needs(Permission.SERVICE_WATCH)
def end_past_deputies() -> int:
    """Write down, and tell, which deputies' time is over by its days or by their LSO's; how many there were."""
    today = clock.today()
    over = select(Deputy).where(Deputy.ended_at.is_(None))
    over = over.where(or_(Deputy.ends_on < today, not_(reach.delegator_counts(today))))
    ended = list(db.session.scalars(for_change(over.order_by(Deputy.id))))
    for deputy in ended:
        is_past = deputy.ends_on < today
        words = "The last day has passed." if is_past else f"{deputy.delegator_name} is no LSO any more."
        _end(deputy, "deputy:lapse", words, "The service")
    return len(ended)


def _end(deputy: Deputy, action: str, reason: str, by: str) -> None:
    deputy.ended_at, deputy.ended_by, deputy.ended_because = clock.now(), by, reason
    audit.record(action, deputy, before={"ends_on": str(deputy.ends_on)}, reason=reason)
    _tell(deputy, db.session.get_one(User, deputy.user_id), "", is_new=False)


def _tell(deputy: Deputy, user: User, days: str, *, is_new: bool) -> None:
    """Tell the deputy, and every LSO of their organisation, who is not the actor."""
    organisation = db.session.get_one(Organisation, deputy.organisation_id).name
    begun = f"You are deputy LSO {days}." if is_new else "You are no longer deputy LSO."
    told = f"{deputy.name} is deputy of {deputy.delegator_name} {days}." if is_new else f"{deputy}: this has ended."
    notifications.tell_of_access(user, begun)
    for keeper in keepers.list_keepers(deputy.organisation_id):
        if keeper.id not in (current_actor().user_pk, user.id):
            notifications.tell_of_access(keeper, told, "/deputies/")
    key = f"deputy {deputy.id}"
    if is_new:
        first, last = deputy.starts_on, deputy.ends_on
        mail.post(MailKind.DEPUTY_APPOINTED, to=user, key=key, organisation=organisation, starts_on=first, ends_on=last)
    else:
        mail.post(MailKind.DEPUTY_ENDED, to=user, key=key, organisation=organisation)


def list_candidates(most: int) -> list[User]:
    """Those of the actor's own organisation who may sign in, but the actor; at most so many, by name."""
    actor = current_actor()
    wanted = select(User).where(User.organisation_id == actor.organisation_id, User.is_active, User.id != actor.user_pk)
    return list(db.session.scalars(wanted.order_by(User.name, User.id).limit(most)))


def select_of(user_pk: int) -> Select[tuple[Deputy]]:
    """The deputies that a person is or has, in force or to come, first to end first."""
    mine = or_(Deputy.user_id == user_pk, Deputy.delegator_id == user_pk)
    wanted = select(Deputy).where(mine, Deputy.ended_at.is_(None), Deputy.ends_on >= clock.today())
    return wanted.order_by(Deputy.ends_on, Deputy.id)
