"""Upload files of people

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLES = ("upload", "upload_file", "upload_chunk")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("kind", sa.String(length=12), server_default="contacts", nullable=False))
    op.drop_index(op.f("ix_upload_organisation_id_id"), "upload")
    op.create_index(op.f("ix_upload_organisation_id_kind_id"), "upload", ["organisation_id", "kind", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_upload_organisation_id_kind_id"), "upload")
    op.create_index(op.f("ix_upload_organisation_id_id"), "upload", ["organisation_id", "id"])
    for table in reversed(_TABLES):
        op.drop_column(table, "kind")
