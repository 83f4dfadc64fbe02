"""Ids for demonstration data, which is written as the service itself."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql

from app.extensions import db
from app.models import AuditEvent


def reserve_event_ids(connection: Connection, count: int) -> Iterable[int]:
    """`count` ids for audit events, in order: messages name their events, so ids must be known before."""
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence("audit_event", "id").cast(postgresql.REGCLASS)
        many = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
        return list(connection.execute(many).scalars())
    # The write lock is ours, so nobody else can take the numbers after the last one.
    last = db.session.execute(select(func.max(AuditEvent.id))).scalar() or 0
    return range(last + 1, last + count + 1)
