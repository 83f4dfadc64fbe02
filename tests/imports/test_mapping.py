"""imports.mapping: which row is the header, and which column answers which item."""

import pytest

from app.domain.errors import UnreadableUpload
from app.imports.checking import Checker
from app.imports.mapping import TYPE_COLUMN, HeaderMap, folded, is_header, names_of, understand
from app.imports.reader import SourceRow
from app.services import contact_types
from app.services.definition import Definition

ADD_HEADERS = ("MPRN", "What is wrong with the address", "Correct address", "Correct postcode", "Description")


@pytest.fixture
def definitions(acting) -> dict[str, Definition]:
    with acting("ann"):
        return {definition.code: definition for definition in contact_types.list_definitions()}


def row(*cells: str, number: int = 1) -> SourceRow:
    return SourceRow(number, cells, {})


class Rows:
    """Rows as the reader gives them."""

    def __init__(self, *rows: SourceRow) -> None:
        self.rows = list(rows)

    def batches(self):
        yield self.rows


def read_header(definitions: dict[str, Definition], code: str | None, *rows: SourceRow) -> HeaderMap:
    """The header as the checker finds it."""
    checker = Checker(definitions, code)
    next(checker.check(Rows(*rows, row(*["x"] * 12, number=99))), None)
    return checker.header


def refused(definitions: dict[str, Definition], code: str | None, *rows: SourceRow) -> UnreadableUpload:
    checker = Checker(definitions, code)
    with pytest.raises(UnreadableUpload) as refusal:
        checker._find_header(iter(rows))
    message = refusal.value.message
    assert message[0].isupper() and message.endswith("."), message
    return refusal.value


@pytest.mark.parametrize(
    "header",
    [
        "Correct postcode",
        "correct postcode",
        "CORRECT POSTCODE",
        "  Correct\tpostcode \n",
        "Correct post-code",
        "Correct_Postcode:",
        "Correct postcode *",
        "Correct postcode (required)",
        "Córrect pôstcodé",
        "ＣＯＲＲＥＣＴ ＰＯＳＴＣＯＤＥ",
        "Correct\u00a0postcode",
        "POSTCODE",
        "postcode",
        "Post Code",
    ],
)
def test_a_header_is_known_however_it_is_written(definitions, header) -> None:
    names = names_of([definitions["ADD"]], is_mixed=False)
    assert names[folded(header)] == "POSTCODE"


def test_every_item_of_every_type_is_known_by_its_code_and_label(definitions) -> None:
    for code, definition in definitions.items():
        names = names_of([definition], is_mixed=False)
        for item in definition.asked:
            assert names[folded(item.code)] == names[folded(item.label)] == item.code, (code, item)


def test_in_a_mixed_file_a_heading_means_the_same_for_every_type(definitions) -> None:
    names = names_of(definitions.values(), is_mixed=True)
    for code, definition in definitions.items():
        for item in definition.asked:
            assert names[folded(item.code)] == names[folded(item.label)] == item.code, (code, item)
    assert all(names[folded(text)] == TYPE_COLUMN for text in ("Contact type", "type", "Contact code", "CONTACT_TYPE"))


def test_columns_are_found_in_any_order_among_others(definitions) -> None:
    header = read_header(definitions, "ADD", row("Ours", *reversed(ADD_HEADERS), "", "Your reference", "Notes"))
    assert {column.letter: column.code for column in header.columns} == {
        "A": None,
        "B": "DESCRIPTION",
        "C": "POSTCODE",
        "D": "ADDRESS",
        "E": "ADDRESS_REASON",
        "F": "MPRN",
        "H": "OWN_REFERENCE",
        "I": None,
    }
    assert header.notes == ("Columns not used: A “Ours”, I “Notes”.",)
    assert header.column_of("MPRN").header == "MPRN" and header.column_of("LDZ") is None


def test_what_our_own_returned_workbook_adds_is_no_unknown_column(definitions) -> None:
    header = read_header(definitions, "ADD", row(*ADD_HEADERS, "Result", "Errors", "Contact reference"))
    assert header.notes == ()


def test_many_unknown_columns_are_named_up_to_a_point(definitions) -> None:
    names = names_of([definitions["ADD"]], is_mixed=False)
    many = row(*ADD_HEADERS, *(f"Extra {number}" for number in range(40)))
    note = understand(many, names, [], is_mixed=False).notes[0]
    assert note.count("Extra") == 20 and note.endswith("….") or note.endswith(" ….")


def test_a_doubled_column_is_refused_naming_both(definitions) -> None:
    error = refused(definitions, "ADD", row(*ADD_HEADERS, "mprn"))
    assert error.code == "IMP-504" and "A (“MPRN”)" in error.message and "F (“mprn”)" in error.message
    assert refused(definitions, "ADD", row(*ADD_HEADERS, "POSTCODE")).code == "IMP-504"


def test_missing_columns_are_all_named_with_what_was_not_recognised(definitions) -> None:
    error = refused(definitions, "ADD", row("MPRN", "Description", "Postal adress", "Correct address", number=4))
    assert error.code == "IMP-503" and "Row 4 is the header" in error.message
    assert "What is wrong with the address, Correct postcode." in error.message
    assert "“Postal adress”" in error.message and "“MPRN”" not in error.message


def test_optional_columns_may_be_missing(definitions) -> None:
    assert read_header(definitions, "ADD", row(*ADD_HEADERS)).column_of("METER_SERIAL_NUMBER") is None


def test_title_rows_above_the_header_are_passed_over(definitions) -> None:
    titles = [row("Address changes"), row("for", "November", number=3), row("", "Contact: Ann", number=5)]
    assert read_header(definitions, "ADD", *titles, row(*ADD_HEADERS, number=7)).header_row == 7


def test_a_header_below_the_thirtieth_row_is_not_looked_for(definitions) -> None:
    titles = [row(f"Title {number}", "x", "y", number=number) for number in range(1, 31)]
    assert read_header(definitions, "ADD", *titles[:29], row(*ADD_HEADERS, number=30)).header_row == 30
    error = refused(definitions, "ADD", *titles, row(*ADD_HEADERS, number=31))
    assert error.code == "IMP-503" and "The first row holds “Title 1”, “x”, “y”." in error.message


def test_a_header_over_two_rows_is_refused_naming_both(definitions) -> None:
    upper = row("What is wrong", "Meter", "Your", number=2)
    lower = row("with the address", "serial number", "reference", number=3)
    error = refused(definitions, "ADD", row("Title"), upper, lower, row("x", "y", "z", number=4))
    assert error.code == "IMP-507" and "rows 2 and 3" in error.message


def test_a_mixed_file_needs_its_column_of_types(definitions) -> None:
    assert refused(definitions, None, row(*ADD_HEADERS)).code == "IMP-503"
    header = read_header(definitions, None, row("Type", *ADD_HEADERS))
    assert header.column_of(TYPE_COLUMN).letter == "A"


def test_no_rows_are_no_contacts(definitions) -> None:
    assert refused(definitions, "ADD").code == "IMP-505"


def test_a_row_of_answers_is_no_header(definitions) -> None:
    names = names_of([definitions["ADD"]], is_mixed=False)
    assert not is_header(row("3938424403", "SPELLING", "1 High Street", "B91 3QL", "Description"), names)
    assert not is_header(row("", "", ""), names)
    assert is_header(row("", "MPRN", "Ours"), names)
    assert not is_header(row("MPRN", "Ours", "Theirs"), names)
