"""A file of people as the rules see it: its columns, and the acts that its rows can ask for."""

from collections.abc import Collection
from dataclasses import dataclass

from app.domain.item import Item
from app.domain.reasons import LONGEST_REASON
from app.domain.roles import Role
from app.domain.service import Service

ACTION, USER_ID, NAME, EMAIL = "ACTION", "USER_ID", "NAME", "EMAIL"
SERVICE, ROLE, FIRST_DAY, LAST_DAY = "SERVICE", "ROLE", "FIRST_DAY", "LAST_DAY"
SUCCESSOR, REASON = "SUCCESSOR", "REASON"

CREATE, CHANGE, DISABLE, DELETE = "create", "change", "disable", "delete"
MOST_ROWS = 5000
# Between several services or roles of a new person.
SEPARATOR = ";"


@dataclass(frozen=True)
class Act:
    """What a row can ask for: the columns it must fill, those it may fill, and what else people call it.

    Where an act takes `several`, those columns may hold more than one choice.
    """

    label: str
    words: str
    must: tuple[str, ...]
    may: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    several: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All that a row of this act is read for."""
        return (*self.must, *self.may)


_DAYS = (FIRST_DAY, LAST_DAY)

ACTS: dict[str, Act] = {
    CREATE: Act(
        "Create", "Adds the person and mails them a link to choose a password. Several services or roles stand in "
        "one cell with a semicolon between them.",
        (USER_ID, NAME, EMAIL), (SERVICE, ROLE, *_DAYS, REASON),
        ("Add", "Invite", "New", "Create user", "Add a person"), (SERVICE, ROLE),
    ),
    "give-service": Act(
        "Give service", "Gives the service, or gives what is held other days.", (USER_ID, SERVICE, REASON), _DAYS,
        ("Give a service", "Grant service", "Add service"),
    ),
    "withdraw-service": Act(
        "Withdraw service", "Takes the service at once. Its roles are kept.", (USER_ID, SERVICE, REASON), (),
        ("Withdraw a service", "Withdraw the service", "Remove service"),
    ),
    "give-role": Act(
        "Give role", "Gives the role, or gives what is held other days. The service must be given before.",
        (USER_ID, ROLE, REASON), _DAYS, ("Give a role", "Grant role", "Add role"),
    ),
    "withdraw-role": Act(
        "Withdraw role", "Takes the role at once.", (USER_ID, ROLE, REASON), (),
        ("Withdraw a role", "Withdraw the role", "Remove role"),
    ),
    CHANGE: Act(
        "Change details", "Changes the name, the e-mail address or both; an empty cell leaves it as it is.",
        (USER_ID,), (NAME, EMAIL), ("Change", "Change profile", "Edit"),
    ),
    DISABLE: Act(
        "Disable", "Signs the person out everywhere and keeps them out until they are enabled again.",
        (USER_ID, REASON),
    ),
    "enable": Act("Enable", "Lets a disabled person sign in again.", (USER_ID, REASON), (),
                  ("Enable again", "Re-enable")),
    DELETE: Act(
        "Delete", "Ends the account for good. Their open contacts go to the successor.", (USER_ID, REASON),
        (SUCCESSOR,), ("Remove", "Remove person"),
    ),
}  # fmt: skip

# What everybody may leave in a row though its act has no use for it: it only says who is meant.
PASSED_BY = frozenset({NAME, EMAIL})


def columns_for(services: Collection[Service], roles: Collection[Role]) -> dict[str, Item]:
    """The columns by code, with these services and roles to choose from."""
    acts = [(code, act.label) for code, act in ACTS.items()]
    items = (
        Item(ACTION, "Action", "choice", True, "What is to be done: one of the list.", choices=acts),
        Item(USER_ID, "User ID", "text", True, "The sign-in name. It never changes.", {"max_length": 32}),
        Item(NAME, "Name", "text", False, "For Create, and for Change details.", {"max_length": 120}),
        Item(EMAIL, "E-mail address", "email", False, "For Create, and for Change details."),
        Item(SERVICE, "Service", "choice", False, "For Create several, with ; between them.",
             choices=[(one.value, one.label) for one in Service if one in services]),
        Item(ROLE, "Role", "choice", False, "For Create several, with ; between them.",
             choices=[(role.value, role.label) for role in Role if role in roles]),
        Item(FIRST_DAY, "First day", "date", False, "When it begins. Empty: the day it is done."),
        Item(LAST_DAY, "Last day", "date", False, "The last day it counts. Empty: no end yet.",
             {"not_before": FIRST_DAY}),
        Item(SUCCESSOR, "Successor", "text", False, "For Delete: the user ID of who takes over open work.",
             {"max_length": 32}),
        Item(REASON, "Reason", "text", False, "Why. The person's history keeps it.", {"max_length": LONGEST_REASON}),
    )  # fmt: skip
    return {item.code: item for item in items}
