"""services.contact_list: each filter, and search by everything a contact is known by."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.domain import clock
from app.domain.errors import RuleBroken
from app.domain.identifiers import ALPHABET, make_reference, parse_reference
from app.domain.lifecycle import Action, Status
from app.extensions import db
from app.models import Contact
from app.services import contact_list, contact_types, contacts, drafts
from app.services.contact_list import SORTS, select_contacts

MPRNS = ("3938424403", "7400000108", "2144689001", "9999999905")


def raise_with(**given: str) -> str:
    """Raise an ADD contact with these answers among good ones; its reference."""
    known = {
        "MPRN": MPRNS[0],
        "ADDRESS_REASON": "SPELLING",
        "ADDRESS": "1 High Street",
        "POSTCODE": "B91 3QL",
        "DESCRIPTION": "The number is wrong.",
    }
    definition = contact_types.get_definition("ADD")
    draft, errors = drafts.check(definition, {**known, **given}.get)
    assert not errors, errors
    reference = contacts.raise_contacts([draft], {"ADD": definition}, channel="screen")[0][1]
    db.session.commit()
    return reference


def find(sort: str = "oldest", **filters: str) -> list[str]:
    """References of what the filters leave, in order."""
    statement = SORTS[sort].order(select_contacts(filters, sort))
    return [contact.reference for contact in db.session.scalars(statement)]


def test_status_type_and_organisation(acting) -> None:
    with acting("ann"):
        first, second, third = raise_with(), raise_with(), raise_with()
        contacts.perform(second, Action.WITHDRAW, version=1, message="A slip.")
        db.session.commit()
    with acting("bob"):
        foreign = raise_with()
    with acting("ada"):
        contacts.perform(third, Action.CLAIM, version=1)
        db.session.commit()
        assert find() == [first, second, third, foreign]
        assert find(organisation="ald") == [first, second, third]
        assert find(assignee="me") == [third]
        assert find(assignee="nobody") == [first, foreign]
    with acting("ann"):
        assert find(status="open") == [first, third]
        assert find(status="closed") == [second]
        assert {status.value: find(status=status.value) for status in Status if find(status=status.value)} == {
            "logged": [first],
            "assigned": [third],
            "withdrawn": [second],
        }
        assert find(type="ADD", status="logged") == [first]
        assert find(type="ISO") == []
        assert find(organisation="BIR") == []


def test_due_filters_speak_of_open_contacts(acting) -> None:
    today = clock.today()
    days = {"late": -1, "today": 0, "soon": 7, "later": 8, "done": -3}
    with acting("ann"):
        references = {name: raise_with() for name in days}
        contacts.perform(references["done"], Action.WITHDRAW, version=1, message="A slip.")
        db.session.commit()
    with acting("system"):
        for name, away in days.items():
            moved = update(Contact).where(Contact.reference == references[name])
            db.session.execute(moved.values(due_on=today + timedelta(days=away)))
        db.session.commit()
    with acting("ann"):
        names = {reference: name for name, reference in references.items()}
        found = {due: [names[one] for one in find("due", due=due)] for due in ("overdue", "today", "week")}
        assert found == {"overdue": ["late"], "today": ["today"], "week": ["today", "soon"]}
        assert [names[one] for one in find("due")] == ["late", "today", "soon", "later"]
        assert [names[one] for one in find("due", status="closed")] == ["done"]
        assert [names[one] for one in find("newest")] == [*days][::-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "done"),
        ("status", "OPEN"),
        ("type", "a;b"),
        ("type", "ADDED"),
        ("type", "ä"),
        ("due", "tomorrow"),
        ("assignee", "ann"),
        ("organisation", "alder"),
        ("organisation", "-1"),
        ("organisation", "9" * 13),
        ("q", "x" * 101),
        ("q", "—"),
        ("q", "_"),
        ("q", '"*"'),
    ],
)
def test_a_value_that_means_nothing_is_refused_and_names_its_filter(acting, name, value) -> None:
    with acting("ada"):
        with pytest.raises(RuleBroken) as refusal:
            select_contacts({name: value}, "newest")
        assert refusal.value.field == name and refusal.value.message.endswith(".")


def test_a_reference_is_found_however_it_is_written(acting) -> None:
    with acting("ann"):
        reference, _ = raise_with(), raise_with()
        bare = reference.replace("-", "")
        spaced = f"{bare[:3]} {bare[3:6]} {bare[6:]}"
        misread = bare.replace("0", "O").replace("1", "l")
        for text in (reference, reference.lower(), bare, bare.lower(), spaced, f"  {bare} ", misread, misread.lower()):
            assert find(q=text) == [reference], text
    with acting("ada"):
        assert find(q=bare) == [reference]
    with acting("bob"):
        assert find(q=reference) == []


def test_a_reference_of_digits_alone_is_found_too(acting) -> None:
    number = next(n for n in range(10**6) if make_reference(n, 7).replace("-", "").isdigit())
    reference = make_reference(number, 7)
    assert parse_reference(reference) == reference
    with acting("ann"):
        raised = raise_with()
    with acting("system"):
        db.session.execute(update(Contact).where(Contact.reference == raised).values(reference=reference))
        db.session.commit()
    with acting("ann"):
        assert find(q=reference) == [reference]
        assert find(q=reference.replace("-", "")) == [reference]
        assert find(q=reference.replace("-", " ")) == [reference]


def test_a_meter_point_is_found_with_spaces_and_leading_zeros(acting) -> None:
    with acting("ann"):
        wanted, _ = raise_with(MPRN=MPRNS[1]), raise_with(MPRN=MPRNS[2])
        mentioned = raise_with(DESCRIPTION=f"The other one is {MPRNS[2]}.")
        for text in ("7400000108", "7400 000 108", " 74 00 00 01 08", "0007400000108"):
            assert find(q=text) == [wanted], text
        assert mentioned in find(q=f"other {MPRNS[2]}")
    with acting("bob"):
        assert find(q=MPRNS[1]) == []


OWN = ["ALD/2026-001", "ald-7", "A.B_C", "X", "K 12/3", "-5", "2024-03-31", "a@b.example", "½", "№7", "ÄÖ-ß/9"]


def test_an_own_reference_is_found_whatever_it_is_made_of(acting) -> None:
    with acting("ann"):
        references = [raise_with(OWN_REFERENCE=own) for own in OWN]
        for own, reference in zip(OWN, references, strict=True):
            assert reference in find(q=own), own
        assert find(q="ald/2026-001") == [references[0]]
        assert find(q="ALD 2026 001") == [references[0]]
    with acting("bob"):
        for own in OWN:
            assert find(q=own) == [], own


TEXT = "Re-read at O'Neill's flat: meter_read_freq 12,5 (see http://x.example/a?b=c) Café İstanbul 2026-11-23 e.g. -40"


@pytest.mark.parametrize(
    "words",
    [
        "re-read",
        "O'Neill",
        "o'neill's flat",
        "NEILL",
        "meter_read_freq",
        "freq",
        "12,5",
        "http://x.example",
        "x.example/a",
        "Café",
        "2026-11-23",
        "11-23",
        "e.g.",
        "-40",
        '"flat"',
        '"re-read at"',
        "fla",
        "flat meter",
        "meter   flat",
        "  flat\t",
        "see (http",
    ],
)
def test_words_are_found_as_they_were_written_and_in_any_order(acting, words) -> None:
    with acting("ann"):
        wanted, other = raise_with(DESCRIPTION=TEXT), raise_with()
        assert find(q=words) == [wanted], words
    with acting("bob"):
        assert find(q=words) == []
    with acting("ada"):
        assert wanted in find(q=words)
        assert other not in find(q=words)


AWKWARD = [
    '"', '""', "*", "a*", "**", "AND", "and", "OR x", "NOT", "NEAR(", "NEAR(a b)", "a NEAR b", ":", "words:x", "-",
    "a -b", "^a", "(", ")", "{a b}", "'", "''", "a'b", "a''b", "&|!()", "a & b", "a | b", "!a", "a:*", "a:A", "a <-> b",
    "<2>", "\\", "a\\", "\\'", "%", "_", "a_b", "__", "+a", "~a", ";", "--", "/* */", "a b" * 33, "zzorg1",
    "zzorg2 High", "ᦰ", "aᳲb", "ὐ", "𞤀b", "é" * 50, "ﬁ", "ß", "İ", "ı", "١٢٣", "１２３", "²", "½", "㍿", "👍", "👩‍👩",
    "\u200b",
    "a\u0301", "\ufeff", "\ud7ff",
    "x" * 100, "1" * 100, "0" * 9, "1e5", "1e400", "NaN", "12:30", "a@b", "file.txt", "c:\\x",
    "</b>", "{{7*7}}",
]  # fmt: skip


def test_no_search_is_ever_an_error(acting) -> None:
    with acting("bob"):
        foreign = raise_with(DESCRIPTION=" ".join(AWKWARD).replace("\ufeff", ""))
    with acting("ann"):
        for text in AWKWARD:
            raise_with(DESCRIPTION=f"x {text} y".replace("\ufeff", ""))
    for name in ("ann", "ada"):
        with acting(name):
            for text in AWKWARD:
                try:
                    found = find(q=text)
                except RuleBroken as refusal:
                    assert refusal.field == "q" and not drafts.split_words(text)
                else:
                    assert name == "ada" or foreign not in found, text


def test_a_search_for_birchs_mark_finds_nothing_of_birch(acting) -> None:
    with acting("bob") as bob:
        raise_with(DESCRIPTION="A canary.")
        birch = bob.organisation_id
    with acting("ann") as ann:
        own = raise_with(DESCRIPTION=f"zzorg{birch} canary")
        for text in (f"zzorg{birch}", f"zzorg{birch} canary", f"zzorg{ann.organisation_id} OR zzorg{birch}", "canary"):
            assert find(q=text) in ([own], []), text


def test_a_word_many_strangers_use_does_not_crowd_out_ones_own(acting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the newest matches are looked at: they must be the newest of one's own."""
    monkeypatch.setattr(contact_list, "MOST_MATCHES", 3)
    with acting("ann"):
        own = raise_with(DESCRIPTION="A canary.")
    with acting("bob"):
        for number in range(5):
            raise_with(DESCRIPTION=f"Canary {number}.")
    with acting("ann"):
        assert find(q="canary") == [own]


def test_an_index_of_words_holds_nothing_but_words() -> None:
    assert drafts.split_words("ALD/2026-001 a_b, O'Neill's") == ["ALD", "2026", "001", "a", "b", "O", "Neill", "s"]
    assert drafts.split_words("🙂 -- …") == []
    assert len(ALPHABET) == 32


def test_filters_work_together(acting) -> None:
    with acting("ann"):
        wanted = raise_with(DESCRIPTION="A blue door.")
        closed = raise_with(DESCRIPTION="Another blue door.")
        contacts.perform(closed, Action.WITHDRAW, version=1, message="A slip.")
        db.session.commit()
        assert find(q="blue", status="open", type="ADD") == [wanted]
        assert find(q="blue", status="closed") == [closed]
        assert find(q="blue", due="overdue") == []
        assert db.session.scalars(select(Contact.id)).all() != []
        assert contact_list.DONE.keys() == set(Action)
