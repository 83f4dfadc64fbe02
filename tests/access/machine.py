"""People's access driven at random: every act by whoever it may be, also by those who must be refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from app.access.actor import SYSTEM, acting_as
from app.domain.errors import DomainError
from app.domain.spans import Span
from app.extensions import db
from app.services import acting, deputies, grants, links, people, sessions
from tests.access.driving import PLACES, DrivenMachine
from tests.access.model import CUSTOMER_ROLES, ROLES, SERVICES
from tests.cast import PASSWORD

NEW = tuple(f"NEW-{number}" for number in range(6))
KEEPERS = ("ALD-LENA", "ALD-DEE", "BIR-BEA", "ELD-ELI", "XOS-XENA", "XOS-ROOT")
ALDERS = ("ALD-ANN", "ALD-SUE", "ALD-VIC", "ALD-DEE", "ALD-LENA")
OTHERS = ("BIR-BOB", "BIR-BEA", "CED-NED", "ELD-ELI", "XOS-ADA", "XOS-MO", "XOS-XENA", "XOS-ROOT")
EVERYBODY = st.sampled_from((*NEW[:4], *ALDERS, *OTHERS))
# Whoever may do something stands here more often than others: what is refused at the door teaches little.
PAIRS = st.tuples(st.integers(0, 99), st.integers(0, 99))
ACTORS = st.one_of(st.sampled_from(KEEPERS), st.sampled_from(KEEPERS), EVERYBODY)
CUSTOMERS_ROLES = ("lso", "lso", "lso", *sorted(CUSTOMER_ROLES))
ACCESS = st.sampled_from((*sorted(SERVICES) * 3, *CUSTOMERS_ROLES, *CUSTOMERS_ROLES, *sorted(ROLES)))
ACTING = st.sampled_from(("XOS-XENA", "XOS-XENA", "XOS-XENA", "XOS-XENA", "XOS-ROOT", "ELD-ELI"))
FIRST = st.sampled_from((0, 0, 0, 0, 0, 0, 1, 20, -1))
LAST = st.sampled_from((None, None, None, 0, 1, 3, 9, 40, 100, -2))
VERBS = ("disable", "disable", "enable", "enable", "delete", "unlock", "rename", "send_link", "send_link")
WHY = "The proof needs it"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BACK = (-HOUR, -2 * DAY)


class AccessMachine(DrivenMachine):
    """Everything that can be done to people's access."""

    def choose(self, pair: tuple[int, int]) -> tuple[str, str]:
        """Two people: one in four times anybody and anybody, else somebody who keeps people, and one of those."""
        first, second = pair
        everybody = list(self.model.people)
        keepers = [one for one in self.model.people.values() if self.model.powers(one).looks_after]
        if first % 4 == 0 or not keepers:
            return everybody[first % len(everybody)], everybody[second % len(everybody)]
        keeper = keepers[first % len(keepers)]
        places = self.model.powers(keeper).looks_after
        kept = [one.user_id for one in self.model.people.values() if one.organisation in places]
        return keeper.user_id, kept[second % len(kept)]

    # -- accounts

    @rule(actor=ACTORS, place=st.sampled_from((None, None, *PLACES)), is_taken=st.sampled_from((False, False, True)))
    def create(self, actor: str, place: str | None, is_taken: bool) -> None:
        """Somebody new, now and then by a user ID that is taken."""
        if not self.knows(actor):
            return
        number = len([one for one in NEW if one in self.model.people])
        user_id = "BIR-BOB" if is_taken or number == len(NEW) else NEW[number]
        values = {"user_id": user_id.lower(), "name": user_id, "email": f"{user_id}@proof.example"}
        made = self.act(
            actor,
            lambda: people.create_user(values, organisation_id=None if place is None else self.ids[place]).id,
            lambda person: self.model.create(person, user_id, place),
            f"adds {user_id} to {place}",
        )
        if made is not None:
            self.pks[user_id] = made
            self.note_link(user_id)

    @rule(pair=PAIRS, verb=st.sampled_from(VERBS))
    def change_account(self, pair: tuple[int, int], verb: str) -> None:
        """Each of the verbs for one account."""
        actor, whom = self.choose(pair)
        if not self.knows(actor, whom):
            return
        pk = self.pks[whom]
        verbs: dict[str, Callable[[], Any]] = {
            "disable": lambda: people.disable_user(pk, reason=WHY),
            "enable": lambda: people.enable_user(pk, reason=WHY),
            "delete": lambda: people.delete_user(pk, reason=WHY),
            "unlock": lambda: people.unlock_user(pk),
            "send_link": lambda: people.send_link(pk),
            "rename": lambda: people.change_profile(pk, self._other_name(), version=people.get_user(pk).version),
        }
        person = self.model.people[whom]
        made = self.act(actor, verbs[verb], lambda one: getattr(self.model, verb)(one, person), f"{verb} {whom}")
        if made is not None and verb in ("send_link", "rename") and person.link is not None:
            self.note_link(whom)

    def _other_name(self) -> dict[str, str]:
        number = next(self.number)
        return {"name": f"Name {number}", "email": f"other{number}@proof.example"}

    # -- services and roles

    @rule(pair=PAIRS, access=ACCESS, first=FIRST, last=LAST)
    def give(self, pair: tuple[int, int], access: str, first: int, last: int | None) -> None:
        """A role or a service."""
        actor, whom = self.choose(pair)
        if self.knows(actor, whom):
            days, person = self.days(first, last), self.model.people[whom]
            grant = grants.grant_role if access in ROLES else grants.grant_service
            self.act(
                actor,
                lambda: grant(self.pks[whom], access, Span(*days), reason=WHY),
                lambda one: self.model.give(one, person, access, days),
                f"gives {whom} {access} {days}",
            )

    @rule(pair=PAIRS, which=st.integers(0, 3), access=ACCESS)
    def take(self, pair: tuple[int, int], which: int, access: str) -> None:
        """Something that is held, mostly."""
        actor, whom = self.choose(pair)
        if self.knows(actor, whom):
            person = self.model.people[whom]
            held = sorted({*person.roles, *person.services})
            taken = held[which] if which < len(held) else access
            withdraw = grants.withdraw_role if taken in ROLES else grants.withdraw_service
            self.act(
                actor,
                lambda: withdraw(self.pks[whom], taken, reason=WHY),
                lambda one: self.model.take(one, person, taken),
                f"takes {taken} from {whom}",
            )

    # -- deputies and acting

    @rule(
        pair=PAIRS,
        first=FIRST,
        last=st.sampled_from((0, 3, 9, 40, 92, 93, -1)),
        powers=st.sets(st.sampled_from(("grants", "activity"))),
        places=st.sampled_from(((), (), ("ALD",), ("ALD", "ELD"), ("BIR",), ("CED", "XOS"))),
    )
    def appoint(self, pair: tuple[int, int], first: int, last: int, powers: set[str], places: tuple[str, ...]) -> None:
        """A colleague as deputy, for all or some organisations."""
        actor, whom = self.choose(pair)
        if self.knows(actor, whom):
            days, person = self.days(first, last), self.model.people[whom]
            for_organisations = [self.ids[place] for place in places]
            made = self.act(
                actor,
                lambda: (
                    deputies.appoint_deputy(
                        whom.lower(), Span(*days), powers=powers, for_organisations=for_organisations, reason=WHY
                    ).id
                ),
                lambda one: self.model.appoint(one, person, days, powers, set(places)),
                f"appoints {whom} {days} {powers} {places}",
            )
            if made is not None:
                self.deputy_ids.append(made)

    @rule(actor=st.one_of(ACTORS, st.none()), which=st.integers(0, 3))
    def end_deputy(self, actor: str | None, which: int) -> None:
        """One of those there were; or the worker ends all whose time is over."""
        if actor is None:
            with acting_as(SYSTEM):
                deputies.end_past_deputies()
                db.session.commit()
            self.model.sweep()
        elif self.knows(actor) and which < len(self.deputy_ids):
            deputy = self.model.deputies[which]
            self.act(
                actor,
                lambda: deputies.end_deputy(self.deputy_ids[which], reason=WHY),
                lambda one: self.model.end_deputy(one, deputy),
                f"ends deputy {which}",
            )

    @rule(actor=ACTING, place=st.sampled_from((None, "ALD", "ALD", *PLACES)))
    def act_for(self, actor: str, place: str | None) -> None:
        """The Xoserve LSO begins to act for an organisation, or ends it; and others who may not."""
        if place is None:
            self.act(actor, acting.end_acting, self.model.end_acting, "acts no longer")
        else:
            self.act(
                actor,
                lambda: acting.begin_acting(self.ids[place], WHY),
                lambda one: self.model.begin_acting(one, place),
                f"begins to act for {place}",
            )

    # -- signing in

    @rule(person=EVERYBODY, how=st.sampled_from(("password", "wrong passwords", "link", "older link", "out")))
    def sign_in(self, person: str, how: str) -> None:
        """By a password, after wrong ones, or by a mailed link; and out again."""
        if not self.knows(person):
            return
        if "link" in how:
            self._use_link(person, is_newest=how == "link")
        elif how != "out":
            for _ in range(5 if how == "wrong passwords" else 0):
                self.type_password(person, is_right=False)
            self.type_password(person, is_right=True)
        elif self.model.people[person].sessions:
            self.act(person, sessions.sign_out, self.model.sign_out, "signs out", is_own=True)

    def _use_link(self, person: str, *, is_newest: bool) -> None:
        mailed = self.links.get(person, [])
        if len(mailed) < (1 if is_newest else 2):
            return
        refusal = None
        try:
            links.use(mailed[-1 if is_newest else -2], PASSWORD)
        except DomainError as said:
            refusal = said
        expected = self.model.use_link(self.model.people[person], is_newest=is_newest)
        assert (refusal is None) == expected, f"{person} uses a link: the service says {refusal!r}"

    # -- time

    @rule(passed=st.sampled_from((HOUR / 60, HOUR / 2, HOUR, 8 * HOUR, DAY, 3 * DAY, 8 * DAY, 40 * DAY, *BACK)))
    def wait(self, passed: timedelta) -> None:
        """Time goes on; or a clock is put back, as by somebody who mends it."""
        self.model.now += passed
