"""What happened to each contact after it was raised."""

from datetime import date, datetime
from math import exp
from random import Random
from typing import NamedTuple

from app.access.actor import SYSTEM, Actor
from app.domain.lifecycle import FINAL, LIFECYCLE, Action, Status
from seed.demo.answers import SENTENCES, Draw, Script, Slots, describe, of_type
from seed.demo.cast import Party
from seed.demo.days import CLOSES, OPENS, BusinessDays, Moment

# Two moves are not made by hand yet, so the life cycle has no action for them.
REFER, CLOSE = "refer", "close"
TARGETS: dict[str, Status] = {move.action.value: move.target for move in LIFECYCLE} | {
    REFER: Status.WITH_NETWORK,
    CLOSE: Status.CLOSED_WITHOUT_RESPONSE,
}
VISIBLE = {move.action.value: move.visible_to_customer for move in LIFECYCLE} | {REFER: True, CLOSE: True}
CLOSED_CODE = "CLO-01"
ANSWER_DAYS = 10

# Young contacts are mostly open and old ones mostly not: days of grace, then how fast they finish.
_GRACE_DAYS, _FADING_DAYS, _NEVER_SETTLED, _USUAL_DUE_DAYS = 6, 15, 0.02, 10
_FINISHED = ((0.78, Status.RESOLVED), (0.91, Status.REJECTED), (0.96, Status.WITHDRAWN),
             (1.0, Status.CLOSED_WITHOUT_RESPONSE))  # fmt: skip
_OPEN_YOUNG = ((0.42, Status.LOGGED), (0.82, Status.ASSIGNED), (0.95, Status.AWAITING_INFORMATION),
               (1.0, Status.WITH_NETWORK))  # fmt: skip
_OPEN_OLD = ((0.04, Status.LOGGED), (0.45, Status.ASSIGNED), (0.75, Status.AWAITING_INFORMATION),
             (1.0, Status.WITH_NETWORK))  # fmt: skip
_YOUNG_DAYS = 5


class Move(NamedTuple):
    """One act after the raising; `action` is the second half of its event's name."""

    action: str
    moment: Moment
    actor: Actor
    message: str = ""
    outcome_code: str = ""


class Story(NamedTuple):
    """Where a contact stands and how it came there."""

    status: Status
    moves: list[Move]
    due_on: date
    asked_on: date | None
    closed_at: datetime | None
    outcome_code: str | None
    assignee: Actor | None


def tell(
    script: Script, party: Party, raised: Moment, slots: Slots, *,
    advocates: list[Actor], business_days: BusinessDays, random: Random,
) -> Story:  # fmt: skip
    """A likely story for a contact of this age, ending before today."""
    draw, age, due_days = random.random, business_days.last - raised.index, script.definition.due_days
    status = _choose_status(age, due_days, draw)
    advocate = party.advocate if draw() < 0.7 or not advocates else advocates[int(draw() * len(advocates))]
    teller = _Teller(script, party, slots, advocate, raised, draw)
    is_final = status in FINAL
    if status is Status.CLOSED_WITHOUT_RESPONSE:
        length = min(age, ANSWER_DAYS + 2 + int(draw() * 4))
    elif is_final:
        length = min(age, _length(due_days, draw))
    else:
        length = min(age, int(draw() * 6))
    teller.go(status, length)
    moves = teller.moves
    last = moves[-1] if moves else None
    asked_on = None if teller.asked is None else business_days.days[teller.asked]
    return Story(
        status=status,
        moves=moves,
        due_on=business_days.days[raised.index + due_days + teller.waited],
        asked_on=asked_on,
        closed_at=business_days.instant(last.moment) if is_final and last else None,
        outcome_code=last.outcome_code or None if is_final and last else None,
        assignee=advocate if any(move.action == Action.CLAIM for move in moves) else None,
    )


def _choose_status(age: int, due_days: int, draw: Draw) -> Status:
    # What is due sooner ages faster.
    aged = age * _USUAL_DUE_DAYS // max(1, due_days)
    open_share = max(_NEVER_SETTLED, 0.93 * exp(-max(0, aged - _GRACE_DAYS) / _FADING_DAYS))
    if draw() >= open_share:
        status = _pick(_FINISHED, draw)
        too_young = status is Status.CLOSED_WITHOUT_RESPONSE and age < ANSWER_DAYS + 4
        return Status.RESOLVED if too_young else status
    return _pick(_OPEN_YOUNG if aged <= _YOUNG_DAYS else _OPEN_OLD, draw)


def _pick(table: tuple[tuple[float, Status], ...], draw: Draw) -> Status:
    at = draw()
    return next(status for limit, status in table if at < limit)


def _length(due_days: int, draw: Draw) -> int:
    """Business days until a contact is finished: most early, a few late."""
    at = draw()
    if at < 0.8:
        return int(draw() * (due_days * 0.4 + 0.9))
    if at < 0.965:
        return int(draw() * (due_days + 0.99))
    return due_days + 1 + int(draw() * due_days)


class _Teller:
    """Adds the moves of one story, each later than the one before."""

    def __init__(self, script: Script, party: Party, slots: Slots, advocate: Actor, raised: Moment, draw: Draw) -> None:
        self.script, self.party, self.slots, self.advocate, self.draw = script, party, slots, advocate, draw
        self.first, self.at = raised.index, raised
        self.moves: list[Move] = []
        self.asked: int | None = None
        self.waited = 0

    def go(self, status: Status, length: int) -> None:
        """Reach `status` within `length` business days."""
        if status is Status.LOGGED or (status is Status.WITHDRAWN and self.draw() < 0.5):
            if status is Status.WITHDRAWN:
                self._end(status, length)
            return
        self._add(Action.CLAIM, int(length * self.draw() * 0.4), self.advocate)
        if status is Status.AWAITING_INFORMATION:
            self._ask(length)
        elif status is Status.CLOSED_WITHOUT_RESPONSE:
            self._ask(max(0, length - ANSWER_DAYS - 1))
            self._add(CLOSE, length, SYSTEM, outcome_code=CLOSED_CODE)
        else:
            if length >= 2 and self.draw() < 0.45:
                self._ask(1 + int(self.draw() * (length - 1)))
                self._answer(length)
            if status is Status.WITH_NETWORK:
                self._add(REFER, length, self.advocate, self._say(SENTENCES["referrals"]))
            elif status is not Status.ASSIGNED:
                self._end(status, length)

    def _ask(self, day: int) -> None:
        self._add(Action.ASK, day, self.advocate, self._say(of_type("questions", self.script.definition.code)))
        self.asked = self.at.index

    def _answer(self, latest: int) -> None:
        asked = self.at.index - self.first
        self._add(Action.ANSWER, asked + int(self.draw() * (latest - asked + 1)), self._customer(),
                  self._say(SENTENCES["replies"]))  # fmt: skip
        assert self.asked is not None
        self.waited, self.asked = self.waited + self.at.index - self.asked, None

    def _end(self, status: Status, day: int) -> None:
        code, draw = self.script.definition.code, self.draw
        if status is Status.WITHDRAWN:
            self._add(Action.WITHDRAW, day, self._customer(), self._say(SENTENCES["withdrawals"]))
            return
        if status is Status.RESOLVED:
            action, codes, texts = Action.RESOLVE, "codes", "resolutions"
        else:
            action, codes, texts = Action.REJECT, "refusals", "rejections"
        outcomes = of_type(codes, code)
        outcome = outcomes[int(draw() * len(outcomes))]
        message = self._say(of_type(texts, outcome)) if draw() < 0.7 else ""
        self._add(action, day, self.advocate, message, outcome)

    def _add(self, action: str, day: int, actor: Actor, message: str = "", outcome_code: str = "") -> None:
        """`day` counts from the day of raising; on the day of the last move, some minutes later."""
        index = max(self.at.index, self.first + day)
        if index > self.at.index:
            self.at = Moment(index, OPENS + int(self.draw() * (CLOSES - OPENS)))
        else:
            self.at = Moment(index, self.at.second + 120 + int(self.draw() * 1500))
        self.moves.append(Move(str(action), self.at, actor, message, outcome_code))

    def _customer(self) -> Actor:
        raisers = self.party.raisers
        return raisers[int(self.draw() * len(raisers))]

    def _say(self, sentences: list[str]) -> str:
        return describe(sentences, self.slots, self.draw)
