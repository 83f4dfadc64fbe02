"""services.mail: mail is written with what it tells of, to anybody, and says nothing it should not."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from app.access.tenancy import OutOfReach, post_mail
from app.domain.errors import RuleBroken
from app.domain.mail import MAILS, Letter, MailKind, greet, is_address
from app.extensions import db
from app.models import Organisation, OutgoingMail, User
from app.services import mail

VALUES = {
    "link": "/account/choose/abc?x=1",
    "hours": 72,
    "minutes": 30,
    "at": datetime(2026, 7, 1, 12, 5, tzinfo=UTC),
    "ends_at": datetime(2026, 7, 1, 12, 5, tzinfo=UTC),
    "role": "Member <b>",
    "service": "Contacts",
    "organisation": "Alder & Daughters",
    "starts_on": date(2026, 7, 1),
    "ends_on": date(2026, 7, 14),
    "due_on": date(2026, 7, 14),
    "disabled_on": date(2026, 7, 14),
    "reference": "SR-1",
    "answer": "Ask Lena.",
}


def pk_of(name: str) -> int:
    return db.session.scalars(select(User.id).where(User.user_id == name)).one()


def posted() -> list[OutgoingMail]:
    return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


@pytest.mark.parametrize("kind", MailKind)
def test_every_kind_has_both_parts_and_shows_what_it_is_given(acting, kind) -> None:
    given = {name: VALUES[name] for name in MAILS[kind].values}
    with acting("system"):
        mail.post(kind, to=pk_of("ALD-ANN"), **given)
        (row,) = posted()
    assert row.subject == MAILS[kind].subject and len(row.subject) <= 60
    for name in given:
        if name == "link":
            url = "http://127.0.0.1:5000/account/choose/abc?x=1"
            assert url in row.text and f'<a href="{url}">' in row.html
        else:
            assert str(given[name]) in row.text or "2026" in row.text
    assert "<p>" in row.html and "<p>" not in row.text
    assert "Member <b>" not in row.html and "Alder & Daughters" not in row.html
    assert "Ann" not in row.text + row.html and "example" not in row.text + row.html, "only the greeting names anybody"


def test_every_kind_is_in_the_table_and_has_its_templates() -> None:
    assert set(MAILS) == set(MailKind)
    wanted = {f"{kind}.{part}" for kind in [*MailKind, "layout"] for part in ("txt", "html")}
    assert set(mail.templates.list_templates()) == wanted


def test_mail_exists_only_if_the_transaction_does(app, acting) -> None:
    with acting("lena"):
        mail.post(MailKind.DISABLED, to=pk_of("ALD-ANN"))
        db.session.rollback()
        assert posted() == []
        mail.post(MailKind.DISABLED, to=db.session.get(User, pk_of("ALD-ANN")))
        db.session.commit()
        (row,) = posted()
        ann = db.session.get(User, row.user_id)
        assert (row.address, row.organisation_id, ann.user_id) == ("ann@alder.example", ann.organisation_id, "ALD-ANN")
        assert (row.state, row.attempts, row.sent_at, row.error) == ("waiting", 0, None, None)


def test_mail_goes_to_people_out_of_reach_and_nothing_comes_back(acting) -> None:
    with acting("system"):
        root, bea = pk_of("XOS-ROOT"), pk_of("BIR-BEA")
    with acting("lena"):
        mail.post(MailKind.APPROVAL_ASKED, to=root, link="/approvals/")
        mail.post(MailKind.APPROVAL_ASKED, to=10**9, link="/approvals/")
        db.session.commit()
        assert posted() == []
    with acting("root"):
        mail.post(MailKind.ACTING_ON_BEHALF, to=bea, **{k: VALUES[k] for k in ("organisation", "ends_at", "link")})
        db.session.commit()
        assert [row.user_id for row in posted()] == [root, bea]
    with acting("bea"):
        assert [row.kind for row in posted()] == ["acting_on_behalf"]


def test_the_same_key_is_written_once_to_each_person(acting) -> None:
    with acting("lena"):
        for _ in range(2):
            for name in ("ALD-ANN", "ALD-SUE"):
                mail.post(
                    MailKind.REVIEW_REMINDER, to=pk_of(name), key="7", due_on=VALUES["due_on"], link="/reviews/7/"
                )
        mail.post(MailKind.DISABLED, to=pk_of("ALD-ANN"), key="7")
        for _ in range(2):
            mail.post(MailKind.DISABLED, to=pk_of("ALD-ANN"))
        db.session.commit()
        assert len(posted()) == 5
        assert len({row.message_key for row in posted()}) == 5


def test_somebody_who_is_not_known_is_written_to_by_address(acting) -> None:
    with acting("system"):
        mail.post_to_address(MailKind.SUPPORT_REQUEST_RECEIVED, " who@else.example ", reference="SR-1")
        (row,) = posted()
        xoserve = db.session.scalars(select(Organisation.id).where(Organisation.kind_code == "CDSP")).one()
        assert (row.address, row.user_id, row.organisation_id) == ("who@else.example", None, xoserve)


BAD_ADDRESSES = [
    "",
    "nobody",
    "a@b",
    "a b@c.example",
    "a@b.example\r\nBcc: all@b.example",
    "a@b.example\nX: y",
    "a@b.example,c@d.example",
    "Ann <a@b.example>",
    "a@b.example\0",
    "é@b.example",
    "a" * 65 + "@b.example",
    "a@" + "b" * 250 + ".example",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_that_could_end_a_header_is_refused(acting, address) -> None:
    assert not is_address(address)
    with acting("system"):
        with pytest.raises(RuleBroken) as refused:
            mail.post_to_address(MailKind.SUPPORT_REQUEST_RECEIVED, address, reference="SR-1")
        assert refused.value.field == "email"
        assert db.session.scalar(select(func.count(OutgoingMail.id))) == 0


@pytest.mark.parametrize(
    "link",
    ["", "account", "//evil.example/", "/\\evil.example", "https://evil.example/", "/a b", "/a\r\nb", "javascript:x"],
)
def test_a_link_leads_to_this_site(acting, link) -> None:
    with acting("lena"), pytest.raises(ValueError, match="a path of this site"):
        mail.post(MailKind.APPROVAL_ASKED, to=1, link=link)


@pytest.mark.parametrize("value", ["two\nlines", "a\r\nBcc: b@c.example", "x" * 201, "a\u2028b"])
def test_a_value_is_one_short_line(acting, value) -> None:
    with acting("lena"), pytest.raises(ValueError, match="one short line"):
        mail.post(MailKind.ROLE_WITHDRAWN, to=1, role=value)


def test_values_are_those_of_the_kind(acting) -> None:
    with acting("lena"):
        for values in ({}, {"role": "Member", "note": "x"}, {"note": "x"}):
            with pytest.raises(ValueError, match="takes"):
                mail.post(MailKind.ROLE_WITHDRAWN, to=1, **values)


def test_only_letters_of_known_kinds_pass_the_door(acting) -> None:
    with pytest.raises(ValueError, match="known kinds"):
        Letter("disabled", "x", "x", "key", user_pk=1)
    for user_pk, address in ((None, ""), (1, "a@b.example")):
        with pytest.raises(ValueError, match="a person or to an address"):
            Letter(MailKind.DISABLED, "x", "x", "key", user_pk=user_pk, address=address)

    class Forged(Letter):
        subject = "Anything"

    with acting("lena"):
        for odd in (Forged(MailKind.DISABLED, "x", "x", "key", user_pk=1), "x"):
            with pytest.raises(OutOfReach):
                post_mail([odd])


def test_a_greeting_holds_the_name_on_one_line() -> None:
    assert greet("Ann") == "Hello Ann,"
    assert greet("Ann\r\nBcc: all@b.example") == "Hello Ann  Bcc: all@b.example,"
    assert greet(" \n") == "Hello,"
