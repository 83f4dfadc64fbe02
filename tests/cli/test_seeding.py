"""flask permissions, flask seed and flask worker's settings."""

import pytest
from sqlalchemy import func, select

from app import create_app
from app.cli.permissions import matrix
from app.config import BadSetting, Config, from_environment
from app.domain.roles import GRANTS, Permission, Role
from app.extensions import db
from app.models import ContactType, Organisation


def test_the_table_of_permissions_has_a_line_for_each(app) -> None:
    result = app.test_cli_runner().invoke(args=["permissions"])
    assert result.exit_code == 0 and result.stdout == matrix() + "\n"
    lines = result.stdout.splitlines()
    assert [line.split("`")[1] for line in lines[2:]] == sorted(Permission)
    for line in lines[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        permission = Permission(cells[0].strip("`"))
        assert [cell == "yes" for cell in cells[2:]] == [permission in GRANTS[role] for role in Role]


def production(world) -> object:
    """The same database, as production would run it."""
    config = Config(
        environment="production",
        is_testing=True,
        secret_key="not a secret, only for tests, long enough",
        database_url=world.config.database_url,
        trusted_hosts=("localhost",),
        argon2_memory_kib=8,
        argon2_passes=1,
    )

    return create_app(config)


def test_demo_data_is_refused_in_production(world, app, acting) -> None:
    def count() -> int:
        with acting("system"):
            return db.session.scalar(select(func.count()).select_from(Organisation))

    before = count()
    strict = production(world)
    for words in (["seed", "demo"], ["seed", "demo", "--json"], ["seed", "demo", "--contacts", "1"]):
        result = strict.test_cli_runner().invoke(args=words)
        assert result.exit_code == 1 and "refused in production" in result.stderr and result.stdout == ""
    assert count() == before
    with strict.app_context():
        db.session.remove()
        db.engine.dispose()


def test_reference_data_is_loaded_in_production_too_and_twice_changes_nothing(world, app, acting) -> None:
    strict = production(world)
    for _ in range(2):
        assert strict.test_cli_runner().invoke(args=["seed", "reference"]).exit_code == 0
    with acting("system"):
        assert db.session.scalar(select(func.count()).select_from(ContactType)) == 27
    with strict.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"CMS_ENV": "staging"}, "development or production"),
        ({"CMS_ENV": "production"}, "CMS_SECRET_KEY"),
        ({"CMS_ENV": "production", "CMS_SECRET_KEY": "short"}, "CMS_SECRET_KEY"),
        ({"CMS_ENV": "production", "CMS_SECRET_KEY": "x" * 32}, "CMS_TRUSTED_HOSTS"),
        ({"CMS_JOB_LEASE_SECONDS": "soon"}, "whole number"),
        ({"CMS_PROXY_HOPS": "-1"}, "whole number"),
    ],
)
def test_an_unsafe_or_senseless_setting_stops_the_start(monkeypatch, tmp_path, settings, words) -> None:
    for name in ("CMS_ENV", "CMS_SECRET_KEY", "CMS_TRUSTED_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CMS_INSTANCE_PATH", str(tmp_path))
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting, match=words):
        from_environment()


def test_settings_come_from_the_environment(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("CMS_INSTANCE_PATH", str(tmp_path / "new"))
    monkeypatch.setenv("CMS_JOB_LEASE_SECONDS", "7")
    monkeypatch.setenv("CMS_TRUSTED_HOSTS", "a.example, b.example,")
    config, again = from_environment(), from_environment()
    assert (config.job_lease_seconds, config.trusted_hosts) == (7, ("a.example", "b.example"))
    assert config.secret_key == again.secret_key and len(config.secret_key) >= 32
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o077 == 0
