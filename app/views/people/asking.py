"""What is said before and after a change of access that needs somebody else's approval."""

from collections.abc import Sequence

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from app.domain.approvals import Act
from app.extensions import db
from app.models import Approval, Organisation, User
from app.services import approvals
from app.views.public_ids import encode_id

_ASKED = "asked "
_ROLES = (Act.LSO, Act.EXPORT)


def foretell_role(people: Sequence[User]) -> str:
    """Which roles given to these people will wait for approval, and whose, or ""."""
    return _foretell(people, _ROLES)


def foretell_disabling(people: Sequence[User]) -> str:
    """The same of disabling them together."""
    return _foretell(people, (Act.BULK_DISABLE,)) if len(people) > 1 else ""


def _foretell(people: Sequence[User], acts: Sequence[Act]) -> str:
    """One sentence for each organisation, those that are alike said once."""
    by_organisation: dict[int, list[int]] = {}
    for user in people:
        by_organisation.setdefault(user.organisation_id, []).append(user.id)
    sentences = [
        approvals.foretell(db.session.get_one(Organisation, organisation_id), acts, pks)
        for organisation_id, pks in by_organisation.items()
    ]
    return " ".join(dict.fromkeys(filter(None, sentences)))


def asked_result(requests: Sequence[Approval]) -> str:
    """What a form that is sent twice remembers of what it asked for."""
    return _ASKED + " ".join(str(request.id) for request in requests)


def read_asked(result: str) -> int | None:
    """The request that `asked_result` wrote, or None where the change was made."""
    return int(result.removeprefix(_ASKED)) if result.startswith(_ASKED) else None


def tell_asked(pk: int) -> Response:
    """Say who can approve, on the page of the request."""
    flash(asked_words(db.session.get_one(Approval, pk)), "info")
    return redirect(url_for("approvals.details_view", id=encode_id(pk)))


def asked_words(request: Approval) -> str:
    """What is said to whoever asked for a change that they hoped to make."""
    approvers = approvals.find_approvers(request)
    told = "They were" if len(approvers.names) > 1 else f"{approvers.names[0]} was"
    return f"This needs approval. {approvers.words} {told} told."
