"""axe-core on a page, run beside the page's own content security policy and not within it."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parent / "vendor" / "axe" / "axe.min.js"
DEMANDED = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
ADVISED = "best-practice"
# What depends on colours alone.
COLOURS = ("color-contrast", "link-in-text-block")
RUN = """([within, type, values]) => axe.run(within ?? document, {
  runOnly: { type, values }, resultTypes: ["violations"], preload: false, elementRef: false,
}).then((result) => result.violations)"""


@cache
def _source() -> str:
    return SOURCE.read_text()


def load(page: Page) -> None:
    """Put axe into the page through the debugger: a script element would rightly be refused."""
    page.evaluate(_source())


def find_violations(
    page: Page, *, within: str | None = None, has_only_colours: bool = False, has_advice: bool = False
) -> tuple[list[str], list[str]]:
    """(what breaks WCAG 2.2 A or AA, what is only advised against): one line for each rule, with its first elements.

    `within` is the selector of the part that is looked at, None for all of the page; advice is asked for `has_advice`.
    """
    wanted = ["rule", COLOURS] if has_only_colours else ["tag", [*DEMANDED, *([ADVISED] if has_advice else [])]]
    found: list[dict[str, Any]] = page.evaluate(RUN, [within, *wanted])
    broken = [_line(rule) for rule in found if ADVISED not in rule["tags"]]
    return broken, [_line(rule) for rule in found if ADVISED in rule["tags"]]


def _line(rule: dict[str, Any]) -> str:
    nodes = [f"{node['target'][0]} {_reason(node)} {node['html'][:160]}" for node in rule["nodes"][:3]]
    return f"{rule['id']} ({rule['impact']}, {len(rule['nodes'])}): " + "; ".join(nodes)


def _reason(node: dict[str, Any]) -> str:
    checks = [*node["any"], *node["all"], *node["none"]]
    return f"[{checks[0]['message'][:160]}]" if checks else ""
