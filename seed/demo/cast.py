"""The invented organisations and people, read from cast.json and added once."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.access.actor import SYSTEM, Actor
from app.access.tenancy import bulk_insert
from app.domain import clock
from app.domain.roles import Permission, Role, permissions_of
from app.domain.service import services_for
from app.extensions import db
from app.models import AuditEvent, Grant, Organisation, ServiceGrant, User
from app.services import audit, passwords
from seed.load import XOSERVE, XOSERVE_CODE

# One password for everybody: hashing forty would take as long as everything else together.
PASSWORD = "meter-point-demo-2026"
FIRST_NUMERIC_ID = 2001
YEAR = timedelta(days=365)
# So that an LSO has something to look after: who has not signed in yet, and days until somebody's roles end.
NOT_YET_SEEN = frozenset({"ALD-DORA"})
LEAVING = {"ALD-LEO": 9}
# From the role that says most about a person to the one that says least.
RANKS = (
    Role.ADMINISTRATOR, Role.XOSERVE_LSO, Role.MANAGER, Role.LEAD_ADVOCATE, Role.ADVOCATE, Role.LSO, Role.SUPERVISOR,
    Role.MEMBER, Role.VIEWER, Role.REPORT_READER, Role.DOCUMENT_READER,
)  # fmt: skip

CAST = json.loads((Path(__file__).parent / "cast.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class SignIn:
    """How one person of the demonstration signs in; `role` is their highest."""

    user_id: str
    password: str
    role: Role
    organisation: str
    organisation_kind: str


@dataclass
class Party:
    """An organisation with those of its people who may raise contacts; `share` is its part of all contacts.

    `advocate` works most of its contacts. `own_reference` is a format of `year` and `n`.
    """

    id: int
    short_code: str
    kind: str
    share: int
    own_reference: str
    raisers: list[Actor] = field(default_factory=list)
    advocate: Actor = SYSTEM


def is_present() -> bool:
    """Whether the invented people have been added; they come last and together."""
    last = CAST["people"][-1]
    return db.session.scalar(select(User.id).where(User.user_id == _user_id(last))) is not None


def add_cast() -> None:
    """Add the organisations and people; the caller commits. Xoserve itself is reference data."""
    advocates = [name for _, _, name, roles in CAST["people"] if Role.ADVOCATE in roles]
    ids = {XOSERVE_CODE: db.session.execute(
        select(Organisation.id).where(Organisation.short_code == XOSERVE_CODE)
    ).scalar_one()}  # fmt: skip
    for number, row in enumerate(CAST["organisations"]):
        organisation = Organisation(
            short_code=row["short_code"], numeric_id=FIRST_NUMERIC_ID + number, name=row["name"], kind_code=row["kind"],
            parent_id=ids.get(row["parent"]), advocate_name=advocates[number % len(advocates)],
        )  # fmt: skip
        db.session.add(organisation)
        db.session.flush()
        ids[organisation.short_code] = organisation.id
    _add_people(ids)


def _add_people(ids: dict[str, int]) -> None:
    created_at = datetime.combine(clock.today() - YEAR, time(9), UTC)
    stored, events = passwords.make_hash(PASSWORD), []
    for number, person in enumerate(CAST["people"]):
        short_code, first, name, roles = person
        user = User(
            user_id=_user_id(person), name=name, email=f"{first.lower()}@{short_code.lower()}.example",
            password_hash=stored, must_change_password=False, created_at=created_at + timedelta(minutes=3 * number),
            last_signed_in_at=None if _user_id(person) in NOT_YET_SEEN
            else clock.now() - timedelta(days=number * number % 40 + 1, minutes=number * 13),
            organisation_id=ids[short_code],
        )  # fmt: skip
        db.session.add(user)
        db.session.flush()
        _give(user, roles)
        events.append(
            audit.event_values(
                "user:create", "user", user.id, str(user), organisation_id=user.organisation_id, at=user.created_at,
                actor=SYSTEM, after={"user_id": user.user_id, "roles": sorted(roles)},
            )
        )  # fmt: skip
    db.session.flush()
    bulk_insert(AuditEvent, events)


def _give(user: User, roles: list[str]) -> None:
    """The roles, and the services they work within."""
    ends_on = clock.today() + timedelta(days=LEAVING[user.user_id]) if user.user_id in LEAVING else None
    shared = {"user_id": user.id, "organisation_id": user.organisation_id, "starts_on": user.created_at.date(),
              "granted_by": SYSTEM.name, "granted_at": user.created_at}  # fmt: skip
    services = sorted(services_for(frozenset(Role(role) for role in roles)))
    db.session.add_all(ServiceGrant(service=service.value, **shared) for service in services)
    db.session.add_all(Grant(role=role, ends_on=ends_on, **shared) for role in roles)


def list_sign_ins() -> list[SignIn]:
    """One person for each role, in the roles' order, then everyone else."""
    kinds = {row["short_code"]: (row["name"], row["kind"]) for row in CAST["organisations"]}
    kinds[XOSERVE_CODE] = (XOSERVE["name"], XOSERVE["kind_code"])
    everyone = [
        SignIn(_user_id(person), PASSWORD, highest_role(person[3]), *kinds[person[0]]) for person in CAST["people"]
    ]
    firsts = [next(person for person in everyone if person.role is role) for role in Role if role in RANKS]
    return firsts + [person for person in everyone if person not in firsts]


def highest_role(roles: Iterable[str]) -> Role:
    """The role that says most about a person."""
    return min((Role(role) for role in roles), key=RANKS.index)


def read_cast() -> tuple[list[Party], list[Actor]]:
    """The customer organisations with their people as they are in the database, and the advocates."""
    wanted = select(User).where(User.user_id.in_(_user_id(person) for person in CAST["people"])).order_by(User.id)
    people = list(db.session.scalars(wanted.options(selectinload(User.grants))))
    codes = [XOSERVE_CODE, *(row["short_code"] for row in CAST["organisations"])]
    rows = db.session.scalars(select(Organisation).where(Organisation.short_code.in_(codes)).order_by(Organisation.id))
    organisations = {organisation.id: organisation for organisation in rows}
    actors = [_actor(user, organisations[user.organisation_id]) for user in people]
    advocates = [actor for actor in actors if Role.ADVOCATE in actor.roles]
    by_name = {advocate.name: advocate for advocate in advocates}
    known: dict[str, dict[str, Any]] = {row["short_code"]: row for row in CAST["organisations"]}
    parties = []
    for organisation in organisations.values():
        if organisation.short_code in known:
            row = known[organisation.short_code]
            raisers = [actor for actor in actors if actor.organisation_id == organisation.id
                       and actor.may(Permission.CONTACT_RAISE)]  # fmt: skip
            advocate = by_name.get(organisation.advocate_name, advocates[0] if advocates else SYSTEM)
            parties.append(Party(organisation.id, organisation.short_code, organisation.kind_code, row["share"],
                                 row["own_reference"], raisers, advocate))  # fmt: skip
    return parties, advocates


def _actor(user: User, organisation: Organisation) -> Actor:
    roles = frozenset(Role(grant.role) for grant in user.grants)
    return Actor(
        user_pk=user.id, user_id=user.user_id, name=user.name, organisation_id=organisation.id,
        organisation_name=organisation.name, organisation_kind=organisation.kind_code,
        organisation_ids=frozenset((organisation.id,)), access_ids=frozenset((organisation.id,)), roles=roles,
        permissions=permissions_of(roles),
    )  # fmt: skip


def _user_id(person: list[Any]) -> str:
    return f"{person[0]}-{person[1]}"
