"""Deciding about changes of access that wait for a second pair of eyes: by somebody else, once, by every rule anew."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from app.access.actor import Actor, current_actor, needs, permission_of
from app.access.tenancy import compare_and_set
from app.domain import clock
from app.domain.approvals import LASTS, State
from app.domain.errors import Conflict, DomainError, NotAllowed, NotFound, RuleBroken
from app.domain.notices import AccessSentence
from app.domain.reasons import read_reason
from app.domain.roles import Permission, Role
from app.extensions import db
from app.models import Approval, User
from app.services import access_rules, approvals, audit, grants, people, sessions
from app.services.access_rules import SHUTS_OUT, Change, giving

GONE = "There is no such request."
_SERVICE = "The service"


@needs(Permission.APPROVAL_DECIDE)
def approve(pk: int, *, why: str = "") -> Approval:
    """Have a change of access made as it was asked for, now, in one's own name too; or see that it has lapsed.

    Every rule is asked again: of whoever approves, and of whoever asked, as they are now.
    """
    approval, words = _get_open(pk), read_reason(why) if why.strip() else ""
    check_decider(current_actor(), approval)
    _lock(approval)
    if because := _why_lapsed(approval):
        _lapse(approval, because)
        return approval
    _decide(approval, State.APPROVED, words)
    _carry_out(approval)
    audit.record("approval:approve", approval, **_details(approval))
    approvals.tell([approval.asked_by_id], AccessSentence.APPROVED)
    return approval


@needs(Permission.APPROVAL_DECIDE)
def refuse(pk: int, *, why: str) -> Approval:
    """Leave everything as it is, for a reason that whoever asked can read."""
    approval, words = _get_open(pk), read_reason(why)
    check_decider(current_actor(), approval)
    _decide(approval, State.REFUSED, words)
    audit.record("approval:refuse", approval, **_details(approval))
    approvals.tell([approval.asked_by_id], AccessSentence.REFUSED)
    return approval


@needs(Permission.USER_CHANGE)
def withdraw_request(pk: int, *, why: str = "") -> Approval:
    """Take back what one asked for oneself."""
    approval, words = _get_open(pk), read_reason(why) if why.strip() else ""
    if approval.asked_by_id != current_actor().user_pk:
        raise NotAllowed(f"Only {approval.asked_by}, who asked for this, can withdraw it.")
    _decide(approval, State.WITHDRAWN, words)
    audit.record("approval:withdraw", approval, **_details(approval))
    return approval


@needs(Permission.SERVICE_WATCH)
def lapse_requests() -> int:
    """Write down, and tell, which requests nobody can approve any more; how many there were."""
    waiting = select(Approval.id).where(Approval.state == State.ASKED.value).order_by(Approval.id)
    count = 0
    for pk in db.session.scalars(waiting).all():
        approval = db.session.get_one(Approval, pk)
        because = _why_out_of_time(approval) or _why_asker_gone(approval)
        if because:
            try:
                _lapse(approval, because)
            except Conflict:
                continue
            count += 1
    return count


def check_decider(actor: Actor, approval: Approval) -> None:
    """NotAllowed, with a sentence, to whoever asked, to the person concerned, and to those who look after others."""
    if not actor.manages(approval.organisation_id):
        raise NotFound(GONE)
    if actor.user_pk == approval.asked_by_id:
        raise NotAllowed("You asked for this yourself, so somebody else decides.")
    if actor.user_pk in approval.people:
        raise NotAllowed("This is about your own access, so somebody else decides.")


def why_not(actor: Actor, approval: Approval) -> str:
    """Why the actor cannot decide about a request, or ""; for buttons."""
    try:
        check_decider(actor, approval)
    except DomainError as refusal:
        return refusal.message
    return ""


def _get_open(pk: int) -> Approval:
    approval = db.session.scalar(select(Approval).where(Approval.id == pk))
    if approval is None:
        raise NotFound(GONE)
    if approval.state != State.ASKED:
        raise Conflict(_how_it_ended(approval))
    return approval


def _how_it_ended(approval: Approval) -> str:
    state = State(approval.state)
    if state is State.LAPSED:
        return f"This request has lapsed. {approval.why}"
    return f"{approval.decided_by} {'has withdrawn' if state is State.WITHDRAWN else state.value} this already."


def _lock(approval: Approval) -> None:
    """Lock the people, then the organisations whose people act, so that nobody's access changes until this is done."""
    access_rules.lock_people(approval.people)
    asker = sessions.actor_of_pk(approval.asked_by_id)
    involved = {approval.organisation_id, current_actor().organisation_id}
    access_rules.lock_organisations(involved | ({asker.organisation_id} if asker is not None else set()))


def _decide(approval: Approval, state: State, why: str, by: str = "") -> None:
    """Write down how it ends, if nobody was first."""
    actor = current_actor()
    changes: dict[str, Any] = {
        "state": state.value,
        "decided_by": by or actor.name,
        "decided_by_id": actor.user_pk,
        "decided_at": clock.now(),
        "why": why,
    }
    if not compare_and_set(approval, {"state": State.ASKED.value}, changes):
        db.session.refresh(approval)
        raise Conflict(_how_it_ended(approval))


def _lapse(approval: Approval, because: str) -> None:
    _decide(approval, State.LAPSED, because, _SERVICE)
    audit.record("approval:lapse", approval, **_details(approval))
    approvals.tell([approval.asked_by_id], AccessSentence.LAPSED)


def _details(approval: Approval) -> dict[str, Any]:
    """What the event of a decision says besides who and when."""
    before = {"state": State.ASKED.value, "asked_by": approval.asked_by}
    return {"before": before, "after": {"state": approval.state}, "reason": approval.why}


def _why_lapsed(approval: Approval) -> str:
    """Why nobody can approve this any more, or ""; the people and organisations are locked."""
    if because := _why_out_of_time(approval) or _why_asker_gone(approval):
        return because
    wanted = select(User).where(User.id.in_(list(approval.people)), User.deleted_at.is_(None))
    found = [access_rules.take(user.id) for user in db.session.scalars(wanted.order_by(User.id))]
    if not found:
        return "Nobody it is about is there any more."
    asker = sessions.actor_of_pk(approval.asked_by_id)
    try:
        for user in found:
            assert asker is not None
            access_rules.check_manage(asker, user, _change(approval))
    except (NotAllowed, NotFound, Conflict):
        return f"{approval.asked_by}, who asked for this, may do it no longer."
    except RuleBroken:
        pass  # Whoever approves hears of it themselves.
    return ""


def _why_out_of_time(approval: Approval) -> str:
    is_over = approval.asked_at + LASTS < clock.now()
    return f"Nobody decided about it within {LASTS.days} days." if is_over else ""


def _why_asker_gone(approval: Approval) -> str:
    asker = sessions.actor_of_pk(approval.asked_by_id)
    if asker is None:
        return f"{approval.asked_by}, who asked for this, can no longer sign in."
    is_able = asker.may(permission_of(_verb(approval))) and asker.manages(approval.organisation_id)
    return "" if is_able else f"{approval.asked_by}, who asked for this, may do it no longer."


def _verb(approval: Approval) -> Callable[..., Any]:
    return grants.grant_role if "role" in approval.arguments else people.disable_user


def _change(approval: Approval) -> Change:
    if "role" not in approval.arguments:
        return SHUTS_OUT
    return giving(Role(approval.arguments["role"]), approvals.read_span(approval))


def _carry_out(approval: Approval) -> None:
    """Make the change for each person; whoever cannot be changed any more stays, and if that is everybody it fails."""
    refusals: list[DomainError] = []
    for pk in approval.people:
        try:
            if "role" in approval.arguments:
                role, span = approval.arguments["role"], approvals.read_span(approval)
                grants.grant_role(pk, role, span, reason=approval.reason, approved=approval)
            else:
                people.disable_user(pk, reason=approval.reason, approved=approval)
        except DomainError as refusal:
            refusals.append(refusal)
    if len(refusals) == len(approval.people):
        raise RuleBroken(f"This cannot be done as it was asked for. {refusals[0].message}")
