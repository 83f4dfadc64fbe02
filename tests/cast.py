"""The cast of the tests: who they are, and the small world they live in.

alder and birch are shippers, cedar is a network, elder is the group that alder is in; ann (member), sue
(supervisor), vic (viewer), lena (LSO), dee (her deputy) and rae (reads reports and documents) are alder's, bob is
birch's member and bea its LSO (the strangers), ned is cedar's member, eli elder's LSO and a member there too; ada is an
advocate, lia a lead advocate, mo a manager, xena the Xoserve LSO, root the administrator.
"""

from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import select

from app.access.actor import SYSTEM, acting_as
from app.domain import clock
from app.domain.roles import Role
from app.domain.service import services_for
from app.extensions import db
from app.models import Deputy, Grant, Organisation, ServiceGrant, User
from app.services import passwords
from seed.load import load_reference

# When the cast's access began: before any day a test may set the clock to.
BEGAN = date(2020, 1, 6)
PASSWORD = "correct-horse-battery"


class Person(NamedTuple):
    """A member of the cast."""

    user_id: str
    organisation: str
    roles: tuple[Role, ...]


ORGANISATIONS = {
    "alder": ("ALD", "Alder Energy", "SHIPPER"),
    "birch": ("BIR", "Birch Gas Supply", "SHIPPER"),
    "cedar": ("CED", "Cedar Networks", "GT"),
    "elder": ("ELD", "Elder Holdings", "SHIPPER"),
}
PEOPLE = {
    "ann": Person("ALD-ANN", "alder", (Role.MEMBER,)),
    "sue": Person("ALD-SUE", "alder", (Role.SUPERVISOR,)),
    "vic": Person("ALD-VIC", "alder", (Role.VIEWER,)),
    "lena": Person("ALD-LENA", "alder", (Role.LSO,)),
    "dee": Person("ALD-DEE", "alder", ()),
    "rae": Person("ALD-RAE", "alder", (Role.REPORT_READER, Role.DOCUMENT_READER)),
    "bob": Person("BIR-BOB", "birch", (Role.MEMBER,)),
    "bea": Person("BIR-BEA", "birch", (Role.LSO,)),
    "ned": Person("CED-NED", "cedar", (Role.MEMBER,)),
    "eli": Person("ELD-ELI", "elder", (Role.LSO, Role.MEMBER)),
    "ada": Person("XOS-ADA", "xoserve", (Role.ADVOCATE,)),
    "lia": Person("XOS-LIA", "xoserve", (Role.LEAD_ADVOCATE,)),
    "mo": Person("XOS-MO", "xoserve", (Role.MANAGER,)),
    "xena": Person("XOS-XENA", "xoserve", (Role.XOSERVE_LSO,)),
    "root": Person("XOS-ROOT", "xoserve", (Role.ADMINISTRATOR,)),
}
# Who is whose deputy.
DEPUTIES = {"dee": "ALD-LENA"}


def load_cast() -> None:
    """Fill a migrated database with reference data and the cast."""
    load_reference()
    with acting_as(SYSTEM):
        ids = {"xoserve": db.session.scalars(select(Organisation.id).where(Organisation.kind_code == "CDSP")).one()}
        for number, (name, (code, title, kind)) in enumerate(ORGANISATIONS.items(), 5001):
            organisation = Organisation(
                short_code=code, numeric_id=number, name=title, kind_code=kind, is_active=True, advocate_name="Ada"
            )
            db.session.add(organisation)
            db.session.flush()
            ids[name] = organisation.id
        db.session.get_one(Organisation, ids["alder"]).parent_id = ids["elder"]
        stored = passwords.make_hash(PASSWORD)
        for name, person in PEOPLE.items():
            user = User(
                user_id=person.user_id,
                name=name.capitalize(),
                email=f"{name}@{person.organisation}.example",
                organisation_id=ids[person.organisation],
                password_hash=stored,
                must_change_password=False,
                is_active=True,
                created_at=clock.now(),
            )
            user.grants = [
                Grant(
                    organisation_id=user.organisation_id,
                    role=role.value,
                    starts_on=BEGAN,
                    granted_by="The tests",
                )
                for role in person.roles
            ]
            user.services = [
                ServiceGrant(
                    organisation_id=user.organisation_id,
                    service=service.value,
                    starts_on=BEGAN,
                    granted_by="The tests",
                )
                for service in sorted(services_for(frozenset(person.roles)))
            ]
            db.session.add(user)
            db.session.flush()
            if name in DEPUTIES:
                db.session.add(_deputy(user))
        db.session.commit()


def _deputy(user: User) -> Deputy:
    """Somebody's deputy for two weeks, with all powers."""
    lso = db.session.scalars(select(User).where(User.user_id == DEPUTIES[user.name.lower()])).one()
    return Deputy(
        user_id=user.id,
        organisation_id=user.organisation_id,
        name=user.name,
        delegator_id=lso.id,
        delegator_name=lso.name,
        starts_on=clock.today(),
        ends_on=clock.today() + timedelta(days=14),
        powers="activity grants",
        reason="The tests need it",
        appointed_at=clock.now(),
    )
