"""Checked rows as kept between preview and commit."""

import json
import zlib
from typing import NamedTuple

from app.imports.checking import CellError, CheckedRows
from app.services.drafts import Draft

_LEVEL = 1


class Chunk(NamedTuple):
    """What one stored chunk holds."""

    drafts: list[Draft]
    errors: list[CellError]
    warnings: list[CellError]


def pack(checked: CheckedRows) -> bytes:
    """Compressed JSON; never pickle, for it comes back from the database."""
    body = {
        "drafts": [[draft.row, draft.type_code, draft.own_reference, draft.answers] for draft in checked.drafts],
        "errors": checked.errors,
        "warnings": checked.warnings,
    }
    return zlib.compress(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), _LEVEL)


def unpack(content: bytes) -> Chunk:
    """The same, back."""
    body = json.loads(zlib.decompress(content))
    return Chunk(
        [Draft(type_code, answers, own, row) for row, type_code, own, answers in body["drafts"]],
        [CellError(*error) for error in body["errors"]],
        [CellError(*warning) for warning in body["warnings"]],
    )
