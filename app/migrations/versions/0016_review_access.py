"""Review who has access, and tell who left and who is dormant

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_IS_OPEN = sa.text("closed_at IS NULL")
# Of whoever left before this was noted the audit trail knows when, and by whom.
_NOTE = """UPDATE "user" SET
    disabled_at = coalesce(deleted_at, (SELECT at FROM audit_event WHERE object_type = 'user' AND object_id = "user".id
        AND action IN ('user:disable', 'user:delete') ORDER BY id DESC LIMIT 1), created_at),
    disabled_by = coalesce((SELECT actor_name FROM audit_event WHERE object_type = 'user' AND object_id = "user".id
        AND action IN ('user:disable', 'user:delete') ORDER BY id DESC LIMIT 1), '')
    WHERE NOT is_active"""


def upgrade() -> None:
    for column in (
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_by", sa.String(length=120), server_default=sa.text("''"), nullable=False),
        sa.Column("enabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dormant_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dormant_until", sa.Date(), nullable=True),
    ):
        op.add_column("user", column)
    op.execute(_NOTE)
    op.create_index(op.f("ix_user_organisation_id_disabled_at_id"), "user", ["organisation_id", "disabled_at", "id"])
    op.create_index(op.f("ix_user_disabled_at_id"), "user", ["disabled_at", "id"])
    op.create_table(
        "review",
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(length=120), nullable=False),
        sa.Column("started_by_id", _ID, nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("people_count", sa.Integer(), nullable=False),
        sa.Column("reminder_count", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_review_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("id", "organisation_id", name=op.f("uq_review_id_organisation_id")),
    )
    op.create_index(op.f("ix_review_organisation_id_id"), "review", ["organisation_id", "id"])
    op.create_index(
        "uq_review_open",
        "review",
        ["organisation_id"],
        unique=True,
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    )
    op.create_table(
        "review_answer",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sign_in_name", sa.String(length=32), nullable=False),
        sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held", _JSON, nullable=False),
        sa.Column("answer", sa.String(length=12), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("disabled_on", sa.Date(), nullable=True),
        sa.Column("kept_because", sa.String(length=400), nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_review_answer_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "organisation_id"],
            ["review.id", "review.organisation_id"],
            name=op.f("fk_review_answer_review_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "organisation_id"],
            ["user.id", "user.organisation_id"],
            name=op.f("fk_review_answer_user_id_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_answer")),
        sa.UniqueConstraint("review_id", "user_id", name=op.f("uq_review_answer_review_id_user_id")),
    )
    op.create_index(op.f("ix_review_answer_review_id_answer_name"), "review_answer", ["review_id", "answer", "name"])
    op.create_index(op.f("ix_review_answer_organisation_id_id"), "review_answer", ["organisation_id", "id"])


def downgrade() -> None:
    op.drop_table("review_answer")
    op.drop_table("review")
    op.drop_index(op.f("ix_user_disabled_at_id"), "user")
    op.drop_index(op.f("ix_user_organisation_id_disabled_at_id"), "user")
    for name in ("dormant_until", "dormant_since", "enabled_at", "disabled_by", "disabled_at"):
        op.drop_column("user", name)
