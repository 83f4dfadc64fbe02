"""Single values out of a database that is measured."""

from typing import Any

from sqlalchemy import NullPool, create_engine, text


def look_up(url: str, query: str, **values: Any) -> Any:
    """The first column of the first row; None where there is no row."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return connection.execute(text(query), values).scalar()
