"""What people are told about contacts: fixed sentences that hold a reference and nothing else of the contact.

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
