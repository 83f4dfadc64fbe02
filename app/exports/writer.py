"""A table as a stream of bytes: csv or xlsx, in constant memory, and never with a live formula."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape

from app.domain import clock
from app.domain.items import CONTROL
from app.domain.table import Table, Value

# A spreadsheet program takes text beginning with one of these for a formula (full-width forms too).
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LIVE = tuple("=+-@\t\r\n\x00＝＋－＠")
_BATCH_ROWS = 500
_EPOCH = date(1899, 12, 30)


def inert(text: str) -> str:
    """Text that no spreadsheet program takes for a formula."""
    return f"'{text}" if text.startswith(_LIVE) else text


def write_csv(table: Table, top: Sequence[str] = ()) -> Iterator[bytes]:
    """UTF-8 with BOM, so that Excel reads it right; `top` are lines above the header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    for line in top:
        writer.writerow([inert(line)])
    writer.writerow([inert(column) for column in table.columns])
    yield _taken(buffer)
    for count, row in enumerate(table.rows, 1):
        writer.writerow([_plain(value) for value in row])
        if count % _BATCH_ROWS == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _plain(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, datetime):
        return value.astimezone(clock.LONDON).strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else str(value)


class _Sink(io.RawIOBase):
    """Collects what the zip writer writes until it is taken away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """What came since the last time."""
        joined = b"".join(self._parts)
        self._parts.clear()
        return joined


def write_xlsx(table: Table, top: Sequence[str] = (), sheet: str = "Contacts") -> Iterator[bytes]:
    """A workbook with one sheet. The libraries that write workbooks send nothing before the last row."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, body in _PARTS.items():
            archive.writestr(name, body.format(sheet=escape(sheet, {'"': "&quot;"})))
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            pane = len(top) + 1
            part.write(_SHEET_HEAD.format(pane=pane, below=pane + 1).encode())
            number = 0
            for cells in (*([line] for line in top), table.columns):
                number += 1
                part.write(_row(number, cells, style=2 if cells is table.columns else 0).encode())
            yield sink.take()
            for batch in _batches(table.rows):
                lines = []
                for row in batch:
                    number += 1
                    lines.append(_row(number, row, style=0))
                part.write("".join(lines).encode())
                if waiting := sink.take():
                    yield waiting
            part.write(b"</sheetData></worksheet>")
    yield sink.take()


def _batches(rows: Iterable[Sequence[Value]]) -> Iterator[list[Sequence[Value]]]:
    batch: list[Sequence[Value]] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= _BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _row(number: int, cells: Sequence[Value], *, style: int) -> str:
    return f'<row r="{number}">{"".join([_cell(value, style) for value in cells])}</row>'


def _cell(value: Value, style: int) -> str:
    if isinstance(value, str):
        # An inline string is never a formula; the mark is kept for whoever saves the sheet as csv.
        text = escape(CONTROL.sub("\ufffd", inert(value)))
        return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{text}</t></is></c>' if text else "<c/>"
    if value is None:
        return "<c/>"
    if isinstance(value, datetime):
        local = value.astimezone(clock.LONDON).replace(tzinfo=UTC)
        days = (local - datetime(1899, 12, 30, tzinfo=UTC)).total_seconds() / 86_400
        return f'<c s="3"><v>{days:.6f}</v></c>'
    if isinstance(value, date):
        return f'<c s="1"><v>{(value - _EPOCH).days}</v></c>'
    return f"<c><v>{value if isinstance(value, Decimal) else int(value)}</v></c>"


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACK = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET_HEAD = (
    f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="{pane}" topLeftCell="A{below}" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<sheetFormatPr defaultRowHeight="15"/><cols><col min="1" max="30" width="18" customWidth="1"/></cols><sheetData>'
)
_PARTS = {
    "[Content_Types].xml": f'<?xml version="1.0" encoding="UTF-8"?><Types xmlns="{_PACK}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="{_PACK}/relationships">'
    f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="{_MAIN}" xmlns:r="{_REL}">'
    '<sheets><sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="{_PACK}/relationships">'
    f'<Relationship Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<?xml version="1.0" encoding="UTF-8"?><styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="4"><xf/><xf numFmtId="14" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/>'
    '<xf numFmtId="164" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
