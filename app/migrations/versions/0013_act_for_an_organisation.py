"""Act for an organisation

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "acting_session",
        sa.Column("user_session_id", _ID, nullable=False),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_acting_session_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_session_id"], ["user_session.id"], name=op.f("fk_acting_session_user_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acting_session")),
    )
    op.create_index(op.f("ix_acting_session_organisation_id_id"), "acting_session", ["organisation_id", "id"])
    op.create_index(
        op.f("ix_acting_session_user_session_id_ended_at"), "acting_session", ["user_session_id", "ended_at"]
    )


def downgrade() -> None:
    op.drop_table("acting_session")
