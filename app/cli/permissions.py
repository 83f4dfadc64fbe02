"""flask permissions: the permission table, as the README shows it."""

from importlib import import_module
from pkgutil import iter_modules

import click
from flask.cli import with_appcontext

from app import exports, imports, services
from app.access.actor import VERBS
from app.domain.lifecycle import LIFECYCLE
from app.domain.roles import GRANTS, Permission, Role


def matrix() -> str:
    """Roles by permissions as a Markdown table, each permission with the verbs that need it, wherever they are."""
    for package in (services, imports, exports):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    verbs: dict[Permission, list[str]] = {permission: [] for permission in Permission}
    for verb, permission in sorted(VERBS.items()):
        verbs[permission].append(verb.rsplit(".", 1)[-1])
    for move in LIFECYCLE:
        verbs[move.needs].append(move.action.value)
    lines = [
        "| permission | verbs | " + " | ".join(role.label for role in Role) + " |",
        "|---|---|" + "---|" * len(Role),
    ]
    for permission in sorted(Permission):
        marks = ["yes" if permission in GRANTS[role] else "" for role in Role]
        named = ", ".join(dict.fromkeys(verbs[permission])) or "(pages)"
        lines.append(f"| `{permission}` | {named} | " + " | ".join(marks) + " |")
    return "\n".join(lines)


@click.command("permissions")
@with_appcontext
def command() -> None:
    """Print which role may do what."""
    click.echo(matrix())
