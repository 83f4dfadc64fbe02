"""Short lists of contacts."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import selectinload

from app.access.actor import current_actor
from app.extensions import db
from app.models import Contact, Organisation
from app.services import contact_list
from app.views.home.panel import ROWS, contacts_url
from app.views.words import due_words, status_tag


def first_due(filters: Mapping[str, str], empty: str) -> dict[str, Any]:
    """The contacts due first, and the address of them all where there are more; `empty` says what none means.

    Their status is left out where the filters say it already.
    """
    wanted = contact_list.SORTS["due"].order(contact_list.select_contacts(filters, "due"))
    is_of_many = current_actor().reaches_all
    if is_of_many:
        wanted = wanted.options(selectinload(Contact.organisation).load_only(Organisation.name))
    rows = list(db.session.scalars(wanted.limit(ROWS + 1)))
    return {
        "rows": rows[:ROWS],
        "more_url": contacts_url(filters, "due") if len(rows) > ROWS else None,
        "empty": empty,
        "has_organisation": is_of_many,
        "has_status": "status" not in filters and filters.get("assignee") != "nobody",
        "due_words": due_words,
        "status_tag": status_tag,
    }
