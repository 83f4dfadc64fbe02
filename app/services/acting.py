"""Acting for an organisation whose LSOs cannot: for a stated reason, for an hour, in one browser, told to its LSOs."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, select

from app.access.actor import current_actor, needs
from app.domain import clock
from app.domain.errors import NotFound, RuleBroken
from app.domain.item import show_date
from app.domain.mail import MailKind
from app.domain.roles import Permission
from app.extensions import db
from app.models import ActingSession, Organisation
from app.models.organisation import XOSERVE_KIND
from app.services import audit, keepers, mail, notifications, reach

_longest = timedelta(minutes=60)


def configure(*, minutes: int) -> None:
    """Set for how long somebody acts before they must begin again; called once at start-up."""
    global _longest
    _longest = timedelta(minutes=minutes)


@needs(Permission.ACCESS_ACT)
def begin_acting(organisation_id: int, reason: str) -> ActingSession:
    """Act for an organisation in this browser from the next request on; its LSOs are told at once."""
    actor, now = current_actor(), clock.now()
    if actor.on_behalf_of:
        raise RuleBroken(f"You are acting for {actor.on_behalf_of}. End that first.")
    if actor.session_pk is None:
        raise RuleBroken("Only somebody who is signed in can act for an organisation.")
    organisation = db.session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound("There is no such organisation.")
    if organisation.kind_code == XOSERVE_KIND:
        raise RuleBroken("Xoserve's own people are looked after by its administrators.", field="organisation")
    if not reason.strip():
        raise RuleBroken("Say why you act for this organisation.", field="reason")
    for left in db.session.scalars(_unended()):
        # Its hour is over, and stays over when a clock is put back: a browser acts for one organisation at most.
        left.ended_at = min(left.ends_at, now)
    begun = ActingSession(
        user_session_id=actor.session_pk,
        organisation_id=organisation.id,
        actor_name=actor.name,
        reason=reason.strip(),
        began_at=now,
        ends_at=now + _longest,
    )
    db.session.add(begun)
    db.session.flush()
    acting = reach.act(actor, organisation.id, organisation.name, begun.reason, begun.ends_at, begun.id)
    audit.record("acting:begin", begun, after={"ends_at": str(begun.ends_at)}, actor=acting)
    local = begun.ends_at.astimezone(clock.LONDON)
    until = f"{local:%H:%M} on {show_date(local.date())}"
    told = f"{actor.name} of Xoserve acts for {organisation.name} until {until}."
    for keeper in keepers.list_keepers(organisation.id):
        notifications.tell_of_access(keeper, told, "/activity/")
        mail.post(
            MailKind.ACTING_ON_BEHALF,
            to=keeper,
            key=f"acting {begun.id}",
            organisation=organisation.name,
            ends_at=begun.ends_at,
            link="/activity/",
        )
    return begun


@needs(Permission.ACCESS_ACT)
def end_acting() -> None:
    """Stop acting in this browser."""
    now = clock.now()
    for begun in db.session.scalars(_unended().where(ActingSession.began_at <= now, ActingSession.ends_at > now)):
        begun.ended_at = now
        audit.record("acting:end", begun)


def _unended() -> Select[Any]:
    mine = ActingSession.user_session_id == current_actor().session_pk
    return select(ActingSession).where(mine, ActingSession.ended_at.is_(None))
