"""What the guard adds to a statement: the organisations of whoever asks, whoever asked before or at the same time."""

import threading

import pytest
from sqlalchemy import ColumnElement, event, select
from sqlalchemy.sql import lambdas

from app.access import tenancy
from app.extensions import db
from app.models import Contact, Message, Organisation, User
from app.models.connections import reading

# (organisations of one's own, organisations whose access one looks after): one, several, and others.
REACHES = [
    (own, looked_after)
    for one, other, more in (((1,), (2,), (3, 4, 5)), ((6,), (7,), (8, 9)))
    for own, looked_after in (
        (one, one),
        (other, other),
        (more, more),
        (one, other),
        (more, one),
        (other, more),
        (one, ()),
    )
]


def sent(statement) -> tuple[int, ...]:
    """The values that a statement is sent with."""
    asked: list[tuple[int, ...]] = []

    def note(_connection, _cursor, words, parameters, *_) -> None:
        if words.startswith("SELECT"):
            asked.append(tuple(parameters.values() if isinstance(parameters, dict) else parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        db.session.execute(statement)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return asked[0]


def test_whoever_asks_is_asked_for_whatever_was_asked_before(app, acting) -> None:
    """A statement is made once, and each time it is sent with the organisations of whoever asks."""
    statements = (
        (select(Contact.id), "own"),
        (select(User.id), "looked after"),
        (select(Organisation.id), "looked after"),
        (select(db.aliased(Message).id), "own"),
    )
    with acting("system"), reading():
        for number in range(len(REACHES)):
            # Each is the first to ask for one of them.
            for own, looked_after in REACHES[number:] + REACHES[:number]:
                within = tenancy._within(frozenset(own), frozenset(looked_after))
                for statement, whose in statements:
                    assert sent(statement.options(*within)) == (own if whose == "own" else looked_after)


class Meeting:
    """In place of a lock: whoever comes to it waits for another first, and then for their turn."""

    def __init__(self) -> None:
        self._both = threading.Barrier(2, timeout=5)
        self._turn = threading.RLock()

    def __enter__(self) -> None:
        self._both.wait()
        self._turn.acquire()

    def __exit__(self, *_: object) -> None:
        self._turn.release()


@pytest.mark.parametrize(
    "reaches",
    [(((1,), (1,)), ((2,), (2,))), (((1, 2), (1, 2)), ((3, 4), (3, 4))), (((1,), (11,)), ((2,), (12, 13)))],
    ids=["one", "several", "others too"],
)
def test_two_who_are_the_first_to_ask_at_once_are_asked_for_their_own(app, acting, monkeypatch, reaches) -> None:
    """SQLAlchemy looks into a condition once, for whoever comes first; the second has been on the way by then."""
    tenancy._within.__wrapped__(*map(frozenset, reaches[0]))  # so that what is left is what two may come to at once
    monkeypatch.setattr(lambdas, "_closure_per_cache_key", {})
    monkeypatch.setattr(lambdas.AnalyzedCode, "_generation_mutex", Meeting())
    made: dict[int, tuple[object, object]] = {}

    def come(number: int) -> None:
        made[number] = tenancy._within.__wrapped__(*map(frozenset, reaches[number]))

    threads = [threading.Thread(target=come, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    monkeypatch.undo()
    with acting("system"), reading():
        # Whose statement is kept for both is told by who sends it first.
        for order in ((0, 1), (1, 0)):
            db.engine.clear_compiled_cache()
            for number in order:
                own, looked_after = reaches[number]
                assert sent(select(Contact.id).options(*made[number])) == own
                assert sent(select(User.id).options(*made[number])) == looked_after
                assert sent(select(Organisation.id).options(*made[number])) == looked_after


def test_no_statement_is_written_anew_for_the_next_organisation(app, acting, monkeypatch) -> None:
    """Expressions of SQL are made once: to make them for each statement that is sent takes longer than to send it."""
    made: list[object] = []
    operate = ColumnElement.operate

    def make(*args, **named) -> object:
        made.append(args)
        return operate(*args, **named)

    statements = [select(Contact.id), select(User.id), select(Organisation.id)]
    with acting("system"), reading():
        for is_known in (False, True):
            for own, looked_after in REACHES:
                within = tenancy._within(frozenset(own), frozenset(looked_after))
                for statement in statements:
                    wanted = statement.options(*within)
                    with monkeypatch.context() as watched:
                        watched.setattr(ColumnElement, "operate", make)
                        db.session.execute(wanted)
                        assert not (made and is_known), made
                        _ = Contact.id == 1
                        assert made, "nobody watches"
                    made.clear()
