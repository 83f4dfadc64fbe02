"""Which changes of access need a second pair of eyes, and how long a request for it waits: the one table."""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from app.domain.roles import Role
from app.domain.service import SERVICE_OF, Service

# A request nobody decides about in this time lapses.
LASTS = timedelta(days=14)
# So many people disabled in one act are many.
MANY = 2


class Act(StrEnum):
    """A change of access that each organisation may have approved by somebody else than who makes it."""

    LSO = "lso"
    BULK_DISABLE = "bulk_disable"
    EXPORT = "export"

    @property
    def label(self) -> str:
        """The act as a choice in a form."""
        return {
            "lso": "Giving the role LSO",
            "bulk_disable": "Disabling several people at once",
            "export": "Giving a role whose purpose is to take data out (Report reader)",
        }[self.value]


class State(StrEnum):
    """What became of a request; from all but the first there is no way on."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def label(self) -> str:
        """The state as people read it."""
        return "Waiting" if self is State.ASKED else self.value.capitalize()


_ACT_OF_ROLE = {Role.LSO: Act.LSO} | {
    role: Act.EXPORT for role, service in SERVICE_OF.items() if service is Service.REPORTS
}


def act_of(role: Role) -> Act | None:
    """The act that giving this role is, or None where one person's word is enough."""
    return _ACT_OF_ROLE.get(role)


def roles_of(acts: Iterable[Act]) -> list[Role]:
    """The roles whose giving is one of these acts."""
    wanted = set(acts)
    return [role for role, act in _ACT_OF_ROLE.items() if act in wanted]


def write_acts(acts: Iterable[str]) -> str:
    """Acts as an organisation keeps them: words with spaces between; ValueError for what is none."""
    return " ".join(sorted(Act(act) for act in acts))


def read_acts(text: str) -> frozenset[Act]:
    """The acts that `write_acts` wrote."""
    return frozenset(map(Act, text.split()))


EVERY_ACT = write_acts(Act)
