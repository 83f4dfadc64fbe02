"""For those who look after people's access, and for those who have none."""

from typing import Any

from flask import url_for

from app.access.actor import allowed, current_actor
from app.domain import dormancy as dormancy_rule
from app.domain.item import show_date
from app.services import account, approvals, dormancy, figures_people, reviews, standing
from app.services.figures_people import Attention, Why
from app.views.home.panel import ROWS, SIDE, P, Panel
from app.views.public_ids import encode_id
from app.views.reviews.words import progress_words, state_of
from app.views.words import show_instant

_OFFICER, _NOT_OFFICER = frozenset({P.USER_READ}), frozenset({P.FIGURES_READ})
_APPROVER = frozenset({P.APPROVAL_DECIDE})
MOST_PEOPLE, MOST_REVIEWS = 8, 4


def attention() -> dict[str, Any]:
    rows = [(person, _why(person)) for person in figures_people.list_attention(MOST_PEOPLE)]
    return {"rows": rows, "has_organisation": current_actor().reaches_all}


def _why(person: Attention) -> str:
    if person.why is Why.ENDING and person.role and person.ends_on:
        return f"The role {person.role.label} ends on {show_date(person.ends_on)}"
    if person.why is Why.NEVER_SIGNED_IN:
        return f"Has never signed in; added {show_instant(person.added_at)}"
    return "May not sign in: disabled"


def by_role() -> dict[str, Any]:
    return {"table": figures_people.people_by_role(), "empty": "Nobody holds a role."}


def review() -> dict[str, Any]:
    running = reviews.list_running(MOST_REVIEWS + 1)
    return {
        "rows": [(one, state_of(one), progress_words(one)) for one in running[:MOST_REVIEWS]],
        "has_more": len(running) > MOST_REVIEWS,
        "has_organisation": current_actor().reaches_all or len(current_actor().access_ids) > 1,
        "may_begin": allowed(reviews.start_review),
        "dormant": dormancy.count_dormant(),
        "days": dormancy_rule.unused_days(),
    }


def no_roles() -> dict[str, Any]:
    return {"officers": figures_people.list_officers(), "words": standing.access_words(account.own_user())}


def to_approve() -> dict[str, Any]:
    found = approvals.list_for_actor(ROWS + 1)
    rows = [
        (str(one), url_for("approvals.details_view", id=encode_id(one.id)), one.asked_by, show_instant(one.asked_at))
        for one in found[:ROWS]
    ]
    return {"rows": rows, "has_more": len(found) > ROWS}


PANELS = (
    Panel("to_approve", "Waiting for your approval", "to_approve", to_approve, _APPROVER),
    Panel("attention", "People who need attention", "attention", attention, _OFFICER, _NOT_OFFICER),
    Panel("review", "Access reviews and dormant accounts", "review", review, _OFFICER, _NOT_OFFICER, place=SIDE),
    Panel("by_role", "People by role", "table", by_role, _OFFICER, _NOT_OFFICER, place=SIDE),
)
# Shown when there is nothing else.
NOTHING_ELSE = Panel("words", "What you can do here", "words", no_roles, frozenset({P.ACCOUNT_OWN}))
