"""Contact types as the rules see them, and the verbs that change them."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, String, func, literal_column, select
from sqlalchemy.orm import selectinload

from app.access.actor import current_actor, needs
from app.domain import clock
from app.domain.errors import Conflict, NotFound, RuleBroken
from app.domain.item import Item
from app.domain.items import KINDS
from app.domain.roles import Permission
from app.extensions import db
from app.models import ContactType, ContactTypeRaiser, DataItem, Target
from app.services import audit
from app.services.definition import Definition, define
from app.services.in_force import is_in_date
from app.services.locking import for_change

# With all that a definition is made of.
WHOLE_TYPES: Select[Any] = (
    select(ContactType)
    .options(selectinload(ContactType.raisers), selectinload(ContactType.targets), selectinload(ContactType.items))
    .order_by(ContactType.code)
)


def with_code(code: str) -> Select[Any]:
    """The type that a code names, whatever its case; none for a code with NUL, which PostgreSQL does not take."""
    return WHOLE_TYPES.where(ContactType.code == code.replace("\0", "?").strip().upper())


def list_definitions() -> list[Definition]:
    """Every type, retired ones included, by code."""
    return [define(contact_type, clock.today()) for contact_type in db.session.scalars(WHOLE_TYPES)]


class Raisable(NamedTuple):
    """What a choice of types shows of each."""

    code: str
    name: str
    family: str
    guidance: str


def list_raisable() -> list[Raisable]:
    """The types that the actor's organisation may raise today, by code: those whose `Definition` has no refusal."""
    kind, day = current_actor().organisation_kind, clock.today()
    raiser = select(ContactTypeRaiser.id).where(ContactTypeRaiser.contact_type_id == ContactType.id)
    item = select(DataItem.id).where(DataItem.contact_type_id == ContactType.id, is_in_date(DataItem, day))
    wanted = select(ContactType.code, ContactType.name, ContactType.family, ContactType.guidance)
    wanted = wanted.where(is_in_date(ContactType, day), item.exists())
    wanted = wanted.where(raiser.where(ContactTypeRaiser.kind_code == kind).exists()).order_by(ContactType.code)
    return [Raisable(*row) for row in db.session.execute(wanted)]


def get_definition(code: str) -> Definition:
    """One type by its code, whatever its case; NotFound when there is none."""
    contact_type = db.session.scalar(with_code(code))
    if contact_type is None:
        raise NotFound(f"There is no contact type {code[:10]}.")
    return define(contact_type, clock.today())


# Every type's code and name as one text.
_BETWEEN = "\x1f"
_BETWEEN_SQL: Any = literal_column(f"'{_BETWEEN}'", String)
NAMES: Any = select(func.aggregate_strings(ContactType.code + " " + ContactType.name, _BETWEEN_SQL)).scalar_subquery()


@lru_cache(maxsize=8)
def split_names(text: str | None) -> tuple[tuple[str, str], ...]:
    """(code, name) of each type that `NAMES` holds, by code; every request has the same text to split."""
    parts = [part.partition(" ") for part in (text or "").split(_BETWEEN)]
    return tuple(sorted((code, name) for code, _, name in parts if code))


def list_names() -> list[tuple[str, str]]:
    """(code, name) of every type, by code."""
    read = current_actor().glance.type_names
    return list(split_names(db.session.scalar(select(NAMES))) if read is None else read)


def list_items(code: str) -> list[Item]:
    """Every data item a type ever had, retired ones included, in order: for showing old answers."""
    wanted = select(DataItem).join(ContactType).where(ContactType.code == code).order_by(DataItem.position, DataItem.id)
    return [item.as_item() for item in db.session.scalars(wanted)]


def _get(code: str) -> ContactType:
    wanted = select(ContactType).where(ContactType.code == code)
    loaded = wanted.options(selectinload(ContactType.raisers), selectinload(ContactType.targets))
    contact_type = db.session.scalar(for_change(loaded))
    if contact_type is None:
        raise NotFound(f"There is no contact type {code[:10]}.")
    return contact_type


def _claim_version(row: ContactType | DataItem, version: int) -> None:
    if row.version != version:
        raise Conflict("Somebody else changed this while you had it open. Look at their change, then make yours again.")
    row.version += 1


@needs(Permission.CONTACT_TYPE_CHANGE)
def create_type(values: Mapping[str, Any], *, raisers: Iterable[str], targets: Mapping[int, int]) -> ContactType:
    """Add a contact type; `targets` is percentage by business days."""
    code = str(values["code"]).upper()
    if db.session.scalar(select(ContactType.id).where(ContactType.code == code)):
        raise RuleBroken(f"There is already a contact type {code}. Choose another code.", field="code")
    contact_type = ContactType(**{**values, "code": code})
    contact_type.raisers = [ContactTypeRaiser(kind_code=kind) for kind in sorted(raisers)]
    contact_type.targets = [Target(days=days, percentage=share) for days, share in sorted(targets.items())]
    contact_type.items = []
    db.session.add(contact_type)
    db.session.flush()
    audit.record(
        "contact_type:create", contact_type, organisation_id=current_actor().organisation_id, after={"code": code}
    )
    return contact_type


@needs(Permission.CONTACT_TYPE_CHANGE)
def change_type(
    code: str, values: Mapping[str, Any], *, raisers: Iterable[str], targets: Mapping[int, int], version: int
) -> ContactType:
    """Change everything but the code; Conflict when `version` is no longer the row's."""
    contact_type = _get(code)
    _claim_version(contact_type, version)
    before, after = audit.changed_fields(contact_type, {k: v for k, v in values.items() if k != "code"})
    for name, value in values.items():
        if name != "code":
            setattr(contact_type, name, value)
    wanted = frozenset(raisers)
    current = {raiser.kind_code: raiser for raiser in contact_type.raisers}
    if wanted != current.keys():
        before["raisers"], after["raisers"] = sorted(current), sorted(wanted)
        contact_type.raisers = [current.get(kind) or ContactTypeRaiser(kind_code=kind) for kind in sorted(wanted)]
    held = {target.days: target for target in contact_type.targets}
    if {days: target.percentage for days, target in held.items()} != dict(targets):
        before["targets"] = [[days, held[days].percentage] for days in sorted(held)]
        after["targets"] = [[days, targets[days]] for days in sorted(targets)]
        kept = [held[days] for days in targets if days in held]
        for target in kept:
            target.percentage = targets[target.days]
        contact_type.targets = kept + [Target(days=d, percentage=p) for d, p in targets.items() if d not in held]
    db.session.flush()
    audit.record(
        "contact_type:change", contact_type, organisation_id=current_actor().organisation_id, before=before, after=after
    )
    return contact_type


@needs(Permission.CONTACT_TYPE_CHANGE)
def add_item(type_code: str, values: Mapping[str, Any]) -> DataItem:
    """Add a data item to a type."""
    contact_type = _get(type_code)
    code = str(values["code"]).upper()
    taken = select(DataItem.id).where(DataItem.contact_type_id == contact_type.id, DataItem.code == code)
    if db.session.scalar(taken):
        raise RuleBroken(f"{type_code} already has a data item {code}. Choose another code.", field="code")
    _check_kind(values)
    item = DataItem(**{**values, "code": code}, contact_type_id=contact_type.id)
    db.session.add(item)
    db.session.flush()
    audit.record(
        "data_item:create",
        item,
        organisation_id=current_actor().organisation_id,
        after={"contact_type": type_code, "code": code},
    )
    return item


@needs(Permission.CONTACT_TYPE_CHANGE)
def change_item(item_id: int, values: Mapping[str, Any], *, version: int) -> DataItem:
    """Change everything but the code; an end date retires the item."""
    item = db.session.scalar(for_change(select(DataItem).where(DataItem.id == item_id)))
    if item is None:
        raise NotFound("There is no such data item.")
    _check_kind(values)
    _claim_version(item, version)
    changes = {name: value for name, value in values.items() if name not in ("code", "contact_type_id")}
    before, after = audit.changed_fields(item, changes)
    for name, value in changes.items():
        setattr(item, name, value)
    db.session.flush()
    audit.record("data_item:change", item, organisation_id=current_actor().organisation_id, before=before, after=after)
    return item


def _check_kind(values: Mapping[str, Any]) -> None:
    if values["kind"] not in KINDS:
        raise RuleBroken("Choose a kind from the list.", field="kind")
    if values["kind"] == "choice" and not values.get("choices"):
        raise RuleBroken("A choice from a list needs its choices, one on a line.", field="choices")
    if values.get("ends_on") and values["ends_on"] < values["starts_on"]:
        raise RuleBroken("The last day is before the first day.", field="ends_on")
