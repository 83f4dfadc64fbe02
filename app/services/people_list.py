"""Which people a list or an export holds: the same statement for both."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, cast, column, func, literal_column, or_, select, table
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import load_only, with_expression

from app.access.actor import current_actor
from app.domain import clock, dormancy
from app.domain.errors import RuleBroken
from app.domain.roles import Role
from app.domain.service import GIVEN_SERVICES
from app.extensions import db
from app.models import Grant, Organisation, ServiceGrant, User
from app.services import locks
from app.services.drafts import split_words
from app.services.in_force import counts_on, is_in_date, role_counts_on
from app.services.sorting import Sort

LONGEST_SEARCH = 100
NONE = "none"
# What more people hold than this is not listed to find them.
MANY = 1000
# No word holds it, so no name that anybody writes can pass for an owner.
OWNER_MARK = "#"
# PostgreSQL's index of names is on exactly this expression (migrations/versions/0018), so it is written out.
INDEXED_NAMES: ColumnElement[Any] = literal_column(
    f"array_to_tsvector(string_to_array(rtrim('{OWNER_MARK}' || \"user\".organisation_id::text || ' ' || "
    'ltrim(regexp_replace(lower("user".user_id || \' \' || "user".name), '
    r"'[ -/:-`{-~\u00a0-\u00bf\u2000-\u206f]+', ' ', 'g'))), ' '))"
)
# SQLite's is this table, kept by triggers.
user_words = table("user_words", column("rowid"), column("words"))

SERVICE_FILTERS = (*((service.value, service.label) for service in GIVEN_SERVICES), (NONE, "No service"))
ROLE_FILTERS = (*((role.value, role.label) for role in Role), (NONE, "No role"))
STATE_FILTERS = (
    ("active", "Active"),
    ("new", "Never signed in"),
    ("dormant", "Dormant"),
    ("locked", "Locked"),
    ("disabled", "Disabled"),
    ("deleted", "Deleted"),
)
END_FILTERS = (("14", "Within 14 days"), ("30", "Within 30 days"), ("90", "Within 90 days"))

SORTS: dict[str, Sort] = {
    "name": Sort("By name", User.name),
    "name-last": Sort("By name, last first", User.name, True),
    "user_id": Sort("By user ID", User.user_id),
    "user_id-last": Sort("By user ID, last first", User.user_id, True),
    "newest": Sort("Newest first", User.id, True),
    "oldest": Sort("Oldest first", User.id),
}

# What a list shows of a person, and what tells how they stand.
_SHOWN = (User.user_id, User.name, User.email, User.organisation_id, User.is_active, User.created_at, User.deleted_at,
          User.enabled_at, User.last_signed_in_at)  # fmt: skip


def select_people(wanted: Mapping[str, str]) -> Select[Any]:
    """People within reach who meet the filters, not yet ordered; deleted ones only when asked for.

    Filters: service, role, state, ends, organisation (short code), q (name or user ID). RuleBroken, naming the filter
    in `field`, for a value that means nothing.
    """
    statement = select(User)
    if wanted.get("state") != "deleted":
        statement = statement.where(User.deleted_at.is_(None))
    is_of_one = bool(wanted.get("organisation"))
    for name, value in wanted.items():
        if value and name in _HELD:
            statement = statement.where(_HELD[name](value, is_of_one))
        elif value:
            statement = statement.where(_FILTERS[name](value))
    return statement


def with_access(statement: Select[Any]) -> Select[Any]:
    """The statement also fetching what each person may do today, when the first of it ends, and where they belong."""
    return statement.options(*_access_on(clock.today()))


# Alike for everybody who asks on the same day, and putting it together costs more than fetching the rows.
@lru_cache(maxsize=2)
def _access_on(today: date) -> tuple[Any, ...]:
    services = select(func.aggregate_strings(ServiceGrant.service, ",")).where(
        ServiceGrant.user_id == User.id, is_in_date(ServiceGrant, today)
    )
    roles = select(func.aggregate_strings(Grant.role, ",")).where(Grant.user_id == User.id, counts_on(today))
    ends = select(func.min(Grant.ends_on)).where(Grant.user_id == User.id, Grant.ends_on >= today)
    organisation = select(Organisation.name).where(Organisation.id == User.organisation_id)
    return (
        load_only(*_SHOWN, raiseload=True),
        with_expression(User.services_today, services.correlate(User).scalar_subquery()),
        with_expression(User.roles_today, roles.correlate(User).scalar_subquery()),
        with_expression(User.first_end, ends.correlate(User).scalar_subquery()),
        with_expression(User.organisation_name, organisation.correlate(User).scalar_subquery()),
    )


# Conditions on grants are lists of ids and not correlated: with the tenancy filter inside, SQLite's planner would else
# read all of an organisation's grants for each of its people. What very many hold is looked up person by person all the
# same, by its unique index, for a page of them is soon found in the order of the list; so it is in one organisation,
# whose people are fewer than all who hold it.


def _service(value: str, is_of_one: bool) -> ColumnElement[bool]:
    held = select(ServiceGrant.user_id).where(is_in_date(ServiceGrant, clock.today()))
    if value == NONE:
        return User.id.not_in(held)
    if value not in GIVEN_SERVICES:
        raise RuleBroken(f"There is no service “{value[:40]}”.", field="service")
    wanted = ServiceGrant.service == value
    return _holds(ServiceGrant, held.where(wanted), is_of_one or _is_common(ServiceGrant, wanted))


def _role(value: str, is_of_one: bool) -> ColumnElement[bool]:
    if value == NONE:
        return User.id.not_in(select(Grant.user_id).where(counts_on(clock.today())))
    if value not in set(Role):
        raise RuleBroken(f"There is no role “{value[:40]}”.", field="role")
    held = select(Grant.user_id).where(role_counts_on(Role(value), clock.today()))
    return _holds(Grant, held, is_of_one or _is_common(Grant, Grant.role == value))


def _holds(model: type[Grant | ServiceGrant], held: Select[Any], one_by_one: bool) -> ColumnElement[bool]:
    return held.where(model.user_id == User.id).exists() if one_by_one else User.id.in_(held)


def _is_common(model: type[Grant | ServiceGrant], wanted: ColumnElement[bool]) -> bool:
    some = select(model.id).where(wanted).limit(MANY + 1).subquery()
    return (db.session.scalar(select(func.count()).select_from(some)) or 0) > MANY


def is_dormant() -> ColumnElement[bool]:
    """Whether somebody who may sign in has not done so for long: domain.dormancy, as a condition."""
    limit = dormancy.unused_before(clock.now())
    seen_before = func.coalesce(User.last_signed_in_at, User.created_at) < limit
    return and_(User.is_active, seen_before, or_(User.enabled_at.is_(None), User.enabled_at < limit))


def _state(value: str) -> ColumnElement[bool]:
    if value == "locked":
        return User.id.in_(locks.find_locked())
    if value == "active":
        has_come = and_(User.is_active, User.last_signed_in_at.is_not(None))
        return and_(has_come, ~is_dormant(), User.id.not_in(locks.find_locked()))
    meanings: dict[str, ColumnElement[bool]] = {
        "new": User.is_active & User.last_signed_in_at.is_(None),
        "dormant": is_dormant(),
        "disabled": ~User.is_active,
        "deleted": User.deleted_at.is_not(None),
    }
    if value not in meanings:
        raise RuleBroken(f"There is no state “{value[:40]}”.", field="state")
    return meanings[value]


def _ends(value: str) -> ColumnElement[bool]:
    if value not in dict(END_FILTERS):
        raise RuleBroken(f"“{value[:40]}” is not a filter of what ends.", field="ends")
    today = clock.today()
    soon = today, today + timedelta(days=int(value))
    role = select(Grant.user_id).where(Grant.ends_on.between(*soon))
    service = select(ServiceGrant.user_id).where(ServiceGrant.ends_on.between(*soon))
    return or_(User.id.in_(role), User.id.in_(service))


def of_organisation(value: str) -> ColumnElement[bool]:
    """Whether a person is of the organisation with this short code."""
    wanted = select(Organisation.id).where(Organisation.short_code == value.upper())
    return User.organisation_id == wanted.scalar_subquery()


def called(value: str) -> ColumnElement[bool]:
    """Whether each of these words begins a word of a person's name or user ID.

    RuleBroken when they are too long, or no words.
    """
    if len(value) > LONGEST_SEARCH:
        raise RuleBroken(f"Search for {LONGEST_SEARCH} characters at most.", field="q")
    found = split_words(value)
    if not found:
        raise RuleBroken("Search for letters or digits: a name or a user ID.", field="q")
    actor = current_actor()
    owners = [] if actor.reaches_all else sorted(actor.access_ids)
    if db.session.get_bind().dialect.name == "sqlite":
        # The owner has a column of its own: no text anybody writes can pass for it.
        wanted = "words : ({})".format(" AND ".join(f'"{word}"*' for word in found))
        if owners:
            wanted = f"owner : ({' OR '.join(map(str, owners))}) AND {wanted}"
        return User.id.in_(select(user_words.c.rowid).where(literal_column("user_words").op("MATCH")(wanted)))
    terms = [f"'{word}':*" for word in found]  # words hold letters and digits only
    if owners:
        terms.insert(0, "(" + " | ".join(f"'{OWNER_MARK}{pk}'" for pk in owners) + ")")
    match = INDEXED_NAMES.op("@@")(cast(func.lower(" & ".join(terms)), TSQUERY))
    # As an array, or the planner reads all people in the order of the list and takes each one's name to pieces.
    return User.id == any_(func.array(select(User.id).where(match).scalar_subquery()))


_HELD = {"service": _service, "role": _role}
_FILTERS = {
    "state": _state,
    "ends": _ends,
    "organisation": of_organisation,
    "q": called,
}
