"""The reference data: complete, usable and added once."""

import json
import re
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from app.domain.items import KINDS
from app.extensions import db
from app.models import ContactType, ContactTypeRaiser, DataItem, Organisation, OrganisationKind, OutcomeCode, Target
from app.services.contact_types import list_definitions
from seed.load import FOLDER, load_reference, read_reference

CODES = [
    "ADD", "AGG", "APP", "AQQ", "CDQ", "DMC", "DMQ", "DMR", "DUP", "ECO", "ENQ", "FLE", "FOM", "GSR",
    "INV", "ISO", "MNC", "MUS", "PRS", "PSA", "PSI", "RFA", "SAR", "TOG", "TYP", "UNC", "USRV",
]  # fmt: skip
TABLES = (OrganisationKind, Organisation, ContactType, ContactTypeRaiser, Target, DataItem, OutcomeCode)
LIMITS = {"max_length", "minimum", "maximum", "earliest", "latest", "not_before"}


pytestmark = pytest.mark.xdist_group("seed")


def counts() -> list[int]:
    return [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


def test_every_contact_type_is_there(loaded: Flask) -> None:
    assert [definition.code for definition in list_definitions()] == CODES


def test_every_type_but_the_finished_one_can_be_raised_by_somebody(loaded: Flask) -> None:
    for definition in list_definitions():
        assert definition.raisers
        assert definition.is_current is (definition.code != "USRV")
        assert definition.guidance.endswith(".")
        assert definition.items


def test_an_mprn_request_falls_due_the_next_day_and_others_after_ten(loaded: Flask) -> None:
    assert {definition.code: definition.due_days for definition in list_definitions()} == dict.fromkeys(CODES, 10) | {
        "FOM": 1
    }


def test_a_connections_company_gives_an_mprn_and_a_shipper_asking_for_one_does_not(loaded: Flask) -> None:
    kinds = {definition.code: [item.kind for item in definition.items] for definition in list_definitions()}
    assert "mprn" in kinds["FOM"]
    assert "mprn" not in kinds["MNC"]


def test_items_are_of_known_kinds_with_known_limits(loaded: Flask) -> None:
    for definition in list_definitions():
        codes = [item.code for item in definition.items]
        assert codes[-1] == "DESCRIPTION"
        for item in definition.items:
            assert item.kind in KINDS
            assert set(item.limits) <= LIMITS
            assert bool(item.choices) is (item.kind == "choice")
            assert item.limits.get("not_before", codes[0]) in codes


def test_nothing_on_screen_says_what_is_assumed(loaded: Flask) -> None:
    for row in read_reference().values():
        shown = " ".join(str(row.get(name, "")) for name in ("name", "guidance", "label", "help", "text", "reason"))
        assert not re.search(r"assumed|unknown|ticket|tenant|client|\[S\d", shown, re.IGNORECASE)


def test_every_file_says_where_its_facts_come_from() -> None:
    for path in (FOLDER / "contact_types").glob("*.json"):
        contact_type = json.loads(path.read_text(encoding="utf-8"))
        assert path.stem == contact_type["code"]
        assert contact_type["source"]
        assert contact_type["assumed"]


def test_xoserve_is_there(loaded: Flask) -> None:
    xoserve = db.session.scalars(select(Organisation)).one()
    assert (xoserve.short_code, xoserve.kind_code) == ("XOS", "CDSP")


def test_loading_again_adds_nothing_and_asks_once(loaded: Flask) -> None:
    before = counts()
    db.session.rollback()
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        load_reference()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([statement for statement in statements if not statement.startswith("BEGIN")]) == 1
    assert counts() == before


def test_what_an_administrator_changed_stays_and_what_is_missing_comes_back(loaded: Flask) -> None:
    before = counts()
    address = db.session.scalars(select(ContactType).where(ContactType.code == "ADD")).one()
    address.name = "Change of address"
    retired = db.session.scalars(
        select(DataItem).where(DataItem.contact_type_id == address.id, DataItem.code == "ADDRESS_REASON")
    ).one()
    retired.ends_on = date(2020, 1, 1)
    db.session.delete(db.session.scalars(select(OutcomeCode).where(OutcomeCode.code == "RES-02")).one())
    for raiser in db.session.scalars(
        select(ContactTypeRaiser).where(
            ContactTypeRaiser.contact_type_id == address.id, ContactTypeRaiser.kind_code == "IGT"
        )
    ):
        db.session.delete(raiser)
    db.session.commit()

    load_reference()

    definition = next(known for known in list_definitions() if known.code == "ADD")
    assert definition.name == "Change of address"
    assert definition.raisers == {"SHIPPER", "GT"}
    assert "ADDRESS_REASON" not in [item.code for item in definition.items]
    assert db.session.scalar(select(OutcomeCode.text).where(OutcomeCode.code == "RES-02"))
    assert [*counts()[:3], *counts()[4:]] == [*before[:3], *before[4:]]
