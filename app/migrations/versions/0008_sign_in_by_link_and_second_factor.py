"""Sign in by link and second factor, and make whoever guesses wait

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def _owned(table: str) -> list[sa.Constraint | sa.Column]:
    """What tables of a person's own rows share."""
    return [
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f(f"fk_{table}_organisation_id")),
        sa.ForeignKeyConstraint(
            ["user_id", "organisation_id"],
            ["user.id", "user.organisation_id"],
            name=op.f(f"fk_{table}_user_id_organisation_id"),
        ),
    ]


def upgrade() -> None:
    op.create_table(
        "sign_in_link",
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT, nullable=True),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_link_token_hash")),
        *_owned("sign_in_link"),
    )
    op.create_index(op.f("ix_sign_in_link_user_id"), "sign_in_link", ["user_id"])
    op.create_table(
        "second_factor",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("confirmed_at", _INSTANT, nullable=True),
        sa.Column("last_used_at", _INSTANT, nullable=True),
        sa.Column("sealed_seed", sa.String(length=255), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("credential_id", sa.String(length=1400), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("credential_id", name=op.f("uq_second_factor_credential_id")),
        *_owned("second_factor"),
    )
    op.create_index(op.f("ix_second_factor_user_id"), "second_factor", ["user_id"])
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT, nullable=True),
        sa.UniqueConstraint("user_id", "code_hash", name=op.f("uq_recovery_code_user_id_code_hash")),
        *_owned("recovery_code"),
    )
    op.create_table(
        "sign_in_limit",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", _INSTANT, nullable=False),
        sa.Column("blocked_until", _INSTANT, nullable=True),
        sa.Column("id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_limit")),
        sa.UniqueConstraint("subject", name=op.f("uq_sign_in_limit_subject")),
    )
    op.create_index(op.f("ix_sign_in_limit_about"), "sign_in_limit", ["about"])
    op.create_index(op.f("ix_sign_in_limit_last_at"), "sign_in_limit", ["last_at"])
    op.add_column("user_session", sa.Column("is_pending", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("user_session", sa.Column("proved_at", _INSTANT, nullable=True))
    op.add_column("user_session", sa.Column("challenge", sa.String(length=100), nullable=True))
    no_contact = sa.text("object_type <> 'contact'")
    op.create_index(
        "ix_audit_event_own",
        "audit_event",
        ["actor_id", "id"],
        sqlite_where=no_contact,
        postgresql_where=no_contact,
    )


def downgrade() -> None:
    op.drop_index("ix_audit_event_own", table_name="audit_event")
    with op.batch_alter_table("user_session") as batch_op:
        for name in ("challenge", "proved_at", "is_pending"):
            batch_op.drop_column(name)
    for table in ("sign_in_limit", "recovery_code", "second_factor", "sign_in_link"):
        op.drop_table(table)
