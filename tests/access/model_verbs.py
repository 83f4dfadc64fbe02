"""What each verb does to the model: whether it is allowed, what it changes, and the audit events that are due."""

from datetime import timedelta

from tests.access.model import (
    ALWAYS_COUNT,
    CUSTOMER_ROLES,
    ROLES,
    SERVICE,
    SERVICES,
    XOSERVE,
    XOSERVE_ROLES,
    Days,
    Deputy,
    Link,
    Person,
    Rules,
    holds,
)

WAITS = (30, 60, 120, 240, 480, 960, 1800)
FREE_TRIES = 5
LINK_LASTS = {"invitation": timedelta(days=7), "password_reset": timedelta(minutes=30)}
LONGEST_DEPUTY = timedelta(days=92)


class Model(Rules):
    """The rules with the verbs."""

    # -- accounts

    def create(self, actor: Person, user_id: str, organisation: str | None) -> bool:
        """Somebody new, without anything, who is invited."""
        meant = organisation or self.acts_for(actor) or actor.organisation
        person = Person(user_id, meant, has_password=False)
        if user_id in self.people or not self.may_touch(actor, person, "people"):
            return False
        self.people[user_id] = person
        self.write("user:create", actor, meant)
        self._send(actor, person, "invitation", "password:invite")
        return True

    def _send(self, actor: Person, target: Person, purpose: str, action: str) -> None:
        target.link = Link(purpose, self.now)
        self.write(action, actor, target.organisation)

    def rename(self, actor: Person, target: Person) -> bool:
        """Another name and address, of whoever is not oneself; what was mailed to the old one is worth nothing.

        An LSO's address leads into their account, so only Xoserve changes it.
        """
        is_fitting = "lso" not in target.roles or actor.organisation == XOSERVE
        if done := self._do(actor, target, "user:change", is_fitting=is_fitting):
            target.link = None
            if target.is_active and not target.has_password:
                self._send(actor, target, "invitation", "password:invite")
        return done

    def _do(self, actor: Person, target: Person, action: str, *, is_fitting: bool = True) -> bool:
        if not (self.may_touch(actor, target, "people") and is_fitting):
            return False
        self.write(action, actor, target.organisation)
        return True

    def disable(self, actor: Person, target: Person) -> bool:
        """Out at once, and no session comes back."""
        is_fitting = target.is_active and not self.would_be_left_alone(target, None)
        if done := self._do(actor, target, "user:disable", is_fitting=is_fitting):
            target.is_active, target.sessions = False, []
        return done

    def enable(self, actor: Person, target: Person) -> bool:
        """In again."""
        if done := self._do(actor, target, "user:enable", is_fitting=not target.is_active):
            target.is_active = True
        return done

    def delete(self, actor: Person, target: Person) -> bool:
        """Gone for good, with everything that was given."""
        if done := self._do(actor, target, "user:delete", is_fitting=not self.would_be_left_alone(target, None)):
            target.is_active = target.has_password = False
            target.is_deleted, target.link = True, None
            target.roles, target.services, target.sessions = {}, {}, []
        return done

    def unlock(self, actor: Person, target: Person) -> bool:
        """The count of wrong passwords forgotten."""
        if done := self._do(actor, target, "session:unlock", is_fitting=target.failures > 0):
            target.failures, target.blocked = 0, None
        return done

    def send_link(self, actor: Person, target: Person) -> bool:
        """A mail with which they choose a password."""
        if not (self.may_touch(actor, target, "people") and target.is_active):
            return False
        if target.has_password:
            self._send(actor, target, "password_reset", "password:offer")
        else:
            self._send(actor, target, "invitation", "password:invite")
        return True

    # -- services and roles

    def _may_give(self, actor: Person, target: Person, access: str) -> bool:
        gives = self.powers(actor).gives
        may_give = access in gives or (access in SERVICES and any(SERVICE[role] == access for role in gives))
        return self.may_touch(actor, target, "grants") and may_give

    def give(self, actor: Person, target: Person, access: str, days: Days) -> bool:
        """A role or a service from day to day."""
        kind, held = ("role", target.roles) if access in ROLES else ("service", target.services)
        if not self._may_give(actor, target, access) or not self._fits(target, access):
            return False
        if not self._are_good_days(held.get(access), days):
            return False
        if kind == "role" and access not in ALWAYS_COUNT:
            service = target.services.get(SERVICE[access])
            if service is None or (service[1] is not None and service[1] < days[0]):
                return False
        if access in ("lso", "administrator") and self.would_be_left_alone(target, days):
            return False
        held[access] = days
        self.write(f"{kind}:grant", actor, target.organisation)
        return True

    @staticmethod
    def _fits(target: Person, access: str) -> bool:
        if target.organisation == XOSERVE:
            return access in XOSERVE_ROLES | {"contacts"}
        return access in CUSTOMER_ROLES | SERVICES

    def _are_good_days(self, held: Days | None, days: Days) -> bool:
        if days[1] is not None and days[1] < days[0]:
            return False
        if held is None:
            return days[0] >= self.today
        is_same_start = days[0] == held[0]
        return held != days and (is_same_start or days[0] >= self.today) and (days[1] is None or days[1] >= self.today)

    def take(self, actor: Person, target: Person, access: str) -> bool:
        """A role or a service taken."""
        kind, held = ("role", target.roles) if access in ROLES else ("service", target.services)
        if not self._may_give(actor, target, access) or access not in held:
            return False
        if access in ("lso", "administrator") and self.would_be_left_alone(target, None):
            return False
        del held[access]
        self.write(f"{kind}:withdraw", actor, target.organisation)
        return True

    # -- deputies and acting

    def appoint(self, actor: Person, target: Person, days: Days, powers: set[str], organisations: set[str]) -> bool:
        """Powers handed to a colleague for some weeks."""
        first, last = days
        if "appoint" not in self.powers(actor).may or target is actor or not target.is_active or last is None:
            return False
        if target.organisation != actor.organisation or not organisations <= self.powers(actor).looks_after:
            return False
        if first < self.today or last < first or last - first > LONGEST_DEPUTY:
            return False
        lso = target.roles.get("lso")
        if lso is not None and (holds(lso, first) or holds(lso, last)):
            return False
        if any(
            one.user_id == target.user_id and not one.is_over and one.days[0] <= last and first <= one.days[1]
            for one in self.deputies
        ):
            return False
        given = (target.user_id, actor.user_id, (first, last), frozenset(powers), frozenset(organisations))
        self.deputies.append(Deputy(*given))
        self.write("deputy:appoint", actor, actor.organisation)
        return True

    def end_deputy(self, actor: Person, deputy: Deputy) -> bool:
        """Ended before the last day."""
        of = self.people[deputy.user_id].organisation
        if "appoint" not in self.powers(actor).may or of != actor.organisation or deputy.is_over:
            return False
        deputy.is_over = True
        self.write("deputy:end", actor, of)
        return True

    def sweep(self) -> None:
        """Deputies whose time is over by their days or by their LSO's are written down."""
        for deputy in self.deputies:
            is_past = deputy.days[1] < self.today
            if not deputy.is_over and (is_past or not self.counts(self.people[deputy.delegator], "lso")):
                deputy.is_over = True
                self.events.append(("deputy:lapse", None, "", self.people[deputy.user_id].organisation))

    def begin_acting(self, actor: Person, organisation: str) -> bool:
        """For another organisation, in this session, for an hour."""
        may_act = actor.sessions and "act" in self.powers(actor).may
        if not may_act or self.acts_for(actor) or organisation == XOSERVE:
            return False
        actor.sessions[-1] = (organisation, self.now)
        self.write("acting:begin", actor, organisation)
        return True

    def end_acting(self, actor: Person) -> bool:
        """Of one's own will, or not at all where one does not act."""
        if "act" not in self.powers(actor).may:
            return False
        if acted := self.acts_for(actor):
            self.write("acting:end", actor, acted)
            actor.sessions[-1] = None
        return True

    # -- signing in

    def try_password(self, person: Person, *, is_right: bool) -> bool:
        """One password typed; wrong ones are counted, and after five of them one waits."""
        now = self.now
        if person.blocked is not None and now < person.blocked <= now + timedelta(hours=2):
            return False
        is_new = person.tried is None or person.tried < now - timedelta(hours=24)
        person.failures = 1 if is_new else person.failures + 1
        person.tried, past = now, person.failures - FREE_TRIES
        person.blocked = now + timedelta(seconds=WAITS[min(past, len(WAITS) - 1)]) if past >= 0 else None
        if not (is_right and person.has_password):
            waits = person.blocked is not None
            self._write_own("session:lock" if waits else "session:refuse", person)
            return False
        person.failures, person.blocked, person.tried = 0, None, None
        for one in self.people.values():
            if one.tried is not None and one.tried < now - timedelta(hours=24):
                one.failures, one.blocked, one.tried = 0, None, None
        self._write_own("session:open" if person.is_active else "session:refuse", person)
        if person.is_active:
            person.sessions.append(None)
            self._end_link(person)
        return person.is_active

    def _write_own(self, action: str, person: Person) -> None:
        self.events.append((action, person.user_id, "", person.organisation))

    @staticmethod
    def _end_link(person: Person) -> None:
        if person.link is not None:
            person.link.is_live = False

    def use_link(self, person: Person, *, is_newest: bool) -> bool:
        """A password chosen by a mailed link, which ends every session."""
        link = person.link
        if not is_newest or link is None or not link.is_live or not person.is_active:
            return False
        if not link.made <= self.now <= link.made + LINK_LASTS[link.purpose]:
            return False
        person.has_password, person.sessions, link.is_live = True, [], False
        self._write_own("password:reset", person)
        return True

    def sign_out(self, actor: Person) -> bool:
        """This browser's session ended by the person."""
        actor.sessions.pop()
        self._write_own("session:close", actor)
        return True
