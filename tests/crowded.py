"""Every text as long as its column allows, half of them without a space, and more saved views than tabs hold."""

from typing import Any

from flask import Flask
from sqlalchemy import String, select, update

from app.access.actor import SYSTEM, acting_as
from app.extensions import db
from app.models import (
    Contact,
    ContactType,
    DataItem,
    Job,
    Message,
    Notification,
    Organisation,
    OrganisationKind,
    SavedView,
    Upload,
    User,
)
from app.services import saved_views, sessions

SPACED, UNBROKEN = "Interminable Gas and Meter Point Holdings ", "Llanfairpwllgwyngyllgogerychwyrndrobwll"
VIEWS = {"ALD-ANN": 45, "ALD-SUE": 15}
# Names of people and organisations are copied onto what they do, as the service does it.
LONG = (
    (Organisation, "name"),
    (Organisation, "advocate_name"),
    (OrganisationKind, "name"),
    (User, "name"),
    (User, "email"),
    (ContactType, "name"),
    (DataItem, "label"),
    (DataItem, "help"),
    (Contact, "own_reference"),
    (Contact, "summary"),
    (Contact, "raised_by_name"),
    (Contact, "assignee_name"),
    (SavedView, "name"),
    (SavedView, "maker_name"),
    (Upload, "file_name"),
    (Upload, "uploaded_by_name"),
    (Notification, "text"),
    (Job, "error"),
)


def fill(length: int, number: int) -> str:
    """A text of this length that begins with its number."""
    text = f"{number} "
    return (text + (SPACED, UNBROKEN)[number % 2] * (length // 30 + 1))[:length].strip().ljust(length, "z")


def crowd(app: Flask) -> None:
    """Fill every row there is; ann sees sixty saved views more of the list of contacts, a colleague's among them."""
    with app.app_context():
        for maker, count in VIEWS.items():
            actor = sessions.actor_of(maker)
            assert actor is not None
            with acting_as(actor):
                for number in range(count):
                    saved_views.save_view("contacts", f"View {number}", "status=open", is_shared=True)
                db.session.commit()
        with acting_as(SYSTEM):
            for model, name in LONG:
                _fill_column(model, name)
            for model, name, length in ((Message, "text", 4000), (ContactType, "guidance", 2000)):
                for number, pk in enumerate(_ids(model)):
                    _set(model, pk, {name: fill(length, number)})
            for number, contact in enumerate(db.session.scalars(select(Contact).limit(500))):
                contact.answers = {code: fill(200, number) for code in contact.answers}
            db.session.commit()


def _fill_column(model: Any, name: str) -> None:
    kind = model.__table__.c[name].type
    assert isinstance(kind, String) and kind.length
    for number, pk in enumerate(_ids(model)):
        _set(model, pk, {name: fill(kind.length, number)})


def _ids(model: Any) -> list[Any]:
    key = next(iter(model.__table__.primary_key))
    return list(db.session.scalars(select(key).order_by(key.desc()).limit(500)))


def _set(model: Any, pk: Any, values: dict[str, str]) -> None:
    key = next(iter(model.__table__.primary_key))
    db.session.execute(update(model).where(key == pk).values(values), execution_options={"synchronize_session": False})
