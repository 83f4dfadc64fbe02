"""The desk of those who look after access: the list, one person, each act by its page, and many at once."""

import csv
import io
import re

import pytest
from sqlalchemy import func, select

from app.domain import clock
from app.extensions import db
from app.models import AuditEvent, Grant, OutgoingMail, ServiceGrant, User
from app.services import sessions
from app.views import public_ids
from tests.cast import PASSWORD
from tests.services.access import WHY, add_role, begin_today, find, last_event, let_alone, pk_of, span

TODAY = {"starts_on": "", "reason": WHY}


def code_of(app, acting, name: str) -> str:
    with acting("system"):
        return public_ids.encode_id(pk_of(name))


def send(person, address: str, **data: str):
    """Open a page's form and send it with these fields over what it holds."""
    page = person.get(address).get_data(as_text=True)
    hidden = dict(re.findall(r'name="(request_key|version|of)"[^>]*value="([^"]*)"', page))
    hidden |= {name: value for value, name in re.findall(r'value="([^"]*)"[^>]*name="(version|of|request_key)"', page)}
    return person.post(address, {**hidden, **data})


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def day(number: int) -> str:
    return span(number).starts_on.isoformat()


def test_a_service_and_a_role_are_given_and_withdrawn_by_pages_and_the_person_sees_it_at_once(
    app, acting, browser
) -> None:
    rae, lena, code = browser("rae"), browser("lena"), code_of(app, acting, "rae")
    assert rae.get("/contacts/").status_code == 403
    steps = [
        ("give-service", {"service": "contacts", "starts_on": day(0), "reason": WHY}, 403),
        ("give-role", {"role": "viewer", "starts_on": day(0), "ends_on": day(3), "reason": WHY}, 200),
        ("withdraw-role?of=viewer", {"reason": WHY}, 403),
        ("give-role", {"role": "member", "starts_on": day(0), "reason": WHY}, 200),
        ("withdraw-service?of=contacts", {"reason": WHY}, 403),
    ]
    for act, data, status in steps:
        answer = send(lena, f"/people/{code}/{act.replace('?', '/?') if '?' in act else act + '/'}", **data)
        assert answer.status_code == 302, (act, re.findall(r"<li>.*?</li>", text_of(answer))[:5])
        assert rae.get("/contacts/").status_code == status, act
    page = text_of(lena.get(f"/people/details/?id={code}"))
    assert "Not in force" in page and "Contacts is not given today" in page and WHY in page


def test_whoever_lost_the_service_is_told_what_happened_and_whom_to_ask(app, acting, browser) -> None:
    ann, lena, code = browser("ann"), browser("lena"), code_of(app, acting, "ann")
    assert send(lena, f"/people/{code}/withdraw-service/?of=contacts", reason=WHY).status_code == 302
    answer = ann.get("/contacts/")
    words = "The service Contacts was withdrawn from you on"
    assert answer.status_code == 403 and words in text_of(answer) and "Ask Lena" in text_of(answer)
    home = text_of(ann.get("/"))
    assert words in home and "Lena" in home
    assert ann.get("/account/").status_code == 200 and ann.get("/raise/").status_code == 403
    with acting("system"):
        found = db.session.scalars(select(ServiceGrant).where(ServiceGrant.user_id == pk_of("vic"))).one()
        found.ends_on = span(-1).starts_on
        db.session.commit()
    assert "Your access to the service Contacts ended on" in text_of(browser("vic").get("/contacts/"))


def test_disabling_signs_out_and_enabling_lets_in_again(app, acting, browser) -> None:
    ann, lena, code = browser("ann"), browser("lena"), code_of(app, acting, "ann")
    assert "Say why" in text_of(send(lena, f"/people/{code}/disable/"))
    assert send(lena, f"/people/{code}/disable/", reason=WHY).status_code == 302
    assert ann.get("/contacts/").location.startswith("/sign-in")
    page = text_of(lena.get(f"/people/details/?id={code}"))
    assert "Enable again" in page and WHY in page and "/disable/" not in page
    assert send(lena, f"/people/{code}/enable/", reason=WHY).status_code == 302
    assert browser("ann").get("/contacts/").status_code == 200


def test_a_form_sent_twice_is_carried_out_once(app, acting, browser) -> None:
    lena, code = browser("lena"), code_of(app, acting, "ann")
    page = text_of(lena.get(f"/people/{code}/disable/"))
    key = re.search(r'name="request_key" value="([^"]+)"', page)[1]
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)[1]
    for _ in range(2):
        data = {"request_key": key, "version": version, "reason": WHY}
        assert lena.post(f"/people/{code}/disable/", data).status_code == 302
    with acting("system"):
        acts = select(func.count(AuditEvent.id)).where(AuditEvent.action == "user:disable")
        assert db.session.scalar(acts) == 1


def test_going_below_two_lsos_needs_a_tick_and_below_one_is_refused(app, acting, browser) -> None:
    with acting("system"):
        add_role("sue", "lso")
        db.session.commit()
    root, code = browser("root"), code_of(app, acting, "sue")
    address = f"/people/{code}/withdraw-role/?of=lso"
    page = text_of(root.get(address))
    assert "only one LSO. Two are advised" in page and 'name="understood"' in page
    assert send(root, address, reason=WHY).status_code == 200, "the warning is not read yet"
    assert send(root, address, reason=WHY, understood="y").status_code == 302
    last = f"/people/{code_of(app, acting, 'lena')}/withdraw-role/?of=lso"
    answer = send(root, last, reason=WHY, understood="y")
    assert answer.status_code == 200 and "would have no LSO" in text_of(answer)
    with acting("system"):
        assert [grant.role for grant in find("lena").grants] == ["lso"]


def test_the_last_day_of_an_lso_is_warned_about_too(app, acting, browser) -> None:
    with acting("system"):
        add_role("sue", "lso")
        db.session.commit()
    root, code = browser("root"), code_of(app, acting, "sue")
    address = f"/people/{code}/give-role/?of=lso"
    data = {"role": "lso", "starts_on": day(0), "ends_on": day(9), "reason": WHY}
    assert "only one LSO from" in text_of(send(root, address, **data))
    assert send(root, address, **data, understood="y").status_code == 302


FIELDS = [
    "user_id", "organisation", "organisation_id", "is_active", "deleted_at", "password_hash", "roles", "grants",
    "granted_by", "role", "service", "email", "name", "must_change_password", "disabled_reason", "preferences",
]  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_a_form_does_not_have_changes_nothing(app, acting, browser, field) -> None:
    lena, code = browser("lena"), code_of(app, acting, "ann")
    value = {"organisation_id": "1", "organisation": "BIR", "role": "supervisor", "service": "reports"}.get(field, "X")
    with acting("system"):
        before = row_of("ann")
    if field not in ("name", "email"):
        sent = {"name": "Ann", "email": "ann@alder.example", field: value}
        assert send(lena, f"/people/edit/?id={code}", **sent).status_code == 302
    assert send(lena, f"/people/{code}/send-link/", **{field: value}).status_code == 302
    with acting("system"):
        after = row_of("ann")
        assert after == before | {"version": after["version"]}


def row_of(name: str) -> dict[str, object]:
    pk = pk_of(name)
    row = db.session.execute(select(User.__table__).where(User.__table__.c.id == pk)).mappings().one()
    held = select(Grant.role, Grant.granted_by).where(Grant.user_id == pk).order_by(Grant.id)
    services = select(ServiceGrant.service).where(ServiceGrant.user_id == pk).order_by(ServiceGrant.id)
    return {**row, "held": db.session.execute(held).all(), "services": db.session.scalars(services).all()}


def test_a_new_person_gets_a_link_by_mail_and_no_password_is_typed(acting, browser) -> None:
    lena = browser("lena")
    assert "password" not in re.findall(r'name="([^"]+)"', text_of(lena.get("/people/new/")))
    answer = send(lena, "/people/new/", user_id="ald-new", name="Newton New", email="new@alder.example")
    assert answer.status_code == 302
    with acting("system"):
        assert db.session.scalars(select(OutgoingMail.kind)).all() == ["invitation"]
        user = db.session.scalars(select(User).where(User.user_id == "ALD-NEW")).one()
        assert user.must_change_password and not user.last_signed_in_at


def test_a_deleted_person_is_found_only_when_asked_for_and_nothing_can_be_done(app, acting, browser) -> None:
    lena, code = browser("lena"), code_of(app, acting, "vic")
    assert send(lena, f"/people/{code}/delete/", reason=WHY).status_code == 302
    lena.get("/people/")  # where the answer is told, once
    assert "ALD-VIC" not in text_of(lena.get("/people/")) and "ALD-VIC" in text_of(lena.get("/people/?state=deleted"))
    page = text_of(lena.get(f"/people/details/?id={code}"))
    assert "Deleted" in page and "What next?" not in page
    assert lena.get(f"/people/{code}/enable/").status_code == 404


def test_a_locked_person_is_found_and_unlocked(app, acting, browser) -> None:
    with app.app_context():
        for _ in range(6):
            with pytest.raises(Exception, match="do not match|wait"):
                sessions.sign_in("ALD-ANN", "wrong password", address="", browser="")
    lena, code = browser("lena"), code_of(app, acting, "ann")
    assert "ALD-ANN" in text_of(lena.get("/people/?state=locked"))
    assert "ALD-ANN" not in text_of(browser("bea").get("/people/?state=locked"))
    assert send(lena, f"/people/{code}/unlock/").status_code == 302
    lena.get("/people/")  # where the answer is told, once
    assert "ALD-ANN" not in text_of(lena.get("/people/?state=locked"))
    with app.app_context():
        assert sessions.sign_in("ALD-ANN", PASSWORD, address="", browser="")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("service=reports", {"ALD-RAE"}),
        ("service=none", {"ALD-LENA", "ALD-DEE"}),
        ("role=lso", {"ALD-LENA"}),
        ("role=member", {"ALD-ANN"}),
        ("state=new&role=viewer", {"ALD-VIC"}),
        ("state=active", {"ALD-LENA"}),
        ("state=disabled", set()),
        ("ends=14", {"ALD-SUE"}),
        ("q=vi", {"ALD-VIC"}),
    ],
)
def test_people_are_found_by_what_they_hold_and_how_they_stand(acting, browser, query, found) -> None:
    with acting("system"):
        find("sue").grants[0].ends_on = span(9).starts_on
        db.session.commit()
    page = text_of(browser("lena").get(f"/people/?{query}"))
    assert set(re.findall(r"ALD-[A-Z]+", page.split("<tbody>")[-1] if "<tbody>" in page else "")) == found


def test_dormant_is_who_has_not_signed_in_for_ninety_days(acting, browser) -> None:
    with acting("system"):
        for name, days in (("ann", 91), ("sue", 89)):
            find(name).last_signed_in_at = clock.now() - (span(days).starts_on - clock.today())
        db.session.commit()
    page = text_of(browser("lena").get("/people/?state=dormant"))
    assert "ALD-ANN" in page and "ALD-SUE" not in page


def many(person, action: str, codes: list[str], **data: str):
    """Choose people in the list, read the confirmation and send it."""
    page = text_of(person.post("/people/many/", {"action": action, "which": "ticked", "pick": codes}))
    key = re.search(r'name="request_key" value="([^"]+)"', page)[1]
    chosen = re.findall(r'name="chosen" value="([^"]+)"', page)
    assert len(chosen) == len(codes)
    return person.post("/people/many/done/", {"action": action, "request_key": key, "chosen": chosen, **data})


def test_many_are_changed_at_once_and_those_who_may_not_be_are_named(app, acting, browser) -> None:
    with acting("system"):
        let_alone("ann")
        begin_today("vic")
        db.session.commit()
    lena = browser("lena")
    codes = [code_of(app, acting, name) for name in ("ann", "sue", "vic", "rae")]
    assert many(lena, "give-role", codes, role="viewer", starts_on=day(0), reason=WHY).status_code == 302
    page = text_of(lena.get("/people/"))
    assert "2 people were changed. 2 were not." in page and "Give them the service first" in page
    assert many(lena, "disable", codes, reason=WHY).status_code == 302
    with acting("system"):
        assert db.session.scalar(select(func.count(User.id)).where(~User.is_active)) == 4
        assert last_event("user:disable").reason == WHY
    assert many(lena, "enable", codes, reason=WHY).status_code == 302
    assert many(lena, "withdraw-service", codes, service="contacts", reason=WHY).status_code == 302
    with acting("system"):
        left = db.session.scalars(select(ServiceGrant.user_id).where(ServiceGrant.service == "contacts")).all()
        assert not {pk_of(name) for name in ("ann", "sue", "vic")} & set(left)


def test_a_stranger_among_many_is_404_and_nobody_is_changed(app, acting, browser) -> None:
    lena, ann, bob = browser("lena"), code_of(app, acting, "ann"), code_of(app, acting, "bob")
    picked = {"action": "disable", "which": "ticked", "pick": [ann, bob]}
    assert lena.post("/people/many/", picked).status_code == 404
    sent = {"action": "disable", "chosen": [f"{ann}:1", f"{bob}:1"], "reason": WHY, "request_key": "k" * 20}
    assert lena.post("/people/many/done/", sent).status_code == 404
    with acting("system"):
        assert db.session.scalar(select(func.count(User.id)).where(~User.is_active)) == 0


def test_who_has_what_is_exported_with_days_giver_and_reason_of_ones_own_people_only(acting, browser) -> None:
    answer = browser("lena").post("/people/export/?q=a", {"format": "csv"})
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    heading = next(row for row in rows if "User ID" in row)
    lines = [dict(zip(heading, row, strict=False)) for row in rows[rows.index(heading) + 1 :]]
    held = {(line["User ID"], line["Is called"]) for line in lines}
    assert {("ALD-ANN", "Contacts"), ("ALD-ANN", "Member"), ("ALD-LENA", "LSO")} <= held
    assert all(line["User ID"].startswith("ALD-") for line in lines)
    assert {line["User ID"] for line in lines if line["Given by"] != "The tests"} == {"ALD-DEE"}, (
        "who was given nothing"
    )
    with acting("system"):
        assert last_event("user:export").after["filters"] == {"q": "a"}
    assert browser("lena").post("/people/export/", {"format": "xlsx"}).data[:2] == b"PK"
