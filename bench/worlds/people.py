"""Organisations and users of a world, as rows of our tables."""

import random
from datetime import UTC, datetime
from string import ascii_uppercase, digits
from typing import Any

from app.domain.roles import Role
from app.domain.service import SERVICE_OF, services_for
from app.services import passwords
from bench.worlds.world import ADMINISTRATOR, ADVOCATE, MEMBER, ORGANISATIONS, PASSWORD, World

STAFF = 40
_SYMBOLS = ascii_uppercase + digits
_START = datetime(2023, 1, 2, tzinfo=UTC)
_FIRST = "Amy Ben Cara Dev Ella Finn Gita Hugh Isla Jack Kiran Lucy Mohan Nell Omar Priya Rhys Sara Tom Uma"
_LAST = "Ahmed Brown Clarke Davies Evans Foster Green Hughes Irwin Jones Khan Lewis Morgan Patel Shaw"
_FIRST_NAMES, _LAST_NAMES = _FIRST.split(), _LAST.split()


def organisation_rows(first_id: int) -> list[dict[str, Any]]:
    """The customers; the lower the id, the more contacts it has."""
    return [
        {
            "id": first_id + i,
            "short_code": f"B{_SYMBOLS[i // 36]}{_SYMBOLS[i % 36]}",
            "numeric_id": 9000 + i,
            "name": f"{_LAST_NAMES[i % 15]} and {_LAST_NAMES[i * 7 % 15]} Gas Supply {i:03d}",
            "kind_code": "SHIPPER",
            "advocate_name": "Advocate of the benchmark",
            "is_active": True,
            "version": 1,
            "preferences": {},
            "approval_acts": "",
        }
        for i in range(ORGANISATIONS)
    ]


def user_rows(world: World, xoserve: int, first_organisation: int) -> list[dict[str, Any]]:
    """Three people who sign in, then staff, then customers' people spread over the organisations."""
    draw = random.Random(11)
    stored = passwords.make_hash(PASSWORD)
    rows = []
    for number in range(world.users):
        known = {0: ADVOCATE, 1: MEMBER, 2: ADMINISTRATOR}.get(number)
        is_staff = number < STAFF and number != 1
        customer = first_organisation if number == 1 else first_organisation + number % ORGANISATIONS
        name = f"{draw.choice(_FIRST_NAMES)} {draw.choice(_LAST_NAMES)}"
        rows.append(
            {
                "id": number + 1,
                "user_id": known or f"USER-{number:05d}",
                "name": name,
                "email": f"{name.replace(' ', '.').lower()}.{number}@example.com",
                "password_hash": stored,
                "must_change_password": False,
                "is_active": True,
                "created_at": _START,
                "last_signed_in_at": None,
                "disabled_reason": "",
                "disabled_by": "",
                "version": 1,
                "preferences": {},
                "organisation_id": xoserve if is_staff else customer,
            }
        )
    return rows


def grant_rows(users: list[dict[str, Any]], xoserve: int) -> list[dict[str, Any]]:
    """One role for each user."""
    return [
        {
            "id": user["id"],
            "user_id": user["id"],
            "organisation_id": user["organisation_id"],
            "role": _role(user, xoserve).value,
            "starts_on": _START.date(),
            "ends_on": None,
            "granted_by": "The benchmark",
            "reason": "",
        }
        for user in users
    ]


def service_rows(grants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The service of each role that needs one."""
    return [
        {name: value for name, value in grant.items() if name != "role"} | {"service": SERVICE_OF[Role(grant["role"])]}
        for grant in grants
        if services_for(frozenset({Role(grant["role"])}))
    ]


def _role(user: dict[str, Any], xoserve: int) -> Role:
    if user["user_id"] == ADMINISTRATOR:
        return Role.ADMINISTRATOR
    return Role.ADVOCATE if user["organisation_id"] == xoserve else Role.MEMBER
