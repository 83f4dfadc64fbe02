"""What may happen to a contact next: one table."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import RuleBroken
from app.domain.roles import Permission


class Status(StrEnum):
    """Where a contact stands."""

    LOGGED = "logged"
    ASSIGNED = "assigned"
    AWAITING_INFORMATION = "awaiting_information"
    WITH_NETWORK = "with_network"
    RESOLVED = "resolved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CLOSED_WITHOUT_RESPONSE = "closed_without_response"

    @property
    def label(self) -> str:
        """The status as people say it."""
        return self.value.replace("_", " ").capitalize()


OPEN = (Status.LOGGED, Status.ASSIGNED, Status.AWAITING_INFORMATION, Status.WITH_NETWORK)
FINAL = tuple(status for status in Status if status not in OPEN)


class Holder(StrEnum):
    """The party whose turn it is."""

    XOSERVE = "Xoserve"
    ORIGINATOR = "Originator"
    NETWORK = "Network"
    NOBODY = "Nobody"


HOLDERS: dict[Status, Holder] = {
    Status.LOGGED: Holder.XOSERVE,
    Status.ASSIGNED: Holder.XOSERVE,
    Status.AWAITING_INFORMATION: Holder.ORIGINATOR,
    Status.WITH_NETWORK: Holder.NETWORK,
} | dict.fromkeys(FINAL, Holder.NOBODY)


class Action(StrEnum):
    """What a person does to a contact."""

    CLAIM = "claim"
    RELEASE = "release"
    ASK = "ask"
    ANSWER = "answer"
    RESOLVE = "resolve"
    REJECT = "reject"
    WITHDRAW = "withdraw"


class Given(StrEnum):
    """What must come with an action."""

    NOTHING = "nothing"
    MESSAGE = "message"
    RESOLUTION_CODE = "resolution"
    REJECTION_CODE = "rejection"


@dataclass(frozen=True)
class Transition:
    """One row of the table; `past` completes the sentence "Ann ... the contact".

    `takes_many` says whether it may be made to many contacts at once.
    """

    action: Action
    label: str
    past: str
    sources: tuple[Status, ...]
    target: Status
    needs: Permission
    must_give: Given
    visible_to_customer: bool
    takes_many: bool = False


S, A, P = Status, Action, Permission
_ACTIVE = (S.LOGGED, S.ASSIGNED)

LIFECYCLE: tuple[Transition, ...] = (
    Transition(A.CLAIM, "Claim", "claimed", (S.LOGGED,), S.ASSIGNED, P.CONTACT_CLAIM, Given.NOTHING, True,
               takes_many=True),
    Transition(A.ANSWER, "Answer", "answered", (S.AWAITING_INFORMATION,), S.ASSIGNED, P.CONTACT_ANSWER,
               Given.MESSAGE, True),
    Transition(A.RESOLVE, "Resolve", "resolved", (S.ASSIGNED,), S.RESOLVED, P.CONTACT_RESOLVE,
               Given.RESOLUTION_CODE, True),
    Transition(A.ASK, "Ask for information", "asked for information", (S.ASSIGNED,), S.AWAITING_INFORMATION,
               P.CONTACT_ASK, Given.MESSAGE, True),
    Transition(A.REJECT, "Reject", "rejected", (S.ASSIGNED,), S.REJECTED, P.CONTACT_RESOLVE,
               Given.REJECTION_CODE, True),
    Transition(A.RELEASE, "Release", "released", (S.ASSIGNED,), S.LOGGED, P.CONTACT_CLAIM, Given.NOTHING, False,
               takes_many=True),
    Transition(A.WITHDRAW, "Withdraw", "withdrew", (*_ACTIVE, S.AWAITING_INFORMATION), S.WITHDRAWN,
               P.CONTACT_WITHDRAW, Given.MESSAGE, True, takes_many=True),
)  # fmt: skip


def options(status: Status, permissions: frozenset[Permission]) -> list[Transition]:
    """The moves open from this status to a holder of these permissions, most likely first."""
    return [move for move in LIFECYCLE if status in move.sources and move.needs in permissions]


def step(status: Status, action: Action) -> Transition:
    """The move `action` makes from `status`; RuleBroken, with a sentence, when there is none."""
    for move in LIFECYCLE:
        if move.action is action and status in move.sources:
            return move
    raise RuleBroken(f"This contact is {status.label.lower()}, so it cannot be {PARTICIPLES[action]}.")


PARTICIPLES: dict[Action, str] = {
    A.CLAIM: "claimed",
    A.RELEASE: "released",
    A.ASK: "sent back with a question",
    A.ANSWER: "answered",
    A.RESOLVE: "resolved",
    A.REJECT: "rejected",
    A.WITHDRAW: "withdrawn",
}

# What to do when the message that an action needs is missing.
MESSAGE_MISSING: dict[Action, str] = {
    A.ASK: "Write your question.",
    A.ANSWER: "Write your answer.",
    A.WITHDRAW: "Say why it is withdrawn.",
}
