"""A contact type as the rules see it on one day: what every door validates through."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from app.domain.answers import AnswerReader
from app.domain.item import Item
from app.models import ContactType

MAIN_TARGET_PERCENTAGE = 95
DEFAULT_DUE_DAYS = 10
OWN_REFERENCE = Item(
    code="OWN_REFERENCE",
    label="Your reference",
    kind="text",
    help="Anything that helps you find this contact again, up to 30 characters.",
    limits={"max_length": 30},
)
_WORDY = frozenset({"text", "long_text", "mprn", "meter_serial_number", "postcode", "confirmation_reference", "choice"})


@dataclass(frozen=True)
class Definition:
    """A contact type today: what every door validates through. `items` are in the order shown."""

    code: str
    name: str
    family: str
    guidance: str
    duplicate_rule: str
    due_days: int
    raisers: frozenset[str]
    is_current: bool
    items: tuple[Item, ...]

    def refusal(self, organisation_kind: str) -> str | None:
        """Why an organisation of this kind cannot raise the type today, or None."""
        if not self.is_current:
            return f"{self.code} ({self.name}) is retired. Its contacts can be read but no new ones are raised."
        if not self.items:
            return f"{self.code} ({self.name}) has no data items yet."
        if organisation_kind not in self.raisers:
            return f"Your kind of organisation cannot raise {self.code} ({self.name})."
        return None

    @cached_property
    def asked(self) -> tuple[Item, ...]:
        """What a form or template asks for: the type's data items and the customer's own reference."""
        return (*self.items, OWN_REFERENCE)

    @cached_property
    def reader(self) -> AnswerReader:
        """Reads the answers to everything asked."""
        return AnswerReader(self.asked)

    @cached_property
    def mprn_codes(self) -> tuple[str, ...]:
        """The items that are MPRNs; the first one answered is the meter point the contact is about."""
        return self._codes("mprn")

    @cached_property
    def summary_codes(self) -> tuple[str, ...]:
        """The items whose text may stand for the contact in a list, the best first."""
        return (*self._codes("long_text"), *self._codes("text"), *self._codes("choice"))

    @cached_property
    def word_codes(self) -> tuple[str, ...]:
        """The items a contact is found by word in."""
        return self._codes(*_WORDY)

    def _codes(self, *kinds: str) -> tuple[str, ...]:
        return tuple(item.code for item in self.items if item.kind in kinds)


def define(contact_type: ContactType, day: date) -> Definition:
    """The type as it stands on a London day.

    Contacts fall due at the earliest target that at least 95 % of them must meet.
    """
    main = [target.days for target in contact_type.targets if target.percentage >= MAIN_TARGET_PERCENTAGE]
    return Definition(
        code=contact_type.code,
        name=contact_type.name,
        family=contact_type.family,
        guidance=contact_type.guidance,
        duplicate_rule=contact_type.duplicate_rule,
        due_days=min(main, default=DEFAULT_DUE_DAYS),
        raisers=frozenset(raiser.kind_code for raiser in contact_type.raisers),
        is_current=contact_type.is_raisable_on(day),
        items=tuple(item.as_item() for item in contact_type.items if item.is_asked_on(day)),
    )
