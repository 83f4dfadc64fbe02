"""The triggers that let nobody change or remove audit events, as migrations make them."""

from sqlalchemy import text

from app.extensions import db

TABLES = ("audit_event", "audit_seal")

_SQLITE_FOUND = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
_SQLITE = "CREATE TRIGGER {0}_no_{1} BEFORE {2} BEGIN SELECT RAISE(ABORT, '{0} is append-only'); END"
_SQLITE_WHEN = {
    "update": "UPDATE ON {0}",
    "delete": "DELETE ON {0}",
    "replace": "INSERT ON {0} WHEN EXISTS (SELECT 1 FROM {0} WHERE id = NEW.id)",
}
_POSTGRESQL_FOUND = """SELECT t.tgname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text || ' ' || p.prosrc
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal
    AND t.tgrelid IN (to_regclass('audit_event'), to_regclass('audit_seal'))"""
_POSTGRESQL = (
    "CREATE TRIGGER {0}_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON {1}{0} FOR EACH STATEMENT "
    "EXECUTE FUNCTION refuse_change() O BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END"
)


def find_broken() -> list[str]:
    """The names of triggers that are not there, are switched off or say something else."""
    is_sqlite = db.session.get_bind().dialect.name == "sqlite"
    question, wanted = (_SQLITE_FOUND, _on_sqlite()) if is_sqlite else (_POSTGRESQL_FOUND, _on_postgresql())
    found = {name: " ".join(words.split()) for name, words in db.session.execute(text(question))}
    return [name for name, words in wanted.items() if found.get(name) not in words]


def _on_sqlite() -> dict[str, tuple[str, ...]]:
    return {
        f"{table}_no_{what}": (_SQLITE.format(table, what, when.format(table)),)
        for table in TABLES
        for what, when in _SQLITE_WHEN.items()
    }


def _on_postgresql() -> dict[str, tuple[str, ...]]:
    """Servers name the schema or not, by their settings."""
    return {f"{table}_append_only": tuple(_POSTGRESQL.format(table, at) for at in ("", "public.")) for table in TABLES}
