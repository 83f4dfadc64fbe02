"""What people of other organisations are told: fixed sentences, about a contact with its reference, nothing else of it.

They cross from one organisation to another (see tenancy.post_notifications), so nothing anybody wrote is in them.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.identifiers import parse_reference
from app.domain.lifecycle import Action


class Sentence(StrEnum):
    """A sentence with a place for the reference."""

    CLAIMED = "Xoserve has begun work on contact {}."
    ASKED = "Xoserve asks you about contact {}. The contact waits for your answer."
    RESOLVED = "Xoserve resolved contact {}."
    REJECTED = "Xoserve rejected contact {}."
    ANSWERED = "Your question about contact {} was answered."
    WITHDRAWN = "Contact {}, which was assigned to you, was withdrawn."


# Who raised the contact is told of these.
TOLD_TO_RAISER: dict[Action, Sentence] = {
    Action.CLAIM: Sentence.CLAIMED,
    Action.ASK: Sentence.ASKED,
    Action.RESOLVE: Sentence.RESOLVED,
    Action.REJECT: Sentence.REJECTED,
}
# Whom it is assigned to is told of these.
TOLD_TO_ASSIGNEE: dict[Action, Sentence] = {
    Action.ANSWER: Sentence.ANSWERED,
    Action.WITHDRAW: Sentence.WITHDRAWN,
}


class AccessSentence(StrEnum):
    """A sentence about a change of access that needs somebody's approval; the page it leads to says which."""

    APPROVAL_ASKED = "A change of access waits for your approval."
    APPROVED = "A change of access that you asked for was approved."
    REFUSED = "A change of access that you asked for was refused."
    LAPSED = "A change of access that you asked for has lapsed."


@dataclass(frozen=True)
class Notice:
    """One sentence about one contact for one person; ValueError when it would say anything else."""

    user_pk: int
    sentence: Sentence
    reference: str

    def __post_init__(self) -> None:
        if type(self.sentence) is not Sentence:
            raise ValueError("a notice is one of the known sentences")
        if parse_reference(self.reference) != self.reference:
            raise ValueError("a notice names a contact by its reference")

    @property
    def text(self) -> str:
        """As the person reads it."""
        return self.sentence.format(self.reference)

    @property
    def url(self) -> str:
        """Where the contact is."""
        return f"/contacts/{self.reference}/"


@dataclass(frozen=True)
class AccessNotice:
    """One sentence about a change of access for one person; ValueError when it would say anything else."""

    user_pk: int
    sentence: AccessSentence

    def __post_init__(self) -> None:
        if type(self.sentence) is not AccessSentence:
            raise ValueError("a notice is one of the known sentences")

    @property
    def text(self) -> str:
        """As the person reads it."""
        return self.sentence.value

    @property
    def url(self) -> str:
        """Where such changes are."""
        return "/approvals/"
