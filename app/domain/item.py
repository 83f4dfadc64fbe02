"""A data item as the rules see it, and what a kind of answer must be able to do."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from app.domain import clock


class ItemError(ValueError):
    """One answer is wrong: a code of the IMP list and a sentence with what was found and what is right."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Item:
    """A data item of a contact type as the rules see it.

    `limits` may hold `max_length` (characters), `minimum`, `maximum` (numbers), `earliest`, `latest`
    (ISO date or "today"), `not_before` (code of another date item).
    """

    code: str
    label: str
    kind: str
    is_required: bool = False
    help: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    choices: Sequence[tuple[str, str]] = ()


class ItemKind(ABC):
    """Three questions about one kind of answer: parse, show, store."""

    name: str
    label: str
    is_repetitive: bool = False
    """Whether the same few answers come again and again in a file."""

    @abstractmethod
    def parse(self, text: str, item: Item) -> Any:
        """The value in `text` (trimmed, not empty); ItemError when it is not one."""

    def store(self, value: Any) -> str:
        """The value as canonical text."""
        return str(value)

    def show(self, stored: str, item: Item) -> str:
        """Canonical text as people read it."""
        return stored


@lru_cache(maxsize=4000)
def show_date(day: date) -> str:
    """23 Nov 2026."""
    return f"{day.day} {day:%b %Y}"


def show_instant(instant: datetime) -> str:
    """23 Nov 2026, 14:05, in London."""
    local = instant.astimezone(clock.LONDON)
    return f"{show_date(local.date())}, {local:%H:%M}"


def quote(text: str) -> str:
    """What was found, between quotation marks, shortened."""
    shown = text if len(text) <= 40 else text[:39] + "…"
    return f"“{shown}”"
