"""For those who watch volumes and targets."""

from typing import Any

from app.domain.descriptions import describe_weeks
from app.domain.item import show_date
from app.domain.table import Table
from app.services import figures_volume
from app.services.figures_volume import RECENT_WEEKS, WEEKS
from app.views.home.panel import TOP, Figure, P, Panel, contacts_url
from app.views.words import show_instant

_FIGURES = frozenset({P.CONTACT_READ, P.FIGURES_READ})


def volumes() -> dict[str, Any]:
    weeks: list[Any] = list(figures_volume.by_week().value.rows)
    counted = figures_volume.standing()
    now, (_, raised, closed) = counted.value, weeks[-1]
    recent = weeks[-RECENT_WEEKS - 1 : -1]
    completed, in_time = now.completed_count, now.in_time_count
    before = "{:,} in the four weeks before"
    share = f"{100 * in_time / completed:.1f}%" if completed else "Nothing yet"
    measured = f"of {completed:,} in the last four full weeks" if completed else "none completed in four full weeks"
    return {
        "figures": [
            Figure("Raised this week", f"{raised:,}", note=before.format(sum(row[1] for row in recent))),
            Figure("Closed this week", f"{closed:,}", note=before.format(sum(row[2] for row in recent))),
            Figure("Open", f"{now.open_count:,}", contacts_url({"status": "open"})),
            Figure("Overdue", f"{now.overdue_count:,}", contacts_url({"due": "overdue"}, "due")),
            Figure("Completed in time", share, note=measured),
        ],
        "as_at": show_instant(counted.at),
    }


def by_week() -> dict[str, Any]:
    counted = figures_volume.by_week()
    rows: list[Any] = list(counted.value.rows)
    return {
        "kind": "lines",
        "table": Table(counted.value.columns, [(show_date(monday), *counts) for monday, *counts in rows]),
        "description": describe_weeks(counted.value),
        "note": "The last week is not over yet.",
        "as_at": show_instant(counted.at),
    }


PANELS = (
    Panel("volumes", "Volumes", "figures", volumes, _FIGURES, place=TOP),
    Panel("by_week", f"Raised and closed in each of {WEEKS} weeks", "chart", by_week, _FIGURES, is_figure=True),
)
