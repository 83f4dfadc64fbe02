"""Checked rows as kept between preview and commit."""

import zlib
from typing import Any, NamedTuple

import orjson

from app.imports.sheet_checker import CellError, CheckedRows
from app.services.drafts import Draft

_LEVEL = 1


class Chunk(NamedTuple):
    """What one stored chunk holds."""

    drafts: list[Draft]
    errors: list[CellError]
    warnings: list[CellError]


def pack(checked: CheckedRows) -> bytes:
    """Compressed JSON; never pickle, for it comes back from the database.

    Rows mostly answer the same items, so the codes of these are written once: a draft names its list of codes.
    """
    codes: dict[tuple[str, ...], int] = {}
    drafts: list[list[Any]] = [
        [draft.row, draft.type_code, draft.own_reference, codes.setdefault(tuple(draft.answers), len(codes)),
         *draft.answers.values()]
        for draft in checked.drafts
    ]  # fmt: skip
    errors, warnings = map(list, checked.errors), map(list, checked.warnings)
    body = {"codes": list(codes), "drafts": drafts, "errors": list(errors), "warnings": list(warnings)}
    return zlib.compress(orjson.dumps(body), _LEVEL)


def unpack(content: bytes) -> Chunk:
    """The same, back."""
    body = orjson.loads(zlib.decompress(content))
    codes: list[list[str]] = body["codes"]
    return Chunk(
        [
            Draft(type_code, dict(zip(codes[place], values, strict=True)), own_reference, row)
            for row, type_code, own_reference, place, *values in body["drafts"]
        ],
        [CellError(*error) for error in body["errors"]],
        [CellError(*warning) for warning in body["warnings"]],
    )
