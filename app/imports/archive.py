"""A workbook as an archive of parts: its directory checked, its parts unpacked under a count of bytes."""

import io
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final
from xml.parsers import expat

from app.imports import limits
from app.imports.messages import refusal

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main "
STRICT: Final = "http://purl.oclc.org/ooxml/"

_END = b"PK\x05\x06"
_END_BYTES = 22
_LOCAL = struct.Struct("<4s22xHH")
_DESCRIPTOR_BYTES = 24  # the longest trailer a streaming writer puts behind a part
_CHUNK = 1 << 18
_TEXT_BYTES = 1 << 16  # of a text, handed over at once


# --- the directory: nothing is unpacked


def check_directory(content: bytes) -> None:
    """Refuse an archive that is cut, padded, oversized, ambiguous or no workbook, by its directory alone."""
    _check_end(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            start = archive.start_dir
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError):
        raise refusal("IMP-104") from None
    _check_names(parts)
    _check_packing(parts)
    _check_places(content, parts, start)
    _check_sizes(parts)


def _check_end(content: bytes) -> None:
    at = content.rfind(_END)
    if at < 0 or at + _END_BYTES > len(content):
        raise refusal("IMP-104")
    count, _, _, comment = struct.unpack_from("<HIIH", content, at + 10)
    if at + _END_BYTES != len(content) or comment:
        raise refusal("IMP-105")
    if count > limits.PARTS:
        raise refusal("IMP-203", limit=f"{limits.PARTS:,}")


def _check_names(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    lower = [name.lower() for name in names]
    if len(parts) > limits.PARTS:
        raise refusal("IMP-203", limit=f"{limits.PARTS:,}")
    for part in parts:
        # ZipInfo cuts a name at a NUL; the name as stored shows what was meant.
        name = part.orig_filename
        if not name or name.startswith("/") or any(c in name for c in "\\:\0") or ".." in name.split("/"):
            raise refusal("IMP-304")
    if len(set(lower)) != len(lower):
        raise refusal("IMP-305")
    if any(name.startswith("xl/workbook") and name.endswith(".bin") for name in lower) or "content.xml" in lower:
        raise refusal("IMP-103")
    if any(name.endswith("vbaproject.bin") or name.startswith(("xl/macrosheets/", "xl/activex/")) for name in lower):
        raise refusal("IMP-302")
    if any(name.startswith("xl/externallinks/") for name in lower):
        raise refusal("IMP-303")
    if not any(name.startswith("xl/") for name in lower):
        raise refusal("IMP-102")
    if "[Content_Types].xml" not in names:
        raise refusal("IMP-106", where="")


def _check_packing(parts: list[zipfile.ZipInfo]) -> None:
    for part in parts:
        if part.flag_bits & 0x41:
            raise refusal("IMP-103")
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refusal("IMP-306")


def _check_places(content: bytes, parts: list[zipfile.ZipInfo], directory_start: int) -> None:
    """Refuse parts that overlap (one blob read many times) and bytes that belong to no part (a second file inside)."""
    end = 0
    for part in sorted(parts, key=lambda part: part.header_offset):
        gap = part.header_offset - end
        if gap < 0:
            raise refusal("IMP-104")
        if gap > (_DESCRIPTOR_BYTES if end else 0):
            raise refusal("IMP-105")
        if part.header_offset + _LOCAL.size > directory_start:
            raise refusal("IMP-104")
        mark, name_length, extra_length = _LOCAL.unpack_from(content, part.header_offset)
        if mark != b"PK\x03\x04":
            raise refusal("IMP-104")
        end = part.header_offset + _LOCAL.size + name_length + extra_length + part.compress_size
    if end > directory_start:
        raise refusal("IMP-104")
    if directory_start - end > _DESCRIPTOR_BYTES:
        raise refusal("IMP-105")


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    for part in parts:
        _check_size(part, part.file_size)
    if sum(part.file_size for part in parts) > limits.UNPACKED_BYTES:
        raise refusal("IMP-201", where="")


def _check_size(part: zipfile.ZipInfo, size: int) -> None:
    too_dense = size > limits.RATIO_FROM_BYTES and size > limits.RATIO * max(part.compress_size, 1)
    if size > limits.PART_BYTES or too_dense:
        raise refusal("IMP-201", where=f" (part {part.filename[:80]})")


# --- the parts: unpacked in the child only


@dataclass
class Part:
    """What a first pass over one XML part has shown."""

    root: str = ""
    elements: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    attributes: list[tuple[str, dict[str, str]]] = field(default_factory=list)


class _Enough(Exception):
    """Ends a pass early."""


_KEPT = ("Relationship", "sheet", "Override", MAIN + "workbookPr")
_LONG = (MAIN + "worksheet", MAIN + "sst")  # read by passes of their own


class Archive:
    """The parts of a workbook; every byte that leaves is counted, whatever the directory declares."""

    def __init__(self, stream: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(stream)
        self._counted: dict[str, int] = defaultdict(int)
        self._unpacked = 0
        self.names: tuple[str, ...] = tuple(self._zip.namelist())

    def chunks(self, name: str) -> Iterator[bytes]:
        """Unpack one part, chunk by chunk; a part that is unpacked again is not counted again."""
        part = self._zip.getinfo(name)
        size = 0
        try:
            with self._zip.open(part) as stream:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    _check_size(part, size)
                    self._count(name, size)
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError):
            raise refusal("IMP-104") from None
        if size != part.file_size:
            raise refusal("IMP-104")

    def _count(self, name: str, size: int) -> None:
        more = size - self._counted[name]
        if more > 0:
            self._counted[name] = size
            self._unpacked += more
            if self._unpacked > limits.UNPACKED_BYTES:
                raise refusal("IMP-201", where="")

    def parse(self, name: str, parser: expat.XMLParserType) -> None:
        """Unpack one XML part into a parser made by `new_parser`."""
        for chunk in self.chunks(name):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)

    def look(self, name: str) -> Part:
        """Read one part through; sheets and shared texts no further than their first element."""
        seen = Part()
        is_xml = name.lower().endswith((".xml", ".rels"))
        depth = 0

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth == 1:
                seen.root = tag
                if tag.startswith(STRICT):
                    raise refusal("IMP-107")
                if tag in _LONG:
                    raise _Enough
            elif depth > limits.DEPTH:
                raise refusal("IMP-207", found=f"elements nested more than {limits.DEPTH} deep")
            seen.elements[tag] += 1
            if tag.endswith(_KEPT):
                seen.attributes.append((tag.rpartition(" ")[2], attributes))

        def end(tag: str) -> None:
            nonlocal depth
            depth -= 1

        parser = new_parser(name)
        parser.StartElementHandler, parser.EndElementHandler = start, end
        try:
            self.parse(name, parser)
        except _Enough:
            return seen
        except expat.ExpatError as error:
            if is_xml or error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
                raise
            # No XML, such as a picture: what is left of it is only counted.
            for _ in self.chunks(name):
                pass
            return Part()
        _check_elements(seen.elements)
        return seen

    def holds_values(self, name: str) -> bool:
        """Say whether a sheet has any stored value; it is unpacked to its end to be counted."""
        found = False

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal found
            if tag in (MAIN + "v", MAIN + "is"):
                found = True
                parser.StartElementHandler = None

        parser = new_parser(name)
        parser.StartElementHandler = start
        self.parse(name, parser)
        return found


def new_parser(name: str) -> expat.XMLParserType:
    """Return a parser of the part `name` that refuses a document type declaration in any encoding."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = _TEXT_BYTES

    def refuse(*_: object) -> None:
        raise refusal("IMP-301", where=f" (part {name[:80]})")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _check_elements(elements: dict[str, int]) -> None:
    for tag, count in elements.items():
        limit = limits.ELEMENTS.get(tag.rpartition(" ")[2])
        if limit is not None and count > limit:
            raise refusal("IMP-207", found=f"{count:,} elements of one kind")
