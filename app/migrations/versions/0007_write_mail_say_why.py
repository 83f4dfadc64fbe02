"""Write mail to be sent, say on whose behalf and why things were done

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "outgoing_mail",
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=400), nullable=True),
        sa.Column("message_key", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_outgoing_mail_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "organisation_id"],
            ["user.id", "user.organisation_id"],
            name=op.f("fk_outgoing_mail_user_id_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
        sa.UniqueConstraint("message_key", name=op.f("uq_outgoing_mail_message_key")),
    )
    op.create_index(op.f("ix_outgoing_mail_organisation_id_id"), "outgoing_mail", ["organisation_id", "id"])
    op.create_index(op.f("ix_outgoing_mail_state_next_try_at"), "outgoing_mail", ["state", "next_try_at"])
    op.add_column("audit_event", sa.Column("on_behalf_of", sa.String(length=120), server_default="", nullable=False))
    op.add_column("audit_event", sa.Column("reason", sa.String(length=400), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("audit_event") as batch_op:
        batch_op.drop_column("reason")
        batch_op.drop_column("on_behalf_of")
    op.drop_table("outgoing_mail")
