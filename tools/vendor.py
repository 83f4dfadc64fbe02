"""`make vendor`: put the pinned front-end packages under app/static/vendor, with their licences and a list of versions.

Needs npm. What it writes is committed, so nobody who runs or tests the service needs it.
"""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "app" / "static" / "vendor"
# Used by the tests and never served.
TESTS = ROOT / "tests" / "browser" / "vendor"
ICONS = "tabler-icons"
TABLER = VENDOR / "tabler" / "tabler.min.css"
# Nine tenths of Tabler are for what no page has, and they cost a browser time for each page. Words that become class
# names when they are put together are not seen here: tests/test_pages.py finds a page with a class that was cut.
PURGE = "purgecss@8.0.0"
CUT = TESTS / "tabler" / "cut.txt"
STYLED = (
    ("app/templates", "*.html"),
    ("app/views", "*.py"),
    ("app/static/js", "*.js"),
    ("app/static/vendor/tom-select", "*.js"),
)
PURGING = """
import { PurgeCSS } from "purgecss";
const [css, ...content] = JSON.parse(process.argv[1]);
const [one] = await new PurgeCSS().purge({ css: [css], content, keyframes: true });
process.stdout.write(one.css);
"""


class Package(NamedTuple):
    """One package: its name and version, the licence it is under, and the files taken from it."""

    folder: str
    name: str
    version: str
    licence: str
    files: dict[str, str]
    target: Path = VENDOR


PACKAGES = (
    Package("tabler", "@tabler/core", "1.6.1", "MIT", {"dist/css/tabler.min.css": "tabler.min.css"}),
    Package("tom-select", "tom-select", "2.6.2", "Apache-2.0",
            {"dist/js/tom-select.base.min.js": "tom-select.min.js",
             "dist/css/tom-select.bootstrap5.min.css": "tom-select.min.css"}),
    Package("htmx", "htmx.org", "4.0.1", "0BSD", {"dist/htmx.min.js": "htmx.min.js"}),
    Package("chart", "chart.js", "4.6.1", "MIT", {"dist/chart.umd.min.js": "chart.min.js"}),
    Package(ICONS, "@tabler/icons", "3.51.0", "MIT", {}),
    Package("axe", "axe-core", "4.14.1", "MPL-2.0", {"axe.min.js": "axe.min.js"}, TESTS),
)  # fmt: skip


def main() -> None:
    """Fetch, copy, and write the lists."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = [PURGE, *(f"{package.name}@{package.version}" for package in PACKAGES)]
        command = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", *wanted]
        subprocess.run(command, cwd=folder, check=True)  # noqa: S603 - names and versions from the table above
        modules = Path(folder) / "node_modules"
        for package in PACKAGES:
            _copy(package, modules / package.name)
        _write_sprite(modules / "@tabler/icons" / "icons" / "outline")
        _purge(folder)
    _write_system_dark()
    for target in (VENDOR, TESTS):
        _write_list(target)


def _copy(package: Package, source: Path) -> None:
    target = package.target / package.folder
    target.mkdir(parents=True, exist_ok=True)
    # One package comes without its licence, which then stays as it was copied from its repository.
    for licence in sorted(source.iterdir()):
        if licence.name.upper().startswith("LICEN"):
            shutil.copyfile(licence, target / "LICENSE")
    assert (target / "LICENSE").exists(), package
    for name, saved in package.files.items():
        text = (source / name).read_text()
        # Source maps are not served, and a browser that asks for one would find nothing.
        text = re.sub(r"\n?(//|/\*)# sourceMappingURL=.*", "", text)
        (target / saved).write_text(text)


def _purge(folder: str) -> None:
    """Cut what styles nothing that a template, a view or a script names, and list the classes that are gone."""
    whole = TABLER.read_text()
    arguments = json.dumps([str(path) for path in (TABLER, *styled_files())])
    command = ["node", "--input-type=module", "--eval", PURGING, arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)  # noqa: S603 - as above
    TABLER.write_text(done.stdout)
    CUT.parent.mkdir(exist_ok=True)
    CUT.write_text("\n".join(sorted(_classes_of(whole) - _classes_of(done.stdout) - words_of_pages())) + "\n")


def styled_files() -> list[Path]:
    """Where class names are written, in order."""
    return [path for folder, pattern in STYLED for path in sorted((ROOT / folder).rglob(pattern))]


def words_of_pages() -> set[str]:
    """Whatever may be a class name; some of it stands in rules that were cut for another class of theirs."""
    return {word for path in styled_files() for word in re.findall(r"[A-Za-z0-9_-]+", path.read_text())}


def _classes_of(css: str) -> set[str]:
    named = re.findall(r"\.(-?[a-zA-Z_](?:[\w-]|\\.)*)", re.sub(r"url\([^)]*\)", "", css))
    return {name.replace("\\", "") for name in named}


def _write_sprite(icons: Path) -> None:
    """One file of the icons that pages name."""
    symbols = []
    for name in icon_names(icons):
        inner = re.search(r"<svg[^>]*>(.*)</svg>", (icons / f"{name}.svg").read_text(), re.DOTALL)
        assert inner, name
        body = " ".join(inner[1].split())
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
            f'stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
        )
    text = '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    (VENDOR / ICONS / "sprite.svg").write_text(text)


def icon_names(icons: Path) -> list[str]:
    """Every icon named in a line of a template or a view that speaks of icons, in order."""
    named: set[str] = set()
    for path in (*(ROOT / "app" / "templates").rglob("*.html"), *(ROOT / "app" / "views").rglob("*.py")):
        for line in path.read_text().splitlines():
            if "icon" in line:
                named |= set(re.findall(r"""["']([a-z][a-z0-9-]*)["']""", line))
    return sorted(name for name in named if (icons / f"{name}.svg").exists())


def _write_system_dark() -> None:
    """Tabler's dark rules once more for those who follow their system: linked with a media query, so no script asks."""
    css = TABLER.read_text()
    found = []
    # Only rules of the outermost level: what is inside a media query is for print.
    for selectors, body in re.findall(r"(?<=\})([^{}]*\[data-bs-theme=dark\][^{}]*)\{([^{}]*)\}", css):
        dark = [one for one in re.split(r",(?![^(]*\))", selectors) if "[data-bs-theme=dark]" in one]
        kept = [one for one in dark if ":not" not in one]
        if not kept:
            continue
        found.append(",".join(kept).replace("[data-bs-theme=dark]", "[data-bs-theme=system]") + "{" + body + "}")
    (VENDOR / "tabler" / "tabler-system-dark.css").write_text("\n".join(found) + "\n")


def _write_list(target: Path) -> None:
    rows = "".join(
        f"| {package.folder}/ | {package.name} {package.version} | {package.licence} |\n"
        for package in PACKAGES
        if package.target == target
    )
    text = f"Made by `make vendor` (tools/vendor.py).\n\n| folder | what | licence |\n|---|---|---|\n{rows}"
    (target / "VERSIONS.md").write_text(text)


if __name__ == "__main__":
    main()
