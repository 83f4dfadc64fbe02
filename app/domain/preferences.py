"""What people may choose for themselves, and what holds before they choose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

THEMES: tuple[tuple[str, str], ...] = (("system", "Same as my system"), ("light", "Light"), ("dark", "Dark"))
DEFAULT_THEME = "system"


@dataclass(frozen=True)
class Preferences:
    """One person's choices. `default_views` is page -> id of the saved view it opens with."""

    has_shortcuts: bool = True
    default_views: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> "Preferences":
        """What was stored; a choice that is missing or makes no sense holds its default."""
        stored = stored or {}
        views = stored.get("default_views")
        return cls(
            has_shortcuts=stored.get("has_shortcuts") is not False,
            default_views={str(page): pk for page, pk in views.items() if isinstance(pk, int)}
            if isinstance(views, dict)
            else {},
        )

    def store(self) -> dict[str, Any]:
        """As it is kept."""
        return {"has_shortcuts": self.has_shortcuts, "default_views": dict(self.default_views)}


def known_theme(name: str | None) -> str:
    """A theme there is."""
    return name if name is not None and name in dict(THEMES) else DEFAULT_THEME
