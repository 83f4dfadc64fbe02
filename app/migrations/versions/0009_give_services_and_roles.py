"""Give services beside roles, each with a reason; keep user IDs and organisations of people as they are

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Whoever has a role already has its service: the roles as they were named when services came.
_SERVICES = {
    "contacts": ("viewer", "member", "supervisor", "advocate", "lead_advocate", "manager"),
    "reports": ("report_reader",),
    "documents": ("document_reader",),
}
_GIVE = """INSERT INTO service_grant (user_id, organisation_id, service, starts_on, granted_by, granted_at)
    SELECT user_id, organisation_id, '{service}', min(starts_on), 'The service', CURRENT_TIMESTAMP
    FROM role_grant WHERE role IN ({roles}) GROUP BY user_id, organisation_id"""

# A step that makes the table "user" anew on SQLite must make the trigger anew.
_SQLITE_TRIGGER = """CREATE TRIGGER user_identity BEFORE UPDATE OF user_id, organisation_id ON "user"
    WHEN NEW.user_id IS NOT OLD.user_id OR NEW.organisation_id IS NOT OLD.organisation_id
    BEGIN SELECT RAISE(ABORT, 'a person keeps user ID and organisation'); END"""
_POSTGRES_FUNCTION = """CREATE FUNCTION refuse_new_identity() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'a person keeps user ID and organisation'; END $$"""
_POSTGRES_TRIGGER = """CREATE TRIGGER user_identity BEFORE UPDATE ON "user" FOR EACH ROW
    WHEN (NEW.user_id IS DISTINCT FROM OLD.user_id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id)
    EXECUTE FUNCTION refuse_new_identity()"""


def _given() -> list[sa.Column]:
    return [
        sa.Column("reason", sa.String(length=400), server_default=sa.text("''"), nullable=False),
        sa.Column("granted_by_id", _ID, nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
    ]


def upgrade() -> None:
    op.create_table(
        "service_grant",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(length=16), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("granted_by", sa.String(length=120), nullable=False),
        *_given(),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_service_grant_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "organisation_id"],
            ["user.id", "user.organisation_id"],
            name=op.f("fk_service_grant_user_id_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_grant")),
        sa.UniqueConstraint("user_id", "service", name=op.f("uq_service_grant_user_id_service")),
    )
    op.create_index(
        op.f("ix_service_grant_organisation_id_service_user_id"),
        "service_grant",
        ["organisation_id", "service", "user_id"],
    )
    for column in _given():
        op.add_column("role_grant", column)
    op.create_index(
        op.f("ix_role_grant_organisation_id_role_user_id"), "role_grant", ["organisation_id", "role", "user_id"]
    )
    for service, roles in _SERVICES.items():
        op.execute(_GIVE.format(service=service, roles=", ".join(f"'{role}'" for role in roles)))
    op.add_column(
        "user", sa.Column("disabled_reason", sa.String(length=400), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("user", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_user_organisation_id_name_id"), "user", ["organisation_id", "name", "id"])
    op.create_index(op.f("ix_user_organisation_id_user_id"), "user", ["organisation_id", "user_id"])
    op.create_index(op.f("ix_user_name_id"), "user", ["name", "id"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_SQLITE_TRIGGER)
    else:
        op.execute(_POSTGRES_FUNCTION)
        op.execute(_POSTGRES_TRIGGER)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER user_identity")
    else:
        op.execute('DROP TRIGGER user_identity ON "user"')
        op.execute("DROP FUNCTION refuse_new_identity()")
    op.drop_index(op.f("ix_user_name_id"), table_name="user")
    op.drop_index(op.f("ix_user_organisation_id_user_id"), table_name="user")
    op.drop_index(op.f("ix_user_organisation_id_name_id"), table_name="user")
    op.drop_column("user", "deleted_at")
    op.drop_column("user", "disabled_reason")
    op.drop_index(op.f("ix_role_grant_organisation_id_role_user_id"), table_name="role_grant")
    for name in ("granted_at", "granted_by_id", "reason"):
        op.drop_column("role_grant", name)
    op.drop_table("service_grant")
