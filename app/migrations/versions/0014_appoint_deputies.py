"""Appoint deputies

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "deputy",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("delegator_id", sa.Integer(), nullable=False),
        sa.Column("delegator_name", sa.String(length=120), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("powers", sa.String(length=80), nullable=False),
        sa.Column("for_organisations", sa.String(length=800), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("appointed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=120), nullable=False),
        sa.Column("ended_because", sa.String(length=400), nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_deputy_organisation_id")),
        sa.ForeignKeyConstraint(
            ["user_id", "organisation_id"],
            ["user.id", "user.organisation_id"],
            name=op.f("fk_deputy_user_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["delegator_id", "organisation_id"],
            ["user.id", "user.organisation_id"],
            name=op.f("fk_deputy_delegator_id_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputy")),
    )
    op.create_index(op.f("ix_deputy_user_id_ended_at"), "deputy", ["user_id", "ended_at"])
    op.create_index(op.f("ix_deputy_organisation_id_id"), "deputy", ["organisation_id", "id"])
    op.create_index(op.f("ix_deputy_ended_at_ends_on"), "deputy", ["ended_at", "ends_on"])


def downgrade() -> None:
    op.drop_table("deputy")
