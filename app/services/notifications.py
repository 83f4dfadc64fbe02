"""What people are told the next time they look: written with what it tells of, in the same transaction."""

from typing import Any, NamedTuple

from sqlalchemy import Select, select

from app.access.actor import current_actor, needs
from app.access.tenancy import post_notifications
from app.domain import clock
from app.domain.errors import NotFound
from app.domain.lifecycle import Action
from app.domain.notices import TOLD_TO_ASSIGNEE, TOLD_TO_RAISER, Notice
from app.domain.roles import Permission
from app.extensions import db
from app.models import AuditEvent, Contact, Notification, Upload, User

_LONGEST_TEXT, _LONGEST_NAME = 200, 80


def tell_of_move(contact: Contact, action: Action) -> None:
    """Tell who raised the contact, or whom it is assigned to, of a move made by somebody else; part of `perform`."""
    if action in TOLD_TO_RAISER:
        sentence, told = TOLD_TO_RAISER[action], _raiser(contact)
    elif action in TOLD_TO_ASSIGNEE:
        sentence, told = TOLD_TO_ASSIGNEE[action], contact.assignee_id
    else:
        return
    if told is not None and told != current_actor().user_pk:
        post_notifications([Notice(told, sentence, contact.reference)])


def _raiser(contact: Contact) -> int | None:
    raising = select(AuditEvent.actor_id).where(
        AuditEvent.object_type == "contact", AuditEvent.object_id == contact.id, AuditEvent.action == "contact:raise"
    )
    return db.session.scalar(raising.limit(1))


class UploadWords(NamedTuple):
    """How one kind of upload speaks: where it is, what its rows make, and what was done with them."""

    path: str
    noun: str
    done: str


def tell_of_upload(upload: Upload, words: UploadWords) -> None:
    """Tell who uploaded a file what became of it; part of the verbs that a worker carries out.

    Whoever acted for another organisation is told nothing: they are out of its reach, and on the page meanwhile.
    """
    organisation_id = db.session.scalar(
        select(User.organisation_id).where(User.id == upload.uploaded_by_id, User.is_active)
    )
    if organisation_id is None:
        return
    told = Notification(
        user_id=upload.uploaded_by_id,
        organisation_id=organisation_id,
        at=clock.now(),
        text=_upload_sentence(upload, words)[:_LONGEST_TEXT],
        url=f"{words.path}{upload.id}/",
    )
    db.session.add(told)


def _upload_sentence(upload: Upload, words: UploadWords) -> str:
    name = upload.file_name if len(upload.file_name) <= _LONGEST_NAME else upload.file_name[: _LONGEST_NAME - 1] + "…"
    made = _count(upload.raised_count, words.noun)
    good, wrong = (_count(count, "row") for count in (upload.accepted_count, upload.refused_count))
    found = [f"{good} good"] if upload.accepted_count or not upload.refused_count else []
    found += [f"{wrong} with errors"] if upload.refused_count else []
    sentences = {
        "checked": f"{name} was checked: {', '.join(found)}.",
        "refused": f"{name} was refused. Nothing was {words.done}.",
        "failed": f"{name} could not be checked.",
        "committed": f"{name} is finished: {made} {words.done}.",
        "stopped": f"{name} stopped after {made} had been {words.done}.",
    }
    return sentences[upload.state]


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def tell_of_access(user: User, sentence: str, url: str = "/account/") -> None:
    """Tell a person what became of their access, or of what they look after; part of the verbs that change it."""
    told = Notification(
        user_id=user.id,
        organisation_id=user.organisation_id,
        at=clock.now(),
        text=shorten(sentence),
        url=url,
    )
    db.session.add(told)


def shorten(sentence: str) -> str:
    """A sentence as it is kept: its end is left out where it is too long."""
    return sentence if len(sentence) <= _LONGEST_TEXT else sentence[: _LONGEST_TEXT - 1] + "…"


def select_own() -> Select[Any]:
    """The actor's own notifications, not ordered; a colleague's are within reach and are left out."""
    return select(Notification).where(Notification.user_id == current_actor().user_pk)


@needs(Permission.ACCOUNT_OWN)
def mark_read(notification_id: int) -> Notification:
    """Keep when one's own notification was first read; NotFound for anybody else's."""
    notification: Notification | None = db.session.scalar(select_own().where(Notification.id == notification_id))
    if notification is None:
        raise NotFound("There is no such notification.")
    notification.read_at = notification.read_at or clock.now()
    return notification


@needs(Permission.ACCOUNT_OWN)
def mark_all_read() -> int:
    """Mark every notification of one's own that is not read yet; how many there were."""
    unread: list[Any] = list(db.session.scalars(select_own().where(Notification.read_at.is_(None))))
    now = clock.now()
    for notification in unread:
        notification.read_at = now
    return len(unread)
