"""services.contact_types: types and data items are data, and a change shows at every door."""

import io
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from app.domain import clock
from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from app.domain.items import KINDS
from app.exports.templates import template
from app.extensions import db
from app.models import AuditEvent, ContactType, DataItem
from app.services import contact_types, contacts, drafts
from app.services.definition import DEFAULT_DUE_DAYS
from app.services.drafts import Draft
from tests.worlds import answers, raise_one

NEW_TYPE = {
    "code": "zzz",
    "name": "A new type",
    "family": "operational",
    "first_worker": "xoserve",
    "guidance": "Use it.",
    "duplicate_rule": "warn",
    "starts_on": date(2020, 1, 1),
    "ends_on": None,
}
NEW_ITEM = {
    "code": "flat_number",
    "label": "Flat number",
    "kind": "text",
    "choices": [],
    "is_required": True,
    "help": "Like 2A.",
    "position": 15,
    "starts_on": date(2020, 1, 1),
    "ends_on": None,
}


def find_item(type_code: str, code: str) -> DataItem:
    wanted = select(DataItem).join(ContactType).where(ContactType.code == type_code, DataItem.code == code)
    return db.session.scalars(wanted).one()


def change_item(item: DataItem, **values: Any) -> DataItem:
    names = ("label", "kind", "choices", "is_required", "help", "position", "starts_on", "ends_on")
    known = {name: getattr(item, name) for name in names}
    changed = contact_types.change_item(item.id, known | values, version=item.version)
    db.session.commit()
    return changed


def change_type(code: str, *, raisers: list[str], targets: dict[int, int], version: int, **values: Any) -> ContactType:
    known = {name: value for name, value in NEW_TYPE.items() if name != "code"}
    changed = contact_types.change_type(code, known | values, raisers=raisers, targets=targets, version=version)
    db.session.commit()
    return changed


def codes(type_code: str) -> list[str]:
    return [item.code for item in contact_types.get_definition(type_code).items]


def headings(type_code: str) -> list[str]:
    sheet = openpyxl.load_workbook(io.BytesIO(template(contact_types.get_definition(type_code))))["Contacts"]
    return [cell.value for cell in sheet[1]]


def test_a_new_type_with_an_item_can_be_raised_at_once(acting, browser) -> None:
    with acting("root"):
        contact_types.create_type(NEW_TYPE, raisers=["SHIPPER"], targets={5: 95, 2: 50, 9: 99})
        contact_types.add_item("ZZZ", NEW_ITEM)
        db.session.commit()
    with acting("ann"):
        definition = contact_types.get_definition("zzz")
        assert (definition.code, definition.due_days, definition.raisers) == ("ZZZ", 5, {"SHIPPER"})
        assert codes("ZZZ") == ["FLAT_NUMBER"]
        draft, errors = drafts.check(definition, {"FLAT_NUMBER": "2A"}.get)
        assert not errors
        ((_, reference),) = contacts.raise_contacts([draft], {"ZZZ": definition}, channel="screen")
        assert contacts.get_contact(reference).summary == "2A"
        assert headings("ZZZ") == ["Flat number", "Your reference"]
        db.session.commit()
    with acting("ned"):
        assert "ZZZ" not in {one.code for one in contact_types.list_raisable()}
    form = browser("ann").get("/raise/ZZZ/").get_data(as_text=True)
    assert 'name="FLAT_NUMBER"' in form and "Like 2A." in form


def test_a_changed_and_a_retired_item_show_on_form_and_template(acting, browser) -> None:
    with acting("ann"):
        reference = raise_one("3938424403", "High")
        db.session.commit()
    yesterday = clock.today() - timedelta(days=1)
    with acting("root"):
        change_item(find_item("ADD", "ADDRESS"), label="The whole address", help="All of it.")
        change_item(find_item("ADD", "ADDRESS_REASON"), ends_on=yesterday)
        change_item(find_item("ADD", "POSTCODE"), is_required=False, position=1)
    with acting("ann"):
        assert headings("ADD")[:3] == ["Correct postcode", "MPRN", "The whole address"]
        assert "ADDRESS_REASON" not in codes("ADD")
        given = {**answers("3938424403", "High"), "POSTCODE": "", "ADDRESS_REASON": "no longer asked"}
        draft, errors = drafts.check(contact_types.get_definition("ADD"), given.get)
        assert not errors and "ADDRESS_REASON" not in draft.answers
    ann = browser("ann")
    form = ann.get("/raise/ADD/").get_data(as_text=True)
    assert "The whole address" in form and "All of it." in form and "ADDRESS_REASON" not in form
    page = ann.get(f"/contacts/{reference}/").get_data(as_text=True)
    assert "Spelling or numbering" in page, "answers to a retired item stay readable"


def test_an_item_counts_from_its_first_to_its_last_day(acting, move_clock) -> None:
    with acting("root"):
        change_item(find_item("ADD", "ADDRESS"), starts_on=date(2031, 5, 5), ends_on=date(2031, 5, 7))
        for day, is_asked in ((4, False), (5, True), (7, True), (8, False)):
            move_clock(datetime(2031, 5, day, 12))
            assert ("ADDRESS" in codes("ADD")) == is_asked


def test_a_type_that_ended_is_retired_from_the_next_day(acting, move_clock) -> None:
    with acting("root"):
        change_type("ADD", raisers=["SHIPPER"], targets={10: 95}, version=1, ends_on=date(2031, 5, 7))
    with acting("ann"):
        move_clock(datetime(2031, 5, 7, 22, 59))
        assert contact_types.get_definition("ADD").refusal("SHIPPER") is None
        move_clock(datetime(2031, 5, 7, 23, 1))  # 00:01 in London
        assert "retired" in contact_types.get_definition("ADD").refusal("SHIPPER")


def test_the_list_of_types_to_raise_holds_those_that_have_no_refusal(acting, move_clock) -> None:
    with acting("root"):
        change_type("ADD", raisers=["SHIPPER", "UIP"], targets={10: 95}, version=1, ends_on=date(2031, 5, 7))
        contact_types.create_type(NEW_TYPE, raisers=["SHIPPER"], targets={5: 95})
        change_item(contact_types.add_item("ZZZ", NEW_ITEM), starts_on=date(2031, 5, 8), ends_on=date(2031, 5, 9))
    seen = set()
    for day in (1, 7, 8, 9, 10):
        move_clock(datetime(2031, 5, day, 12))
        for name in ("ann", "ned", "root"):
            with acting(name) as actor:
                definitions = contact_types.list_definitions()
                open_types = [one.code for one in definitions if one.refusal(actor.organisation_kind) is None]
                assert [one.code for one in contact_types.list_raisable()] == open_types, (day, name)
                seen |= {(day, code) for code in open_types if code in ("ADD", "ZZZ")}
    assert seen == {(1, "ADD"), (7, "ADD"), (8, "ZZZ"), (9, "ZZZ")}


def test_a_change_of_raisers_and_targets_is_kept_and_audited(acting) -> None:
    with acting("root"):
        change_type("ADD", raisers=["SHIPPER", "UIP"], targets={3: 96, 10: 99}, version=1, name="Address, amended")
        definition = contact_types.get_definition("ADD")
        assert (definition.raisers, definition.due_days) == ({"SHIPPER", "UIP"}, 3)
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "contact_type:change")).one()
        assert event.before["raisers"] == ["GT", "IGT", "SHIPPER"] and event.after["raisers"] == ["SHIPPER", "UIP"]
        assert event.before["targets"] == [[4, 80], [10, 95], [20, 98]]
        assert event.after["targets"] == [[3, 96], [10, 99]]
        assert event.after["name"] == "Address, amended" and "duplicate_rule" not in event.after
        change_type("ADD", raisers=[], targets={}, version=2)
        definition = contact_types.get_definition("ADD")
        assert (definition.raisers, definition.due_days) == (frozenset(), DEFAULT_DUE_DAYS)


def test_an_old_version_is_a_conflict(acting) -> None:
    with acting("root"):
        change_type("ADD", raisers=["SHIPPER"], targets={10: 95}, version=1)
        with pytest.raises(Conflict):
            change_type("ADD", raisers=["SHIPPER"], targets={10: 95}, version=1)
        db.session.rollback()
        item = find_item("ADD", "ADDRESS")
        pk = item.id
        change_item(item, label="Once")
        with pytest.raises(Conflict):
            contact_types.change_item(pk, NEW_ITEM | {"label": "Twice"}, version=1)


def test_codes_are_used_once_and_never_change(acting) -> None:
    with acting("root"):
        with pytest.raises(RuleBroken, match="already a contact type ADD") as refusal:
            contact_types.create_type(NEW_TYPE | {"code": "add"}, raisers=[], targets={})
        assert refusal.value.field == "code"
        with pytest.raises(RuleBroken, match="already has a data item MPRN"):
            contact_types.add_item("ADD", NEW_ITEM | {"code": "mprn"})
        item = find_item("ADD", "ADDRESS")
        assert change_item(item, code="OTHER", contact_type_id=99).code == "ADDRESS"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "no such kind"}, "kind"),
        ({"kind": "choice", "choices": []}, "choices"),
        ({"ends_on": date(2019, 12, 31)}, "ends_on"),
    ],
)
def test_an_item_that_makes_no_sense_is_refused_beside_its_field(acting, values, field) -> None:
    with acting("root"):
        for verb in (
            lambda: contact_types.add_item("ADD", NEW_ITEM | values),
            lambda: contact_types.change_item(find_item("ADD", "ADDRESS").id, NEW_ITEM | values, version=1),
        ):
            with pytest.raises(RuleBroken) as refusal:
                verb()
            assert refusal.value.field == field


def test_what_is_unknown_is_not_found(acting) -> None:
    with acting("root"):
        for verb in (
            lambda: contact_types.get_definition("NONE"),
            lambda: contact_types.add_item("NONE", NEW_ITEM),
            lambda: contact_types.change_item(10**9, NEW_ITEM, version=1),
            lambda: contact_types.change_type("NONE", NEW_TYPE, raisers=[], targets={}, version=1),
        ):
            with pytest.raises(NotFound):
                verb()


@pytest.mark.parametrize("name", ["ann", "lena", "ada", "mo", "xena"])
def test_only_administrators_change_them(acting, name) -> None:
    with acting(name):
        for verb in (
            lambda: contact_types.create_type(NEW_TYPE, raisers=[], targets={}),
            lambda: contact_types.change_type("ADD", NEW_TYPE, raisers=[], targets={}, version=1),
            lambda: contact_types.add_item("ADD", NEW_ITEM),
            lambda: contact_types.change_item(1, NEW_ITEM, version=1),
        ):
            with pytest.raises(NotAllowed):
                verb()


def test_answers_stay_readable_when_their_item_becomes_another_kind(acting, browser) -> None:
    with acting("ann"):
        reference = raise_one("3938424403", "High")
        db.session.commit()
    ann = browser("ann")
    for kind in sorted(KINDS):
        with acting("root"):
            change_item(find_item("ADD", "ADDRESS"), kind=kind, choices=[["A", "B"]])
        page = ann.get(f"/contacts/{reference}/")
        assert page.status_code == 200 and "1 high street" in page.get_data(as_text=True).lower(), kind


def test_a_draft_keeps_no_answer_its_type_does_not_ask_for(acting) -> None:
    with acting("ann"):
        draft, _ = drafts.check(contact_types.get_definition("ADD"), {"INVENTED": "x", "STATUS": "resolved"}.get)
        assert draft == Draft("ADD", {})
