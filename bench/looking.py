"""Single values out of a database that is measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import NullPool, create_engine, text


class Look(Protocol):
    """Asks for the first column of the first row; None where there is no row."""

    def __call__(self, query: str, **values: Any) -> Any: ...


@contextmanager
def looking(url: str) -> Iterator[Look]:
    """One connection for many looks: opening one takes as long as a small piece of what is measured."""
    engine = create_engine(url, poolclass=NullPool).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield lambda query, **values: connection.execute(text(query), values).scalar()


def look_up(url: str, query: str, **values: Any) -> Any:
    """The first column of the first row; None where there is no row."""
    with looking(url) as look:
        return look(query, **values)
