"""Find people by the words of their name and user ID, and by what they hold

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# Kept by triggers: people come one by one, and whatever adds or renames them need not know. Accents count, as they do
# on PostgreSQL.
_TABLE = """CREATE VIRTUAL TABLE user_words USING fts5(
    owner, words, content='', detail=column, tokenize="unicode61 remove_diacritics 0")"""
_ADD = """INSERT INTO user_words (rowid, owner, words)
    VALUES (new.id, new.organisation_id, new.user_id || ' ' || new.name);"""
_TAKE = """INSERT INTO user_words (user_words, rowid, owner, words)
    VALUES ('delete', old.id, old.organisation_id, old.user_id || ' ' || old.name);"""
_TRIGGERS = {
    "user_words_add": f'AFTER INSERT ON "user" BEGIN {_ADD} END',
    "user_words_change": f'AFTER UPDATE OF user_id, name ON "user" BEGIN {_TAKE} {_ADD} END',
    "user_words_take": f'AFTER DELETE ON "user" BEGIN {_TAKE} END',
}
_FILL = """INSERT INTO user_words (rowid, owner, words)
    SELECT id, organisation_id, user_id || ' ' || name FROM "user\""""
# The same expression as services.people_list asks with, or the index is not used.
_POSTGRESQL = r"""CREATE INDEX ix_user_words ON "user" USING gin (array_to_tsvector(string_to_array(rtrim(
    '#' || organisation_id::text || ' ' || ltrim(regexp_replace(lower(user_id || ' ' || name),
    '[ -/:-`{-~\u00a0-\u00bf\u2000-\u206f]+', ' ', 'g'))), ' ')))"""


def upgrade() -> None:
    op.create_index(op.f("ix_role_grant_role_user_id"), "role_grant", ["role", "user_id"])
    op.create_index(op.f("ix_service_grant_service_user_id"), "service_grant", ["service", "user_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_POSTGRESQL)
        return
    op.execute(_TABLE)
    op.execute(_FILL)
    for name, what in _TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {what}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_user_words")
    else:
        for name in _TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")
        op.execute("DROP TABLE user_words")
    op.drop_index(op.f("ix_service_grant_service_user_id"), "service_grant")
    op.drop_index(op.f("ix_role_grant_role_user_id"), "role_grant")
