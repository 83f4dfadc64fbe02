"""Count contacts by the week they were raised or closed in

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_contact_raised_at"), "contact", ["raised_at"])
    is_closed = sa.text("closed_at IS NOT NULL")
    op.create_index(
        "ix_contact_closed",
        "contact",
        ["closed_at", "status", "due_on"],
        sqlite_where=is_closed,
        postgresql_where=is_closed,
    )


def downgrade() -> None:
    op.drop_index("ix_contact_closed", table_name="contact")
    op.drop_index(op.f("ix_contact_raised_at"), table_name="contact")
