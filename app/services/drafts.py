"""From answers to drafts: the one check that screen, spreadsheet and command line share."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.answers import show_answer
from app.domain.item import Item, ItemError
from app.services.definition import OWN_REFERENCE, Definition

_LONGEST_SUMMARY = 120
# More than anybody searches for, and less than PostgreSQL's index takes.
LONGEST_WORD = 100
# Letters and digits as SQLite and PostgreSQL both know them; SQLite takes the letters named here for spaces.
_WORD = re.compile(
    r"[^\W_\u19b0-\u19c9\u1cf2\u1cf3\u1f50\u1f52\u1f54\u1f56\u1fb6\u1fb7\u1fc6\u1fc7\u1fd6\u1fd7\u1fe4\u1fe6\u1fe7\u1ff6\u1ff7]+"
)
# The same for text of ASCII only, which most is: bytes are exchanged ten times as fast as letters are looked for.
_WORDS_ONLY = bytes(number if number < 128 and chr(number).isalnum() else 32 for number in range(256))


@dataclass(frozen=True)
class Draft:
    """Answers that passed every check of their type; `row` is the user's own row number in an upload."""

    type_code: str
    answers: dict[str, str]
    own_reference: str | None = None
    row: int | None = None


def check(
    definition: Definition, answer: Callable[[str], str | None], *, row: int | None = None
) -> tuple[Draft, dict[str, ItemError]]:
    """A draft of the answers that are right, and every error by item code; raise only error-free drafts."""
    answers, errors = definition.reader.read(answer)
    own_reference = answers.pop(OWN_REFERENCE.code, None)
    return Draft(definition.code, answers, own_reference, row), errors


def list_answers(definition: Definition, draft: Draft) -> list[tuple[Item, str, str]]:
    """(item, stored, as people read it) of every answer, the own reference last, in the order asked."""
    stored = {**draft.answers, **({OWN_REFERENCE.code: draft.own_reference} if draft.own_reference else {})}
    return [
        (item, stored[item.code], show_answer(stored[item.code], item))
        for item in definition.asked
        if item.code in stored
    ]


def mprn_of(definition: Definition, answers: dict[str, str]) -> str | None:
    """The meter point a contact is about: the first MPRN among its items."""
    for code in definition.mprn_codes:
        if code in answers:
            return answers[code]
    return None


def identity(definition: Definition, answers: dict[str, str]) -> str:
    """What two contacts that repeat each other share: type and meter point, or the fingerprint where there is none."""
    mprn = mprn_of(definition, answers)
    return fingerprint(definition, answers) if mprn is None else point_identity(definition.code, mprn)


def point_identity(type_code: str, mprn: str) -> str:
    """The identity of a contact of this type about this meter point."""
    return f"{type_code} {mprn}"


def fingerprint(definition: Definition, answers: dict[str, str]) -> str:
    """32 letters that stand for the type and all answers."""
    whole = "\n".join(f"{code}={answers[code].casefold()}" for code in sorted(answers))
    return hashlib.blake2b(f"{definition.code}\n{whole}".encode(), digest_size=16).hexdigest()


def summary(definition: Definition, answers: dict[str, str]) -> str:
    """One line for lists: the beginning of the description, or of the first text there is."""
    for code in definition.summary_codes:
        if code in answers:
            line = " ".join(answers[code].split())
            return line if len(line) <= _LONGEST_SUMMARY else line[: _LONGEST_SUMMARY - 1] + "…"
    return ""


def split_words(text: str) -> list[str]:
    """The words of a text, for what is searched and for what is searched in; no word is longer than a hundred letters.

    The databases' own parsers differ: PostgreSQL takes ALD/1 for a file and -2026 for a number.
    """
    found = text.encode().translate(_WORDS_ONLY).decode().split() if text.isascii() else _WORD.findall(text)
    if len(text) <= LONGEST_WORD or max(map(len, found), default=0) <= LONGEST_WORD:
        return found
    return [word[:LONGEST_WORD] for word in found]


def words(definition: Definition, draft: Draft) -> str:
    """Everything the contact is found by word, with nothing but a space between two words.

    Any MPRN is among them but the first, which is a column.
    """
    known, answers = mprn_of(definition, draft.answers), draft.answers
    texts = [answers[code] for code in definition.word_codes if code in answers and answers[code] != known]
    return " ".join(split_words(" ".join((*texts, draft.own_reference or ""))))
