"""Who may do what to whose access: the rules once more, as plain sets and days that share no code with them.

People are named by user ID and organisations by short code. What the verbs do is in model_verbs.py.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

Days = tuple[date, date | None]

CUSTOMER_ROLES = {"viewer", "member", "supervisor", "report_reader", "document_reader", "lso"}
XOSERVE_ROLES = {"advocate", "lead_advocate", "manager", "xoserve_lso", "administrator"}
ROLES = CUSTOMER_ROLES | XOSERVE_ROLES
SERVICES = {"contacts", "reports", "documents"}
SERVICE = dict.fromkeys(ROLES, "contacts") | {"report_reader": "reports", "document_reader": "documents"}
ALWAYS_COUNT = {"lso", "xoserve_lso", "administrator"}
XOSERVE = "XOS"
ACTING_LASTS = timedelta(minutes=60)
LOOKED_AHEAD = 420


@dataclass
class Link:
    """The newest link that was mailed to somebody."""

    purpose: str
    made: datetime
    is_live: bool = True


@dataclass
class Person:
    """Somebody, with all that matters about them."""

    user_id: str
    organisation: str
    is_active: bool = True
    is_deleted: bool = False
    has_password: bool = True
    roles: dict[str, Days] = field(default_factory=dict)
    services: dict[str, Days] = field(default_factory=dict)
    link: Link | None = None
    # One for each open session, the newest last: for whom it acts, and since when.
    sessions: list[tuple[str, datetime] | None] = field(default_factory=list)
    failures: int = 0
    tried: datetime | None = None
    blocked: datetime | None = None


@dataclass
class Deputy:
    """An LSO's powers in somebody else's hands."""

    user_id: str
    delegator: str
    days: tuple[date, date]
    powers: frozenset[str]
    organisations: frozenset[str]
    is_over: bool = False


@dataclass
class Powers:
    """What somebody may do at this moment: which verbs, about whose people, giving which roles."""

    may: set[str] = field(default_factory=set)
    everywhere: bool = False
    looks_after: set[str] = field(default_factory=set)
    gives: set[str] = field(default_factory=set)


Event = tuple[str, str | None, str, str]


def holds(days: Days, day: date) -> bool:
    """Whether a day is within."""
    return days[0] <= day and (days[1] is None or day <= days[1])


class Rules:
    """All organisations and their people, and the time; `names` of organisations and the `groups` they are in."""

    def __init__(self, now: datetime, names: dict[str, str], groups: dict[str, str]) -> None:
        self.now, self.names, self.groups = now, names, groups
        self.people: dict[str, Person] = {}
        self.deputies: list[Deputy] = []
        self.events: list[Event] = []

    @property
    def today(self) -> date:
        """The day in London."""
        return self.now.astimezone(ZoneInfo("Europe/London")).date()

    # -- what somebody may do now

    def counts(self, person: Person, role: str) -> bool:
        """Whether somebody's role counts today."""
        held = person.roles.get(role)
        if held is None or not person.is_active or not holds(held, self.today):
            return False
        service = person.services.get(SERVICE[role])
        return role in ALWAYS_COUNT or (service is not None and holds(service, self.today))

    def acts_for(self, person: Person) -> str | None:
        """For whom somebody of Xoserve acts at this moment."""
        if not person.sessions or person.sessions[-1] is None or not self.counts(person, "xoserve_lso"):
            return None
        organisation, began = person.sessions[-1]
        return organisation if began <= self.now < began + ACTING_LASTS else None

    def deputy_of(self, person: Person) -> Deputy | None:
        """Whose deputy somebody is today."""
        for deputy in self.deputies:
            lso = self.people[deputy.delegator]
            if deputy.user_id == person.user_id and not deputy.is_over and holds(deputy.days, self.today):
                return deputy if self.counts(lso, "lso") else None
        return None

    def powers(self, person: Person) -> Powers:
        """Everything somebody may do to people's access."""
        found, own = Powers(), person.organisation
        if not person.is_active:
            return found
        group = {own} | {member for member, of in self.groups.items() if of == own}
        if acted := self.acts_for(person):
            return Powers({"people", "grants", "act"}, looks_after={acted}, gives=set(CUSTOMER_ROLES))
        if self.counts(person, "xoserve_lso"):
            found.may |= {"act"}
        if self.counts(person, "administrator"):
            found.may |= {"people", "grants", "watch"}
            found.everywhere = True
            found.looks_after |= group
            found.gives |= ROLES
        if self.counts(person, "lso"):
            found.may |= {"people", "grants", "appoint"}
            found.looks_after |= group
            found.gives |= CUSTOMER_ROLES
        if deputy := self.deputy_of(person):
            found.may |= {"people"} | (deputy.powers & {"grants"})
            found.looks_after |= (group & deputy.organisations) if deputy.organisations else group
            found.gives |= CUSTOMER_ROLES - {"lso"} if "grants" in deputy.powers else set()
        return found

    def behalf(self, actor: Person, organisation: str) -> str:
        """For which organisation that is not theirs somebody does something there; "" for their own and for all."""
        acted = self.acts_for(actor)
        if acted is None and organisation != actor.organisation and organisation in self.powers(actor).looks_after:
            acted = organisation
        return self.names[acted] if acted else ""

    def write(self, action: str, actor: Person, organisation: str) -> None:
        """An audit event that is due."""
        self.events.append((action, actor.user_id, self.behalf(actor, organisation), organisation))

    # -- whom one may touch

    def may_touch(self, actor: Person, target: Person, what: str) -> bool:
        """Whether somebody may do this to somebody at all: within reach, there, not themselves, not Xoserve's."""
        powers = self.powers(actor)
        return (
            what in powers.may
            and (powers.everywhere or target.organisation in powers.looks_after)
            and not target.is_deleted
            and target is not actor
            and (self.counts(actor, "administrator") or not self._is_xoserves(target))
        )

    @staticmethod
    def _is_xoserves(person: Person) -> bool:
        return person.organisation == XOSERVE or bool(person.roles.keys() & XOSERVE_ROLES)

    def keeper_days(self, organisation: str) -> dict[str, Days]:
        """Who of an organisation runs its access, and on which days."""
        role = "administrator" if organisation == XOSERVE else "lso"
        people = [one for one in self.people.values() if one.organisation == organisation and one.is_active]
        return {one.user_id: one.roles[role] for one in people if role in one.roles}

    def is_kept(self, organisation: str, day: date) -> bool:
        """Whether somebody runs its access on a day."""
        return any(holds(days, day) for days in self.keeper_days(organisation).values())

    def would_be_left_alone(self, target: Person, days: Days | None) -> bool:
        """Whether on some day nobody would be left, who was there, if `target` ran its access on these days."""
        if not target.is_active:
            return False
        before = self.keeper_days(target.organisation)
        after = {one: held for one, held in before.items() if one != target.user_id}
        if days is not None:
            after[target.user_id] = days
        ahead = [self.today + timedelta(days=number) for number in range(LOOKED_AHEAD)]
        return any(
            any(holds(held, day) for held in before.values()) and not any(holds(held, day) for held in after.values())
            for day in ahead
        )
