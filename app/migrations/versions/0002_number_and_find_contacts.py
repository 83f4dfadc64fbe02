"""Number contacts, spread their references, and find them by word

Revision ID: 0002
Revises: 0001
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Filled by access.tenancy.index_words, many rows at once: a trigger fires row by row and costs seven times as much.
_SQLITE = ("CREATE VIRTUAL TABLE contact_words USING fts5(owner, words, content='', detail=column)",)
# The owner's token keeps one organisation's look-up as short as its own contacts.
_POSTGRESQL = (
    "CREATE INDEX ix_contact_words ON contact USING gin "
    "(to_tsvector('simple'::regconfig, 'zzorg' || organisation_id::text || ' ' || words))",
)


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE IF NOT EXISTS contact_number CACHE 1")
    for statement in _POSTGRESQL if bind.dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)
    counter = sa.table("counter", sa.column("name"), sa.column("value"), sa.column("key"))
    op.bulk_insert(counter, [{"name": "contact", "value": 0, "key": secrets.randbits(63)}])


def downgrade() -> None:
    op.execute("DELETE FROM counter WHERE name = 'contact'")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_contact_words")
        op.execute("DROP SEQUENCE contact_number")
    else:
        op.execute("DROP TABLE contact_words")
