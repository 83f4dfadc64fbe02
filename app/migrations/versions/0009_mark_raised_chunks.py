"""Mark each chunk of an upload that was raised, for two may be raised at a time

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("upload_chunk", sa.Column("is_raised", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "UPDATE upload_chunk SET is_raised = (SELECT upload_chunk.number < upload.next_chunk FROM upload"
        " WHERE upload.id = upload_chunk.upload_id)"
    )
    # In place: SQLite's way of altering in batches makes the table anew, and contacts refer to it.
    op.drop_column("upload", "next_chunk")


def downgrade() -> None:
    op.add_column("upload", sa.Column("next_chunk", sa.Integer(), server_default="0", nullable=False))
    # The version before goes on behind the last: one chunk that waits before it, after a stop, would not be raised.
    op.execute(
        "UPDATE upload SET next_chunk = (SELECT coalesce(max(number) + 1, 0) FROM upload_chunk"
        " WHERE upload_chunk.upload_id = upload.id AND is_raised)"
    )
    op.drop_column("upload_chunk", "is_raised")
