"""For an organisation's own people: what waits for them and where their organisation's contacts stand."""

from typing import Any

from sqlalchemy import select

from app.access.actor import current_actor
from app.domain.descriptions import describe_shares
from app.domain.uploads import UploadKind
from app.extensions import db
from app.models import Upload
from app.services import figures
from app.views.home.contacts import first_due
from app.views.home.panel import SIDE, TOP, P, Panel, count_contacts
from app.views.uploads import STATES
from app.views.words import show_instant

_OWN = frozenset({P.CONTACT_READ})
_STAFF = frozenset({P.ALL_ORGANISATIONS})
RECENT_UPLOADS = 5


def glance() -> dict[str, Any]:
    asks = [("Open", {"status": "open"}), ("Overdue", {"due": "overdue"}), ("Due in 7 days", {"due": "week"})]
    if current_actor().may(P.CONTACT_ANSWER):
        asks.insert(0, ("Waiting for your answer", {"status": "awaiting_information"}))
    return {"figures": count_contacts(asks)}


def waiting() -> dict[str, Any]:
    return first_due({"status": "awaiting_information"}, "Xoserve is not waiting for an answer from your organisation.")


def mine() -> dict[str, Any]:
    return first_due({"raised": "me"}, "You have no open contacts. Those you raise stand here until they are closed.")


def due_soon() -> dict[str, Any]:
    return first_due({"due": "week"}, "Nothing is due in the next seven days.")


def by_status() -> dict[str, Any]:
    counted = figures.open_by_status()
    return {"kind": "bars", "table": counted.value, "description": describe_shares(counted.value, "open contact")}


def by_age() -> dict[str, Any]:
    counted = figures.open_by_age()
    is_kept = current_actor().reaches_all
    return {
        "kind": "bars",
        "table": counted.value,
        "description": describe_shares(counted.value, "open contact"),
        "note": "Business days since a contact was raised.",
        "as_at": show_instant(counted.at) if is_kept else None,
    }


def uploads() -> dict[str, Any]:
    wanted = select(Upload).where(Upload.kind == UploadKind.CONTACTS.value)
    wanted = wanted.order_by(Upload.id.desc()).limit(RECENT_UPLOADS)
    return {"uploads": list(db.session.scalars(wanted)), "states": STATES, "show_instant": show_instant}


PANELS = (
    Panel("glance", "Your organisation at a glance", "figures", glance, _OWN, _STAFF, TOP),
    Panel("waiting", "Waiting for your organisation", "contacts", waiting, _OWN | {P.CONTACT_ANSWER}, _STAFF),
    Panel("mine", "Your open contacts", "contacts", mine, _OWN | {P.CONTACT_RAISE}, _STAFF),
    Panel("by_status", "Open contacts by status", "chart", by_status, _OWN, _STAFF, SIDE, True),
    # Staff who oversee work see every organisation's backlog here, an organisation's supervisor their own.
    Panel("by_age", "Open contacts by age", "chart", by_age, _OWN | {P.WORK_OVERSEE}, frozenset(), SIDE, True),
    Panel("due_soon", "Due in the next 7 days", "contacts", due_soon, _OWN, _STAFF, SIDE),
    Panel("uploads", "Latest uploads", "uploads", uploads, frozenset({P.UPLOAD_READ}), _STAFF, SIDE),
)
