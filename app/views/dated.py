"""What contact types and data items share: first and last day, and what they mean today."""

from typing import Any

from wtforms.validators import InputRequired, Optional

from app.domain import clock
from app.domain.item import show_date


def show_day(name: str) -> Any:
    return lambda view, context, row, _: show_date(getattr(row, name)) if getattr(row, name) else ""


def state(view: Any, context: Any, row: Any, name: str) -> str:
    today = clock.today()
    if row.starts_on > today:
        return "Not yet"
    return "Retired" if row.ends_on and row.ends_on < today else "In use"


DATES = {
    "starts_on": {"label": "First day", "validators": [InputRequired("Enter the first day.")], "default": clock.today},
    "ends_on": {
        "label": "Last day",
        "validators": [Optional()],
        "description": "Leave empty while it is in use. A day in the past retires it.",
    },
}
