"""What a data item takes, in words."""

from collections.abc import Mapping
from datetime import date

from app.domain.item import Item, show_date
from app.domain.items import KINDS, Identifier, Text


def limit_words(item: Item, labels: Mapping[str, str]) -> list[str]:
    """Each limit as a sentence; `labels` are those of all items of the type, by code."""
    kind, limits = KINDS[item.kind], item.limits
    words = []
    if isinstance(kind, Identifier):
        words.append(f"{kind.shape.capitalize()}.")
    elif isinstance(kind, Text):
        words.append(f"{limits.get('max_length', kind.longest):,} characters at most.")
    for limit, says in (("minimum", "not less than"), ("maximum", "not more than")):
        if limits.get(limit) is not None:
            words.append(f"{says.capitalize()} {limits[limit]:,}.")
    for limit, says in (("earliest", "not before"), ("latest", "not after")):
        if bound := limits.get(limit):
            day = "the day it is raised" if bound == "today" else show_date(date.fromisoformat(bound))
            words.append(f"{says.capitalize()} {day}.")
    if earlier := limits.get("not_before"):
        words.append(f"Not before {labels.get(earlier, earlier).lower()}.")
    return words
