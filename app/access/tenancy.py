"""Which rows an actor can reach, for every query and every write. There is no other tenancy code.

Reads through the session are filtered; statements that would go round the filter (text, Core, bulk
writes) are refused to scoped actors; writes are checked row by row before the flush. `bulk_insert`,
`compare_and_set`, `post_notifications`, `post_mail`, `unscoped` and `ask_who` below are the only doors.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Executable, and_, event, insert, literal, not_, or_, select, text, update
from sqlalchemy import Table as SqlTable
from sqlalchemy import inspect as look_at
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.sql.functions import FunctionElement

from app.access.actor import Actor, find_actor
from app.domain import clock
from app.domain.mail import Letter
from app.domain.notices import AccessNotice, Notice
from app.extensions import db
from app.models import SHARED, AccessOwned, Model, Notification, Organisation, OrganisationOwned, OutgoingMail, User
from app.models.base import Id, UtcDateTime
from app.models.bulk import Table
from app.models.connections import reading
from app.models.organisation import XOSERVE_KIND

_M = TypeVar("_M")
_PASS = object()
_DOOR = {"tenancy_pass": _PASS}


class OutOfReach(Exception):
    """A programming mistake that would have crossed organisations; never shown, always a fault to mend."""


def install(session: Any) -> None:
    """Guard every session made by this registry."""
    event.listen(session, "do_orm_execute", _filter_reads)
    event.listen(session, "before_flush", _check_writes)


def _actor() -> Actor:
    actor = find_actor()
    if actor is None:
        raise OutOfReach("the database was asked before there was an actor")
    return actor


def _filter_reads(state: ORMExecuteState) -> None:
    actor = _actor()
    if actor.reaches_all or state.execution_options.get("tenancy_pass") is _PASS:
        return
    if not state.is_select or not state.is_orm_statement:
        raise OutOfReach("only ORM selects are filtered; use a door of tenancy.py")
    if state.is_column_load:
        return
    state.statement = state.statement.options(*_within(actor.organisation_ids, actor.access_ids))


class _Reached(BindParameter[Any]):
    """The organisations one reaches, as a parameter of the conditions below: one id, or a list of them.

    SQLAlchemy compares it with its own copies for each statement that is sent. Comparing any other parameter writes an
    expression of SQL, which three times over is a fifth of what a guarded statement takes.

    The name is fixed: conditions are looked into once, and parameters of the next who asks are put in by their names.
    Of two threads that are first at once, SQLAlchemy gives the second the first's condition without new names; with a
    name of its own for each parameter, the ids of the first would be asked for by everybody.
    """

    inherit_cache = True
    __hash__ = BindParameter.__hash__

    def __init__(self, name: str, pks: frozenset[int], *, is_list: bool) -> None:
        ids = sorted(pks)
        super().__init__(name, ids if is_list else ids[0], Id, unique=False, expanding=is_list)

    def __eq__(self, other: object) -> Any:
        return hash(self) == hash(other)


@lru_cache(maxsize=1024)
def _within(organisation_ids: frozenset[int], access_ids: frozenset[int]) -> tuple[Any, Any]:
    """What is added to every statement, made once for those who reach the same: to make it costs more than its SQL."""
    # A list of one is spelt out anew for each statement that is sent; an equal sign is not.
    themselves = _Reached("themselves", access_ids, is_list=len(access_ids) != 1)
    condition = Organisation.id.in_(themselves) if themselves.expanding else Organisation.id == themselves
    # Most people look after nobody, or after their own organisation only: one set is quicker to compare with.
    is_one_set = organisation_ids == access_ids
    reached = _own_rows(organisation_ids) if is_one_set else _own_and_access_rows(organisation_ids, access_ids)
    return reached, with_loader_criteria(Organisation, condition, include_aliases=True)


def _of_owned(condition: Any) -> Any:
    """A condition on every class of owned rows; the parameters it closes over are read anew for each statement."""
    return with_loader_criteria(OrganisationOwned, condition, include_aliases=True, track_closure_variables=True)


def _own_rows(organisation_ids: frozenset[int]) -> Any:
    own = _Reached("own", organisation_ids, is_list=len(organisation_ids) != 1)
    if own.expanding:
        return _of_owned(lambda owned: owned.organisation_id.in_(own))
    return _of_owned(lambda owned: owned.organisation_id == own)


def _own_and_access_rows(organisation_ids: frozenset[int], access_ids: frozenset[int]) -> Any:
    """Rows of access work by the organisations one looks after, all others by one's own."""
    own = _Reached("own", organisation_ids, is_list=True)
    looked_after = _Reached("looked_after", access_ids, is_list=True)
    return _of_owned(
        lambda owned: or_(
            and_(not_(owned.access_rows()), owned.organisation_id.in_(own)),
            and_(owned.access_rows(), owned.organisation_id.in_(looked_after)),
        )
    )


def _reach(actor: Actor, model: type[Any]) -> frozenset[int]:
    """The organisations whose rows of this table the actor may write; asked of those who do not reach all."""
    return actor.access_ids | actor.organisation_ids if issubclass(model, AccessOwned) else actor.organisation_ids


def _check_writes(session: Session, _context: object, _instances: object) -> None:
    actor = _actor()
    for row in (*session.new, *session.dirty, *session.deleted):
        if row in session.dirty and not session.is_modified(row):
            continue
        if isinstance(row, OrganisationOwned):
            _check_owned(row, actor, is_new=row in session.new)
        elif not actor.reaches_all:
            raise OutOfReach(f"{type(row).__name__} is shared and cannot be changed for one organisation")


def _check_owned(row: OrganisationOwned, actor: Actor, *, is_new: bool) -> None:
    history = look_at(row).attrs.organisation_id.history
    if not is_new and history.has_changes():
        raise OutOfReach(f"{type(row).__name__} cannot move to another organisation")
    now = row.organisation_id
    if now is None:
        raise OutOfReach(f"{type(row).__name__} has no organisation")
    if not actor.reaches_all and now not in _reach(actor, type(row)):
        raise OutOfReach(f"{type(row).__name__} belongs to an organisation out of reach")


def bulk_insert(
    model: type[Any], rows: Iterable[Mapping[str, Any]], shared: Mapping[str, Any] = MappingProxyType({})
) -> None:
    """Insert many owned rows, each row's organisation checked, with the driver's own means.

    Rows name the same columns and may be made as they are asked for; `shared` holds the columns that are alike in all
    of them. Instants are UTC.
    """
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    db.session.flush()
    table = Table(model, db.session.connection(), has_ids="id" in first)
    own = _within_reach(model, chain([first], rows), shared)
    table.insert(table.prepare_all(list(first), own, shared))


def _within_reach(
    model: type[Any], rows: Iterable[Mapping[str, Any]], shared: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """The same rows; OutOfReach at the first that belongs to an organisation the actor does not act for."""
    actor = _actor()
    for row in rows:
        owner = row["organisation_id"] if "organisation_id" in row else shared["organisation_id"]
        if not actor.reaches_all and owner not in _reach(actor, model):
            raise OutOfReach(f"{model.__name__} belongs to an organisation out of reach")
        yield row


def index_words(first_id: int, last_id: int) -> None:
    """Make freshly inserted contacts findable by word; PostgreSQL's index does so by itself.

    The organisation of each row is part of what is indexed, so no row is found by another organisation.
    """
    if db.session.get_bind().dialect.name == "sqlite":
        span = {"first": first_id, "last": last_id}
        db.session.execute(text(_INDEX_WORDS), span, execution_options=_DOOR)


_INDEX_WORDS = """INSERT INTO contact_words (rowid, owner, words)
    SELECT id, organisation_id, words FROM contact WHERE id BETWEEN :first AND :last"""


def compare_and_set(row: Any, expected: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
    """Write `changes` to an owned row if its columns still hold `expected`; True for the one winner.

    Its organisation is part of the condition.
    """
    actor, model = _actor(), type(row)
    if not actor.reaches_all and row.organisation_id not in _reach(actor, model):
        raise OutOfReach(f"{model.__name__} belongs to an organisation out of reach")
    conditions = [getattr(model, name) == value for name, value in expected.items()]
    statement = (
        update(model)
        .where(model.id == row.id, model.organisation_id == row.organisation_id, *conditions)
        .values(**changes)
        .execution_options(synchronize_session=False, **_DOOR)
    )
    has_won: bool = db.session.execute(statement).rowcount == 1  # type: ignore[attr-defined]
    if has_won:
        db.session.refresh(row)
    return has_won


def post_notifications(notices: Iterable[Notice | AccessNotice]) -> None:
    """Tell people of any organisation; this and `post_mail` are the only writes that cross organisations.

    A notice holds one of the fixed sentences, with a reference or alone (domain.notices), so nothing that anybody wrote
    goes with it. Each row belongs to the organisation of the person it is for, and nothing is read back: whether there
    is such a person, and whether they may still sign in, stays unknown to the actor.
    """
    for notice in notices:
        if type(notice) not in (Notice, AccessNotice):
            raise OutOfReach("only notices are posted to other organisations")
        told = (notice.text, notice.url)
        row = select(User.id, User.organisation_id, literal(clock.now(), UtcDateTime), *map(literal, told))
        row = row.where(User.id == notice.user_pk, User.is_active)
        columns = ["user_id", "organisation_id", "at", "text", "url"]
        db.session.execute(insert(Notification).from_select(columns, row), execution_options=_DOOR)


def post_mail(letters: Iterable[Letter]) -> None:
    """Write to people of any organisation, or to an address that is nobody's; a key that is known already is left out.

    A letter is of one of the fixed kinds (domain.mail). Each row belongs to the organisation of the person it is for,
    or to Xoserve, and nothing is read back: neither the person's address nor whether there is such a person.
    """
    db.session.flush()
    table: Any = {"sqlite": sqlite, "postgresql": postgresql}[db.session.get_bind().dialect.name]
    for letter in letters:
        if type(letter) is not Letter:
            raise OutOfReach("only letters are posted to other organisations")
        row = select(User.id, User.organisation_id, User.email).where(User.id == letter.user_pk)
        if letter.user_pk is None:
            row = select(literal(None, Id), Organisation.id, literal(letter.address))
            row = row.where(Organisation.kind_code == XOSERVE_KIND)
        now = literal(clock.now(), UtcDateTime)
        written = (letter.kind.value, letter.subject, letter.text, letter.html, letter.message_key, "waiting", 0)
        row = row.add_columns(now, now, *map(literal, written))
        columns = ["user_id", "organisation_id", "address", "created_at", "next_try_at", "kind", "subject", "text"]
        columns += ["html", "message_key", "state", "attempts"]
        posted = table.insert(OutgoingMail).from_select(columns, row).on_conflict_do_nothing()
        db.session.execute(posted, execution_options=_DOOR)


def unscoped(statement: Executable, parameters: Any = None) -> Any:
    """Run a statement on tables that belong to no organisation (counters, calendars)."""
    for source in _sources(statement):
        is_shared_table = isinstance(source, SqlTable) and source.name in _shared_tables()
        if not is_shared_table and not isinstance(source, FunctionElement):
            raise OutOfReach(f"not shared: {source}")
    return db.session.execute(statement, parameters, execution_options=_DOOR)


def ask_who(statement: Executable, parameters: Mapping[str, Any] = MappingProxyType({})) -> Sequence[Any]:
    """The rows of one statement that finds who asks, before there is an actor; services.sessions alone may call it.

    It is read outside every session: one for this alone, whose guard lets the service through, guards nothing and
    takes half as long again.
    """
    with reading(), db.engine.connect() as connection:
        return connection.execute(statement, parameters).all()


def _shared_tables() -> set[str]:
    mappers = Model.registry.mappers
    return {str(mapper.local_table.name) for mapper in mappers if mapper.class_.__name__ in SHARED - {"Organisation"}}


def _sources(statement: Any) -> Iterable[Any]:
    table = getattr(statement, "table", None)
    return [table] if table is not None else statement.get_final_froms()
