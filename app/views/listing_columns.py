"""The columns of a list: which there are, which are shown, and how they head it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

COMPACT = "compact"
# As an address names them; the first is what a list begins with.
DENSITIES = {"": "Comfortable", COMPACT: "Compact"}


@dataclass(frozen=True)
class Column:
    """A column this person may choose; `is_first_shown` says whether their list begins with it."""

    name: str
    label: str
    is_first_shown: bool = True

    @property
    def word(self) -> str:
        """Its label as an address holds it: `own-reference`."""
        return _word(self.label)


@lru_cache(maxsize=500)
def _word(label: str) -> str:
    return label.lower().replace(" ", "-")


def read_columns(given: Sequence[str], columns: Sequence[Column]) -> tuple[tuple[str, ...], list[str]]:
    """(words of the columns chosen, sentences about what made no sense); no words for what a list begins with.

    They come with commas between them, or one by one from a form's check boxes. The first column names the row and
    is always there.
    """
    if not columns:
        return (), ["The columns of this list cannot be chosen."] if given else []
    words = list(dict.fromkeys(word for text in given for word in text[:1000].split(",") if word))
    known = {column.word for column in columns}
    wrong = [f"“{word[:40]}” is not a column of this list." for word in words if word not in known]
    first = columns[0].word
    chosen = (first, *(word for word in words if word != first))
    usual = tuple(column.word for column in columns if column.is_first_shown)
    return ((), wrong) if wrong or not words or chosen == usual else (chosen, [])


def shown_columns(words: Sequence[str], columns: Sequence[Column]) -> list[Column]:
    """The columns of these words in their order, or those a list begins with."""
    by_word = {column.word: column for column in columns}
    return [by_word[word] for word in words] or [column for column in columns if column.is_first_shown]
