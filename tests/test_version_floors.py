"""Every pin is exact, is what is installed, and is no older than what is known to be safe."""

import re
import tomllib
from importlib.metadata import distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {name: Version(floor) for name, (floor, _) in tomllib.loads(
    (ROOT / "tests" / "version_floors.toml").read_text()
)["floors"].items()}  # fmt: skip
FILES = ["requirements.txt", "requirements-dev.txt", "requirements-bench.txt"]
# What these hold comes from outside or meets what comes from outside: no doubt may be left about them.
MUST_HAVE = {
    "argon2-cffi", "defusedxml", "flask", "flask-admin", "flask-login", "flask-wtf", "gunicorn", "jinja2", "markupsafe",
    "openpyxl", "psycopg", "sqlalchemy", "werkzeug", "wtforms",
}  # fmt: skip
ASKED = {"flask": "3.1.3", "werkzeug": "3.1.4", "sqlalchemy": "2.1", "flask-admin": "2.2.0", "jinja2": "3.1.6"}


def read(name: str) -> list[Requirement]:
    """The requirements of one file, those of files it includes left out."""
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-r")]


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_pinned_to_one_version(name) -> None:
    for requirement in read(name):
        assert re.fullmatch(r"==[0-9][0-9A-Za-z.]*", str(requirement.specifier)), str(requirement)
        assert requirement.url is None


@pytest.mark.parametrize("name", FILES)
def test_every_pin_meets_its_floor(name) -> None:
    for requirement in read(name):
        pinned = Version(str(requirement.specifier).removeprefix("=="))
        floor = FLOORS.get(canonicalize_name(requirement.name))
        assert floor is None or pinned >= floor, f"{requirement} is below {floor}: see tests/version_floors.toml"


def test_nothing_is_pinned_twice_to_different_versions() -> None:
    pins: dict[str, str] = {}
    for name in FILES:
        for requirement in read(name):
            known = pins.setdefault(canonicalize_name(requirement.name), str(requirement.specifier))
            assert known == str(requirement.specifier), requirement.name


def test_what_matters_most_is_pinned_and_has_a_floor() -> None:
    pinned = {canonicalize_name(requirement.name) for requirement in read("requirements.txt")}
    assert pinned >= MUST_HAVE
    assert FLOORS.keys() >= MUST_HAVE
    for name, floor in ASKED.items():
        assert FLOORS[name] >= Version(floor), name


def test_what_is_installed_is_what_is_pinned() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        for requirement in read(name):
            if requirement.marker is None or requirement.marker.evaluate():
                assert requirement.specifier.contains(version(requirement.name)), requirement


def test_whatever_else_is_installed_meets_its_floor_too() -> None:
    for distribution in distributions():
        floor = FLOORS.get(canonicalize_name(distribution.name))
        assert floor is None or Version(distribution.version) >= floor, distribution.name


def test_everything_the_service_needs_is_pinned() -> None:
    pinned = {canonicalize_name(requirement.name) for requirement in read("requirements.txt")}
    installed = {canonicalize_name(one.name): one for one in distributions()}
    for name in sorted(pinned & installed.keys()):
        for text in installed[name].requires or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in pinned, f"{name} needs {needed.name}"
