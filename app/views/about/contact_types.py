"""What may be raised: every contact type with its guidance, targets and data items, from the data."""

from typing import NamedTuple

from flask import Blueprint, render_template

from app.access.actor import allowed
from app.domain.item_words import limit_words
from app.domain.items import KINDS, Choice
from app.models.contact_type import FAMILIES
from app.services import about, contacts
from app.services.about import TypeFacts
from app.services.contact_types import list_raisable
from app.services.definition import MAIN_TARGET_PERCENTAGE
from app.views.frames import frame


class ItemRow(NamedTuple):
    """One data item as the page shows it."""

    label: str
    code: str
    kind: str
    need: str
    help: str
    limits: list[str]
    choices: list[str]


def contact_types() -> str:
    """The list, grouped by family."""
    types = about.list_types()
    families = [(label, [facts for facts in types if facts.family == family]) for family, label in FAMILIES]
    return render_template(
        "pages/about/contact_types.html",
        title="Contact types",
        frame=frame(),
        families=[(label, some) for label, some in families if some],
    )


def contact_type(code: str) -> str:
    """One type."""
    facts = about.get_type(code)
    rows = _rows(facts)
    return render_template(
        "pages/about/contact_type.html",
        title=f"{facts.code} {facts.name}",
        frame=frame(),
        facts=facts,
        may_raise=allowed(contacts.raise_contacts) and facts.code in {one.code for one in list_raisable()},
        family=dict(FAMILIES)[facts.family],
        targets=_target_sentences(facts),
        items=[row for row, asked in zip(rows, facts.items, strict=True) if not asked.is_retired],
        retired=[row for row, asked in zip(rows, facts.items, strict=True) if asked.is_retired],
    )


def _rows(facts: TypeFacts) -> list[ItemRow]:
    labels = {item.code: item.label for item, _ in facts.items}
    rows = []
    for item, _ in facts.items:
        kind = KINDS[item.kind]
        choices = [label for _, label in kind.options(item)] if isinstance(kind, Choice) else []
        need = "Yes" if item.is_required else "No"
        rows.append(ItemRow(item.label, item.code, kind.label, need, item.help, limit_words(item, labels), choices))
    return rows


def _target_sentences(facts: TypeFacts) -> list[str]:
    return [
        f"{percentage}% of contacts are completed within {days} business day{'' if days == 1 else 's'} (D+{days})."
        + (" The due date of a contact is set by this one." if _sets_due_date(facts, days, percentage) else "")
        for days, percentage in facts.targets
    ]


def _sets_due_date(facts: TypeFacts, days: int, percentage: int) -> bool:
    return days == facts.due_days and percentage >= MAIN_TARGET_PERCENTAGE


def add_pages(blueprint: Blueprint) -> None:
    """The addresses."""
    blueprint.add_url_rule("/contact-types/", view_func=contact_types)
    blueprint.add_url_rule("/contact-types/<code>/", view_func=contact_type)
