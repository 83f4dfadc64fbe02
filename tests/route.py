"""What one address answers, and to whom: the words of the table in tests/routes.py."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.cast import PEOPLE
from tests.worlds import Owned

STAFF = frozenset({"ada", "lia", "mo", "root"})
EVERYBODY = frozenset(PEOPLE)
READERS = frozenset({"vic", "ann", "sue", "bob", "ned", "eli"}) | STAFF
RAISERS = frozenset({"ann", "sue", "bob", "ned", "eli"})
WORKERS = frozenset({"ada", "lia"})
UPLOADERS = RAISERS | STAFF
KEEPERS = frozenset({"lena", "dee", "bea", "eli", "root"})
DECIDERS = frozenset({"lena", "bea", "eli", "root"})
APPOINTERS = frozenset({"lena", "bea", "eli"})
# xena changes an organisation's access only while she acts for it.
PEOPLE_READERS = KEEPERS | {"mo", "xena"}
ACTIVITY = PEOPLE_READERS
ORGANISATION_READERS = PEOPLE_READERS | STAFF
SUPPORTERS = frozenset({"xena", "root"})
ADMINISTRATORS = frozenset({"root"})

ANN = frozenset({"ann"})
# Who can reach alder's rows.
ALDERS = frozenset({"ann", "sue", "vic", "lena", "dee"}) | STAFF | {"xena"}
# And who can reach its people: the LSO of its group does, and reaches nothing else of alder's.
KEPT = ALDERS | {"eli"}

Address = Callable[[Owned], str]


@dataclass(frozen=True)
class Route:
    """Who is answered what. `owned` addresses name a row of alder's: 404 to those who cannot `reach` it.

    Nobody is sent to the sign-in page unless `is_open`; others without the right get 403.
    """

    address: Address
    allowed: frozenset[str]
    ok: int = 200
    owned: bool = False
    reach: frozenset[str] = ALDERS
    data: dict[str, Any] = field(default_factory=dict)
    is_open: bool = False
    # Who may read such rows and not do this: 403 where they reach the row, 404 where they do not.
    lookers: frozenset[str] = frozenset()
    # What is answered of a person who was deleted.
    deleted: int = 404

    def expected(self, name: str) -> int:
        """The status for a member of the cast or "nobody"."""
        if name == "nobody":
            return self.ok if self.is_open else 302
        if name not in self.allowed:
            return 403
        return 404 if self.owned and name not in self.reach else self.ok


def at(path: str) -> Address:
    """An address that names no row."""
    return lambda _: path


def by_id(path: str, attribute: str) -> Address:
    """A Flask-Admin address with ?id=."""
    return lambda owned: f"{path}?id={getattr(owned, attribute)}"
