"""For those who work contacts: the queue, their own, and who does what."""

from typing import Any

from app.services import figures
from app.views.home.contacts import first_due
from app.views.home.panel import SIDE, TOP, P, Panel, count_contacts
from app.views.words import show_instant

_WORKS = frozenset({P.CONTACT_READ, P.CONTACT_CLAIM})


def glance() -> dict[str, Any]:
    return {
        "figures": count_contacts(
            [
                ("Not assigned", {"assignee": "nobody"}),
                ("Assigned to you", {"assignee": "me"}),
                ("Due today", {"due": "today"}),
                ("Overdue", {"due": "overdue"}),
            ]
        )
    }


def queue() -> dict[str, Any]:
    return first_due({"assignee": "nobody"}, "Every open contact is assigned.")


def mine() -> dict[str, Any]:
    return first_due({"assignee": "me"}, "Nothing is assigned to you. Claim a contact from the queue.")


def due_today() -> dict[str, Any]:
    return first_due({"due": "today"}, "Nothing is due today.")


def overdue() -> dict[str, Any]:
    return first_due({"due": "overdue"}, "Nothing is overdue.")


def per_person() -> dict[str, Any]:
    counted = figures.work_by_assignee()
    return {"table": counted.value, "as_at": show_instant(counted.at), "empty": "No open contact is assigned."}


PANELS = (
    Panel("work", "Work at a glance", "figures", glance, _WORKS, place=TOP),
    Panel("queue", "Queue: not assigned, due first", "contacts", queue, _WORKS),
    Panel("assigned", "Assigned to you", "contacts", mine, _WORKS),
    Panel("per_person", "Work by person", "table", per_person, _WORKS | {P.WORK_OVERSEE}),
    Panel("due_today", "Due today", "contacts", due_today, _WORKS, place=SIDE),
    Panel("overdue", "Overdue, the oldest first", "contacts", overdue, _WORKS, place=SIDE),
)
