"""What the invented people have been told of the newest moves of their contacts."""

from datetime import timedelta

from sqlalchemy import select

from app.access.tenancy import bulk_insert
from app.domain import clock
from app.domain.lifecycle import Action
from app.domain.notices import TOLD_TO_ASSIGNEE, TOLD_TO_RAISER, Notice
from app.extensions import db
from app.models import AuditEvent, Contact, Notification, User

NEWEST_MOVES = 600
# What is older has been read.
UNREAD_DAYS = timedelta(days=4)
READ_AFTER = timedelta(hours=3)
_SENTENCES = {f"contact:{action}": action for action in (*TOLD_TO_RAISER, *TOLD_TO_ASSIGNEE)}


def add_notices() -> None:
    """Tell people of the newest moves, unless anybody has been told of anything; the caller commits."""
    if db.session.scalar(select(Notification.id).limit(1)) is not None:
        return
    newest = select(AuditEvent).where(AuditEvent.object_type == "contact", AuditEvent.action.in_(_SENTENCES))
    moves = list(db.session.scalars(newest.order_by(AuditEvent.id.desc()).limit(NEWEST_MOVES)))
    raisers, assignees = _raisers(moves), _assignees(moves)
    organisations = dict(db.session.execute(select(User.id, User.organisation_id)).all())
    unread_since, rows = clock.now() - UNREAD_DAYS, []
    for move in reversed(moves):
        action = Action(_SENTENCES[move.action])
        is_for_raiser = action in TOLD_TO_RAISER
        told = (raisers if is_for_raiser else assignees).get(move.object_id)
        if told is None or told == move.actor_id:
            continue
        sentence = TOLD_TO_RAISER[action] if is_for_raiser else TOLD_TO_ASSIGNEE[action]
        notice = Notice(told, sentence, move.object_label)
        read_at = None if move.at > unread_since else move.at + READ_AFTER
        rows.append(
            {"user_id": told, "organisation_id": organisations[told], "at": move.at, "text": notice.text,
             "url": notice.url, "read_at": read_at}
        )  # fmt: skip
    bulk_insert(Notification, rows)


def _raisers(moves: list[AuditEvent]) -> dict[int, int | None]:
    raising = select(AuditEvent.object_id, AuditEvent.actor_id).where(
        AuditEvent.object_type == "contact",
        AuditEvent.action == "contact:raise",
        AuditEvent.object_id.in_({move.object_id for move in moves}),
    )
    return dict(db.session.execute(raising).all())


def _assignees(moves: list[AuditEvent]) -> dict[int, int | None]:
    wanted = select(Contact.id, Contact.assignee_id).where(Contact.id.in_({move.object_id for move in moves}))
    return dict(db.session.execute(wanted).all())
