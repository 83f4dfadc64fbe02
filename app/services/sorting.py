"""Orders of lists and exports."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select


@dataclass(frozen=True)
class Sort:
    """An order that an index gives; ties end by id in the same direction."""

    label: str
    column: Any
    is_descending: bool = False

    def keys(self, *, reverse: bool = False) -> list[Any]:
        """The columns of ORDER BY."""
        columns = [self.column] if self.column.key == "id" else [self.column, self.column.class_.id]
        return [column.desc() if self.is_descending != reverse else column for column in columns]

    def order(self, statement: Select[Any]) -> Select[Any]:
        """The statement in this order."""
        return statement.order_by(*self.keys())
