"""The service and the model side by side: one act of both, and what must be the same afterwards."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import count
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from sqlalchemy import select

from app.access.actor import SYSTEM, Actor, acting_as
from app.domain import clock
from app.domain.errors import DomainError
from app.extensions import db
from app.models import Deputy, Organisation, OutgoingMail, User
from app.models.connections import hurried, reading
from app.services import sessions
from tests.access.model import XOSERVE, Days, Person
from tests.access.model import Deputy as ModelDeputy
from tests.access.model_verbs import Model
from tests.cast import PASSWORD

LONG = {"idle": timedelta(days=9999), "longest": timedelta(days=9999)}
PLACES = ("ALD", "BIR", "CED", "ELD", XOSERVE)
EVERYTHING = """
    SELECT 'person', u.user_id, o.short_code, CASE WHEN u.is_active THEN 'active' ELSE '' END,
           CASE WHEN u.deleted_at IS NULL THEN '' ELSE 'deleted' END,
           CASE WHEN u.password_hash = '' THEN '' ELSE 'password' END
    FROM "user" u JOIN organisation o ON o.id = u.organisation_id
    UNION ALL
    SELECT 'role', u.user_id, g.role, CAST(g.starts_on AS varchar), CAST(g.ends_on AS varchar), o.short_code
    FROM role_grant g JOIN "user" u ON u.id = g.user_id JOIN organisation o ON o.id = g.organisation_id
    UNION ALL
    SELECT 'service', u.user_id, g.service, CAST(g.starts_on AS varchar), CAST(g.ends_on AS varchar), o.short_code
    FROM service_grant g JOIN "user" u ON u.id = g.user_id JOIN organisation o ON o.id = g.organisation_id
    UNION ALL
    SELECT 'deputy', u.user_id, l.user_id, CAST(d.starts_on AS varchar), CAST(d.ends_on AS varchar),
           CASE WHEN d.ended_at IS NULL THEN '' ELSE 'over' END
    FROM deputy d JOIN "user" u ON u.id = d.user_id JOIN "user" l ON l.id = d.delegator_id
"""
EVENTS = """
    SELECT e.id, e.action, u.user_id, e.on_behalf_of, o.short_code
    FROM audit_event e JOIN organisation o ON o.id = e.organisation_id LEFT JOIN "user" u ON u.id = e.actor_id
    WHERE e.id > {last} ORDER BY e.id
"""


class DrivenMachine(RuleBasedStateMachine):
    """One example: the cast's world put back, then act after act by whoever it may be."""

    world: ClassVar[Any] = None
    # Tokens of the people who are signed in at the beginning.
    tokens_at_first: ClassVar[dict[str, str]] = {}

    @classmethod
    def prepare(cls, world: Any, user_ids: tuple[str, ...]) -> None:
        """Put the world in which each example begins: the cast's, with some people signed in."""
        cls.world = world
        world.restore()
        with world.app.app_context():
            with acting_as(SYSTEM):
                # Approval is a rule of its own (tests/services/test_approving.py); here nothing needs it.
                for organisation in db.session.scalars(select(Organisation)):
                    organisation.approval_acts = ""
                db.session.commit()
            cls.tokens_at_first = {one: sessions.sign_in(one, PASSWORD, address="", browser="") for one in user_ids}
        world.keep("signed_in")

    def __init__(self) -> None:
        super().__init__()
        self.world.restore("signed_in")
        self._stack = ExitStack()
        self._stack.enter_context(self.world.app.app_context())
        self._stack.enter_context(hurried())
        self._clock, clock.now = clock.now, lambda: self.model.now
        # Unused sessions end by a rule of their own, which tests/services/test_sessions.py looks at.
        self._idle, sessions.GUARDED_IDLE = sessions.GUARDED_IDLE, LONG["idle"]
        self.tokens = {user_id: [token] for user_id, token in self.tokens_at_first.items()}
        self.links: dict[str, list[str]] = {}
        self.number = count()

    def teardown(self) -> None:
        """The clock goes right again."""
        self._stack.close()
        clock.now, sessions.GUARDED_IDLE = self._clock, self._idle

    @initialize()
    def begin(self) -> None:
        """Read what the cast is at the beginning."""
        with acting_as(SYSTEM), reading():
            rows = [row for row in db.session.scalars(select(Organisation)) if row.short_code in PLACES]
            codes = {row.id: row.short_code for row in rows}
            groups = {row.short_code: codes[row.parent_id] for row in rows if row.parent_id}
            self.ids = {code: pk for pk, code in codes.items()}
            self.pks = {user.user_id: user.id for user in db.session.scalars(select(User))}
            self.deputy_ids = list(db.session.scalars(select(Deputy.id).order_by(Deputy.id)))
        held = self._read(EVERYTHING)
        # All that the cast holds has begun by then, what their deputies hold too.
        first_day = max(datetime.fromisoformat(row[3]) for row in held if row[0] != "person")
        noon = first_day.replace(hour=12, tzinfo=clock.LONDON)
        self.model = Model(noon, {row.short_code: row.name for row in rows}, groups)
        for kind, user_id, what, first, last, more in held:
            if kind == "person":
                self.model.people[user_id] = Person(user_id, what)
            elif kind == "deputy":
                powers = frozenset({"grants", "activity"})
                self.model.deputies.append(ModelDeputy(user_id, what, _read_days(first, last), powers, frozenset()))
            else:
                person = self.model.people[user_id]
                (person.roles if kind == "role" else person.services)[what] = _read_days(first, last)
                assert more == person.organisation
        self.latest = self.model.today
        self.kept = {place for place in PLACES if self.model.is_kept(place, self.latest)}
        self.last_event = max((row[0] for row in self._read(EVENTS, last=0)), default=0)
        for user_id in self.tokens:
            self.model.people[user_id].sessions.append(None)

    # -- one act of both

    def enter(self, user_id: str) -> Actor | None:
        """Somebody as they are now, by their newest open session or as jobs know them; ended sessions stay ended."""
        person, tokens = self.model.people[user_id], self._open_tokens(user_id)
        actor = sessions.resume(tokens[-1], **LONG) if tokens else sessions.actor_of(user_id)
        assert (actor is not None) == person.is_active, user_id
        return actor

    def _open_tokens(self, user_id: str) -> list[str]:
        """The tokens of somebody's open sessions; those that were ended are tried a last time."""
        tokens = self.tokens.setdefault(user_id, [])
        while len(tokens) > len(self.model.people[user_id].sessions):
            assert sessions.resume(tokens.pop(), **LONG) is None, f"a session of {user_id} that has ended is open"
        return tokens

    def act(
        self, user_id: str, verb: Callable[[], Any], allowed: Callable[[Person], bool], what: str, is_own: bool = False
    ) -> Any:
        """Let somebody do it: both say the same, and nobody's own access is changed by themselves."""
        actor = self.enter(user_id)
        if actor is None:
            return None
        person = self.model.people[user_id]
        own = (dict(person.roles), dict(person.services), person.is_active)
        made = refusal = None
        # As on the pages of one's own account.
        with acting_as(actor.themselves or actor if is_own else actor):
            try:
                made = verb()
                db.session.commit()
            except DomainError as said:
                refusal = said
        expected = allowed(person)
        assert (refusal is None) == expected, f"{user_id}: {what}: the service says {refusal!r}, the model {expected}"
        assert own == (person.roles, person.services, person.is_active), "somebody changed their own access"
        return made

    def type_password(self, user_id: str, *, is_right: bool) -> None:
        """One try to sign in."""
        token = refusal = None
        # Before there is a newer one, for the ended ones are the newest.
        tokens = self._open_tokens(user_id)
        try:
            token = sessions.sign_in(user_id, PASSWORD if is_right else "not it", address="", browser="")
            tokens.append(token)
        except DomainError as said:
            refusal = said
        expected = self.model.try_password(self.model.people[user_id], is_right=is_right)
        assert (token is not None) == expected, (
            f"{user_id} signs in: the service says {refusal!r}, the model {expected}"
        )

    def note_link(self, user_id: str) -> None:
        """Keep the link that stands in the newest mail to somebody."""
        with acting_as(SYSTEM), reading():
            sent = select(OutgoingMail.text).where(OutgoingMail.user_id == self.pks[user_id])
            sent = sent.where(OutgoingMail.text.contains("/link/")).order_by(OutgoingMail.id.desc()).limit(1)
            words = db.session.scalars(sent).one().split()
        token = next(word for word in words if "/link/" in word).rpartition("/link/")[2]
        self.links.setdefault(user_id, []).append(token)

    def knows(self, *user_ids: str) -> bool:
        """Whether there are such people yet."""
        return all(user_id in self.model.people for user_id in user_ids)

    def days(self, first: int, last: int | None) -> Days:
        """From so many days after today, for so many days."""
        start = self.model.today + timedelta(days=first)
        return start, None if last is None else start + timedelta(days=last)

    # -- what must be the same after every act

    def _read(self, words: str, **values: int) -> list[Any]:
        # As it stands: to read it as a statement of SQLAlchemy's, twice an act, takes as long as to ask it.
        with reading(), db.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(words.format(**values))]

    @invariant()
    def the_service_holds_what_the_model_holds(self) -> None:
        """Nobody holds what nobody could give; user IDs and organisations never change; refusals change nothing."""
        assert sorted(self._read(EVERYTHING), key=str) == sorted(self._expect(), key=str)

    def _expect(self) -> list[tuple[Any, ...]]:
        expected: list[tuple[Any, ...]] = []
        for one in self.model.people.values():
            states = (one.is_active and "active", one.is_deleted and "deleted", one.has_password and "password")
            expected.append(("person", one.user_id, one.organisation, *(state or "" for state in states)))
            for kind, held in (("role", one.roles), ("service", one.services)):
                expected += [(kind, one.user_id, what, *_show(days), one.organisation) for what, days in held.items()]
        for deputy in self.model.deputies:
            over = "over" if deputy.is_over else ""
            expected.append(("deputy", deputy.user_id, deputy.delegator, *_show(deputy.days), over))
        return expected

    @invariant()
    def every_act_is_written_down_once(self) -> None:
        """By whom, and for whom they acted; what was refused is not."""
        found = self._read(EVENTS, last=self.last_event)
        if found:
            self.last_event = found[-1][0]
        assert [row[1:] for row in found] == self.model.events
        self.model.events.clear()

    @invariant()
    def whoever_had_an_lso_has_one(self) -> None:
        """On the latest day that has been, for a clock that was put back makes nobody an LSO sooner."""
        self.latest = max(self.latest, self.model.today)
        self.kept |= {place for place in PLACES if self.model.is_kept(place, self.latest)}
        assert all(self.model.is_kept(place, self.latest) for place in self.kept)


def _read_days(first: str, last: str | None) -> Any:
    return datetime.fromisoformat(first).date(), None if last is None else datetime.fromisoformat(last).date()


def _show(days: Days | tuple[Any, ...]) -> tuple[str, str | None]:
    return str(days[0]), None if days[1] is None else str(days[1])
