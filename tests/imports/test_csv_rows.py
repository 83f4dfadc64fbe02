"""Csv files read by the real child process: the exact rows, problems and notes."""

import pytest

from tests.imports.reading import read

CSV = "Contact type,MPRN,note\nT01,0012345678,café £5\n"
CSV_ROWS = [(1, ("Contact type", "MPRN", "note")), (2, ("T01", "0012345678", "café £5"))]


@pytest.mark.parametrize(
    "text", [CSV, CSV.replace(",", ";"), CSV.replace(",", "\t"), "sep=;\n" + CSV.replace(",", ";")]
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_csv_reads_the_same_in_each_encoding_and_with_each_delimiter(text: str, codec: str) -> None:
    rows, notes, sheet = read(text.replace("\n", "\r\n").encode(codec))
    assert ([(row.number, row.cells) for row in rows], sheet) == (CSV_ROWS, "")
    assert any("cp1252" in note for note in notes) == (codec == "cp1252")
    assert any("UTF-16" in note for note in notes) == codec.startswith("utf-16")


def test_quotes_in_a_csv_may_hold_line_breaks_delimiters_and_quotes() -> None:
    text = 'a;b\n\n"1\n2, 3;""x""";="0012"\n#N/A;4\n'
    rows, _, _ = read(text.encode())
    assert [(row.number, row.cells) for row in rows] == [
        (1, ("a", "b")),
        (3, ('1\n2, 3;"x"', "0012")),
        (4, ("#N/A", "4")),
    ]
    assert rows[2].problems[0][0] == "IMP-406"
