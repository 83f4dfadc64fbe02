"""The second pair of eyes: which changes of access wait for it, who is asked, and what waits (deciding: approving)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from app.access.actor import SYSTEM, acting_as, current_actor
from app.access.tenancy import post_notifications
from app.domain import clock
from app.domain.approvals import Act, State, read_acts, roles_of
from app.domain.errors import RuleBroken
from app.domain.mail import MailKind
from app.domain.notices import AccessNotice, AccessSentence
from app.domain.roles import Permission, Role
from app.domain.spans import Span
from app.extensions import db
from app.models import Approval, Grant, Organisation, User
from app.models.connections import reading
from app.models.organisation import XOSERVE_KIND
from app.services import audit, mail
from app.services.in_force import counts_on

_MOST_ABOUT_ONE = 50


@dataclass(frozen=True)
class Approvers:
    """Who can approve, the names in alphabetical order; where no LSO can, Xoserve's administrators do."""

    pks: tuple[int, ...]
    names: tuple[str, ...]
    is_xoserve: bool

    @property
    def words(self) -> str:
        """Who can approve, as a sentence."""
        if self.is_xoserve:
            return "No other LSO can approve it, so Xoserve does."
        *others, last = self.names
        return f"{', '.join(others)} and {last} can approve." if others else f"{last} can approve."


def is_needed(act: Act, organisation_id: int, approved: Approval | None, people: Collection[int]) -> bool:
    """Whether the actor may only ask for this change of these people's access.

    `approved` is the request that is being carried out by whoever approved it.
    """
    actor = current_actor()
    if is_exempt():
        return False
    if approved is not None:
        is_given = approved.state == State.APPROVED and approved.decided_by_id == actor.user_pk
        if is_given and approved.act == act and approved.people.keys() >= set(people):
            return False
    return act in read_acts(db.session.get_one(Organisation, organisation_id).approval_acts)


def is_exempt() -> bool:
    """Whether the actor is Xoserve, or the service itself, whose own acts need nobody else."""
    actor = current_actor()
    return actor.user_pk is None or actor.organisation_kind == XOSERVE_KIND


def ask(
    act: Act, organisation_id: int, people: Sequence[User], reason: str, role: Role | None = None,
    span: Span | None = None,
) -> Approval:  # fmt: skip
    """Write down what is asked for, and tell who can approve; part of the verbs that may not do it at once.

    The caller has checked the change, which keeps the organisation locked: the same asked for twice is one request.
    """
    actor, arguments = current_actor(), _arguments(people, role, span)
    assert actor.user_pk is not None
    for waiting in list_open(organisation_id):
        if waiting.act == act and waiting.arguments == arguments:
            return waiting
    if role is not None:
        for user in people:
            check_not_waiting(user, role)
    approval = Approval(
        organisation_id=organisation_id,
        act=act.value,
        summary=_summary(people, role)[:200],
        arguments=arguments,
        reason=reason,
        asked_by=actor.name,
        asked_by_id=actor.user_pk,
        asked_at=clock.now(),
        state=State.ASKED.value,
    )
    db.session.add(approval)
    db.session.flush()
    after = {name: value for name, value in arguments.items() if name != "people"}
    audit.record("approval:ask", approval, after={"people": list(approval.people.values()), **after}, reason=reason)
    approvers = find_approvers(approval)
    tell(approvers.pks, AccessSentence.APPROVAL_ASKED)
    for pk in approvers.pks:
        mail.post(MailKind.APPROVAL_ASKED, to=pk, key=f"approval {approval.id}", link="/approvals/")
    return approval


def foretell(organisation: Organisation, acts: Collection[Act], people: Collection[int]) -> str:
    """What to say before the actor makes changes of these kinds: which need approval, and by whom; "" for none."""
    needed = read_acts(organisation.approval_acts) & set(acts)
    if is_exempt() or not needed:
        return ""
    roles = [role.label for role in roles_of(needed)]
    what = f"The role{'s' if len(roles) > 1 else ''} {' and '.join(roles)}" if roles else "Disabling several people"
    approvers = list_approvers(organisation.id, {current_actor().user_pk or 0, *people})
    return f"{what} need{'' if len(roles) > 1 else 's'} approval. {approvers.words}"


def check_not_waiting(user: User, role: Role) -> None:
    """RuleBroken when the same role is asked for already for this person, with other days or with other people."""
    if any(waiting.arguments.get("role") == role for waiting in list_open_about(user)):
        raise RuleBroken(
            f"{role.label} for {user} waits for approval already. That request must be decided or withdrawn first.",
            field="role",
        )


def _arguments(people: Sequence[User], role: Role | None, span: Span | None) -> dict[str, Any]:
    by_key = {user.id: str(user) for user in people}
    told: dict[str, Any] = {"people": [{"id": pk, "name": by_key[pk]} for pk in sorted(by_key)]}
    if role is not None and span is not None:
        end = span.ends_on.isoformat() if span.ends_on else None
        told |= {"role": role.value, "starts_on": span.starts_on.isoformat(), "ends_on": end}
    return told


def _summary(people: Sequence[User], role: Role | None) -> str:
    whom = str(people[0]) if len(people) == 1 else f"{len(people):,} people"
    return f"Disable {whom}" if role is None else f"{role.label} for {whom}"


def tell(pks: Collection[int], sentence: AccessSentence) -> None:
    """Tell people, of any organisation and except the actor, what became of a request; where to look is all it says."""
    post_notifications(AccessNotice(pk, sentence) for pk in pks if pk != current_actor().user_pk)


def find_approvers(approval: Approval) -> Approvers:
    """Who can decide about a request."""
    return list_approvers(approval.organisation_id, {approval.asked_by_id, *approval.people})


def list_approvers(organisation_id: int, but: Collection[int]) -> Approvers:
    """The LSOs of an organisation and of its group, but for these people; else Xoserve's administrators.

    Looked up as the service: the group's LSO is out of reach of whoever asks.
    """
    with acting_as(SYSTEM), reading():
        parent = select(Organisation.parent_id).where(Organisation.id == organisation_id).scalar_subquery()
        ours = or_(User.organisation_id == organisation_id, User.organisation_id == parent)
        found = _list_holders(Role.LSO, ours, but)
        if not found:
            found = _list_holders(Role.ADMINISTRATOR, Organisation.kind_code == XOSERVE_KIND, but)
            return Approvers(tuple(pk for pk, _ in found), ("Xoserve",), True)
    return Approvers(tuple(pk for pk, _ in found), tuple(name for _, name in found), False)


def _list_holders(role: Role, whose: Any, but: Collection[int]) -> list[tuple[int, str]]:
    wanted = (
        select(User.id, User.name)
        .join(Grant, Grant.user_id == User.id)
        .join(Organisation, Organisation.id == User.organisation_id)
        .where(whose, User.is_active, Organisation.is_active, User.id.not_in(list(but)))
        .where(Grant.role == role.value, counts_on(clock.today()))
    )
    return [(pk, name) for pk, name in db.session.execute(wanted.order_by(User.name, User.id))]


def list_open(organisation_id: int) -> list[Approval]:
    """What waits in an organisation within reach, oldest first."""
    waiting = select(Approval).where(Approval.organisation_id == organisation_id, Approval.state == State.ASKED.value)
    return list(db.session.scalars(waiting.order_by(Approval.id)))


def list_open_about(user: User) -> list[Approval]:
    """What waits and is about a person."""
    return [approval for approval in list_open(user.organisation_id) if user.id in approval.people]


def names_of(approved: Approval | None) -> dict[str, str]:
    """What the event of an approved change says of the two who made it."""
    if approved is None:
        return {}
    return {"asked_by": approved.asked_by, "approved_by": approved.decided_by}


def list_for_actor(most: int) -> list[Approval]:
    """What waits for the actor to decide, oldest first, as far as can be told without trying."""
    actor = current_actor()
    if not actor.may(Permission.APPROVAL_DECIDE):
        return []
    waiting = select(Approval).where(Approval.state == State.ASKED.value, Approval.asked_by_id != actor.user_pk)
    if not actor.reaches_all:
        waiting = waiting.where(Approval.organisation_id.in_(actor.managed_ids))
    # Those about the actor are told apart by their arguments, so a few more are read than are shown.
    found = db.session.scalars(waiting.order_by(Approval.id).limit(most + _MOST_ABOUT_ONE))
    return [approval for approval in found if actor.user_pk not in approval.people][:most]


def read_span(approval: Approval) -> Span:
    """The days a request to give a role asks for."""
    start, end = approval.arguments["starts_on"], approval.arguments["ends_on"]
    return Span(date.fromisoformat(start), date.fromisoformat(end) if end else None)
