"""Support requests: asked by anybody, worked by Xoserve in a small queue."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app.access.actor import SYSTEM, acting_as, current_actor, needs
from app.domain import clock
from app.domain.errors import Conflict, NotFound, RuleBroken
from app.domain.mail import MailKind
from app.domain.roles import Permission
from app.extensions import db
from app.models import Organisation, SupportRequest
from app.models.organisation import XOSERVE_KIND
from app.services import audit, mail
from app.services.locking import for_change
from app.services.request_keys import check_key

OPEN, TAKEN, CLOSED = "open", "taken", "closed"
STATES = {OPEN: "Open", TAKEN: "Taken", CLOSED: "Closed"}
# So many requests in an hour are taken from one address: a whole office may share it.
MOST_AN_HOUR = 5
TOO_MANY = "Too many requests came from your network in the last hour. Try again later, or telephone."


class TooMany(RuleBroken):
    """More requests from one address than are taken."""


def ask_for_support(values: Mapping[str, str], *, key: str, address: str) -> None:
    """Keep a request of somebody who may not be known; a repeated key keeps nothing more.

    What is typed is looked up nowhere, so that the answer says nothing about organisations or people.
    """
    check_key(key)
    with acting_as(SYSTEM):
        if db.session.scalar(select(SupportRequest.id).where(SupportRequest.request_key == key)):
            return
        since = clock.now() - timedelta(hours=1)
        lately = select(func.count()).select_from(SupportRequest)
        lately = lately.where(SupportRequest.address == address[:45], SupportRequest.asked_at > since)
        if (db.session.scalar(lately) or 0) >= MOST_AN_HOUR:
            raise TooMany(TOO_MANY)
        xoserve = select(Organisation.id).where(Organisation.kind_code == XOSERVE_KIND)
        request = SupportRequest(
            **{name: values[name] for name in ("organisation_typed", "name", "email", "need")},
            request_key=key,
            organisation_id=db.session.scalars(xoserve).one(),
            address=address[:45],
            asked_at=clock.now(),
            state=OPEN,
        )
        db.session.add(request)
        db.session.flush()
        audit.record("support:ask", request)
        received = MailKind.SUPPORT_REQUEST_RECEIVED
        mail.post_to_address(received, request.email, key=request.reference, reference=request.reference)
        db.session.commit()


@needs(Permission.SUPPORT_WORK)
def take_request(pk: int, *, version: int) -> SupportRequest:
    """Make an open request one's own, so that no two people answer it."""
    request = _find(pk, version)
    if request.state != OPEN:
        raise RuleBroken(f"{request.taken_by} has taken this request.")
    actor = current_actor()
    _move(request, "support:take", state=TAKEN, taken_by_id=actor.user_pk, taken_by=actor.name)
    return request


@needs(Permission.SUPPORT_WORK)
def answer_request(pk: int, answer: str, *, version: int) -> SupportRequest:
    """Answer by mail whoever asked, and close the request."""
    request = _own(pk, version)
    now = clock.now()
    _move(request, "support:answer", state=CLOSED, answer=answer, answered_at=now, closed_at=now)
    sent = {"reference": request.reference, "answer": answer}
    mail.post_to_address(MailKind.SUPPORT_ANSWER, request.email, key=request.reference, **sent)
    return request


@needs(Permission.SUPPORT_WORK)
def close_request(pk: int, reason: str, *, version: int) -> SupportRequest:
    """Close a request that needs no answer, and say why."""
    request = _own(pk, version)
    _move(request, "support:close", state=CLOSED, closed_at=clock.now(), closed_because=reason)
    return request


def _find(pk: int, version: int) -> SupportRequest:
    request = db.session.scalar(for_change(select(SupportRequest).where(SupportRequest.id == pk)))
    if request is None:
        raise NotFound("There is no such support request.")
    if request.version != version:
        raise Conflict("Somebody else worked on this request while you had it open. Look at what they did first.")
    return request


def _own(pk: int, version: int) -> SupportRequest:
    request = _find(pk, version)
    if request.state == CLOSED:
        raise RuleBroken("This request is closed.")
    if request.taken_by_id != current_actor().user_pk:
        raise RuleBroken("Take this request first, so that nobody else answers it too.")
    return request


def _move(request: SupportRequest, action: str, **changes: Any) -> None:
    before = request.state
    for name, value in changes.items():
        setattr(request, name, value)
    request.version += 1
    audit.record(action, request, before={"state": before}, after={"state": request.state})
