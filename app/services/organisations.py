"""Organisations."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select

from app.access.actor import needs
from app.domain.approvals import Act, write_acts
from app.domain.errors import Conflict, NotFound, RuleBroken
from app.domain.identifiers import SHORT_CODE
from app.domain.roles import Permission
from app.extensions import db
from app.models import Organisation, OrganisationKind
from app.models.organisation import XOSERVE_KIND
from app.services import audit
from app.services.locking import for_change
from app.services.sessions import revoke_sessions_of


def list_kinds() -> list[OrganisationKind]:
    """Every kind of organisation, by name."""
    return list(db.session.scalars(select(OrganisationKind).order_by(OrganisationKind.name)))


def list_organisations() -> list[Organisation]:
    """The organisations within reach, by name."""
    return list(db.session.scalars(select(Organisation).order_by(Organisation.name)))


def find_by_code(code: str) -> Organisation | None:
    """The organisation within reach with this short code, whatever its case, or None."""
    return db.session.scalar(select(Organisation).where(Organisation.short_code == code.strip().upper()))


@needs(Permission.ORGANISATION_CHANGE)
def create_organisation(values: Mapping[str, Any]) -> Organisation:
    """Add an organisation; its short code and numeric ID are permanent."""
    code = str(values["short_code"]).upper()
    if not SHORT_CODE.fullmatch(code):
        raise RuleBroken("A short code is three letters or digits.", field="short_code")
    if db.session.scalar(select(Organisation.id).where(Organisation.short_code == code)):
        raise RuleBroken(f"{code} is another organisation's short code.", field="short_code")
    if values.get("parent_id") is not None:
        _check_group(_lock(values["parent_id"]).get(values["parent_id"]))
    last = db.session.scalar(select(func.max(Organisation.numeric_id))) or 1000
    organisation = Organisation(**{**values, "short_code": code}, numeric_id=last + 1)
    db.session.add(organisation)
    db.session.flush()
    audit.record("organisation:create", organisation, organisation_id=organisation.id, after={"short_code": code})
    return organisation


@needs(Permission.ORGANISATION_CHANGE)
def change_organisation(pk: int, values: Mapping[str, Any], *, version: int) -> Organisation:
    """Change all but the short code, numeric ID and kind; suspending ends its people's sessions for good."""
    parent_id = values["parent_id"]
    locked = _lock(pk, parent_id)
    organisation = locked.get(pk)
    if organisation is None:
        raise NotFound("There is no such organisation.")
    if organisation.version != version:
        raise Conflict("Somebody else changed this organisation while you had it open. Look at their change first.")
    if parent_id is not None and parent_id != organisation.parent_id:
        _check_group(locked.get(parent_id), organisation)
    if organisation.kind_code == XOSERVE_KIND and not values["is_active"]:
        raise RuleBroken("Xoserve cannot be suspended: nobody could take it back.", field="is_active")
    changes = {name: values[name] for name in ("name", "parent_id", "advocate_name", "is_active")}
    if "approval_acts" in values:
        changes["approval_acts"] = _read_acts(values["approval_acts"])
    before, after = audit.changed_fields(organisation, changes)
    for name, value in changes.items():
        setattr(organisation, name, value)
    organisation.version += 1
    if "is_active" in after:  # in both directions, so that no session outlives a suspension, however it came about
        revoke_sessions_of(pk)
    db.session.flush()
    audit.record("organisation:change", organisation, organisation_id=pk, before=before, after=after)
    return organisation


def _read_acts(acts: Collection[str]) -> str:
    if not set(acts) <= set(Act):
        raise RuleBroken("Choose changes from the list.", field="approval_acts")
    return write_acts(acts)


def _lock(*ids: int | None) -> dict[int, Organisation]:
    """The organisations with these ids, by id, locked in one order, so that two changes of groups wait in turn."""
    wanted = select(Organisation).where(Organisation.id.in_([pk for pk in ids if pk is not None]))
    return {row.id: row for row in db.session.scalars(for_change(wanted.order_by(Organisation.id)))}


def _check_group(group: Organisation | None, member: Organisation | None = None) -> None:
    """Groups have one level: a group is in no group, and who is in a group is nobody's group."""
    if group is None:
        raise RuleBroken("Choose a group from the list.", field="parent_id")
    if group is member:
        raise RuleBroken("An organisation cannot be its own group.", field="parent_id")
    if group.parent_id is not None:
        raise RuleBroken(
            f"{group} is itself in a group, and a group cannot be in another. Choose the group it is in, or none.",
            field="parent_id",
        )
    if member is None:
        return
    its_own = db.session.scalars(
        select(Organisation).where(Organisation.parent_id == member.id).order_by(Organisation.name)
    ).all()
    if its_own:
        others = f" and {len(its_own) - 1} more" if len(its_own) > 1 else ""
        raise RuleBroken(
            f"{member} is the group of {its_own[0]}{others}, so it cannot be in a group itself. "
            "Take them out of their group first.",
            field="parent_id",
        )
