"""Merged cells: the blocks of a sheet, found before its rows are read, and their values spread over them."""

from collections.abc import Iterable, Iterator
from typing import Final

from app.imports import limits
from app.imports.archive import MAIN, Archive, new_parser
from app.imports.columns import Block, find_block, name_block
from app.imports.limits import Problem
from app.imports.messages import refusal

_MERGE = MAIN + "mergeCell"
# As it stands in the bytes of a sheet, whatever its prefix; the second form is that of UTF-16, of either kind.
_TRACES: Final = (b"mergeCell", "mergeCell".encode("utf-16-le")[:-1])
_TRACE_BYTES: Final = max(map(len, _TRACES))


def find_merges(archive: Archive, part: str, sheet: str) -> list[Block]:
    """Return the merged blocks of a sheet, which stand in the file behind the rows they are needed for.

    The sheet is unpacked and searched as bytes; only one with a trace of merged cells is parsed, up to that trace
    without being listened to.
    """
    if any(has_trace for _, has_trace in _searched(archive.chunks(part))):
        return _parse_merges(archive, part, f'The sheet "{sheet}"')
    return []


def _searched(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Give each chunk, and whether a trace of merged cells ends in it."""
    window = b""
    for chunk in chunks:
        window = window[-_TRACE_BYTES:] + chunk
        yield chunk, any(trace in window for trace in _TRACES)


def _parse_merges(archive: Archive, part: str, where: str) -> list[Block]:
    found: list[Block] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag != _MERGE:
            return
        reference = attributes.get("ref", "")
        block = find_block(reference)
        if not block:
            raise refusal("IMP-204", where=where, found=f"merged cells {reference[:40]}")
        top, left, bottom, right = block
        area = (bottom - top + 1) * (right - left + 1)
        if area > limits.MERGE_CELLS or len(found) == limits.MERGES:
            raise refusal("IMP-205", where=where, found=reference)
        found.append(block)

    parser = new_parser(part)
    for chunk, has_trace in _searched(archive.chunks(part)):
        if has_trace:
            parser.StartElementHandler = start
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
    return found


class Merges:
    """The merged blocks of a sheet, filled as their rows come by."""

    def __init__(self, blocks: list[Block]) -> None:
        self.used: list[str] = []
        self._waiting = sorted(blocks, reverse=True)
        self._open: list[tuple[Block, str, Problem | None]] = []

    def fill(self, number: int, cells: list[str], problems: dict[int, Problem]) -> None:
        """Write a block's value over its cells in this row, unless the row is blank but for the block."""
        while self._waiting and self._waiting[-1][0] <= number:
            block = self._waiting.pop()
            top, left, _, _ = block
            if top == number and left <= len(cells) and (cells[left - 1] or left - 1 in problems):
                self._open.append((block, cells[left - 1], problems.get(left - 1)))
                self.used.append(name_block(block))
        self._open = [entry for entry in self._open if entry[0][2] >= number]
        if not self._open or not (any(cells) or problems):
            return
        for (_, left, _, right), text, problem in self._open:
            for column in range(left - 1, min(right, len(cells))):
                cells[column] = text
                if problem:
                    problems[column] = problem
