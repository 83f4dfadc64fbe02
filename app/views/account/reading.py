"""What I may do and who gave it to me; what I did."""

from flask import Blueprint, render_template, request

from app.domain.events import EVENTS
from app.domain.item import show_date
from app.extensions import db
from app.models import AuditEvent
from app.services import account, deputies, people
from app.services.sorting import Sort
from app.views.deputies import powers_of
from app.views.listing import Bar, read_parameters
from app.views.listing_paging import fetch_page
from app.views.people.holdings import list_holdings
from app.views.words import show_instant

LIST = "own-activity"
PAGE_SIZE = 30
SORTS = {"newest": Sort("Newest first", AuditEvent.id, True)}


def access() -> str:
    """Services, roles and deputies with who gave them, from when and until when, and why."""
    user, lsos = account.own_holdings(), people.list_own_lsos()
    return render_template(
        "pages/account/access.html",
        title="What I may do",
        services=list_holdings(user, user.services, set()),
        roles=list_holdings(user, user.grants, set()),
        deputies=db.session.scalars(deputies.select_of(user.id)).all(),
        powers_of=powers_of,
        show_date=show_date,
        officers=[one.name for one in lsos if one.id != user.id],
        is_only_lso=[one.id for one in lsos] == [user.id],
    )


def activity() -> str:
    """What one did, and what others did to one's account, newest first."""
    asked = read_parameters(request.args, Bar(LIST, (), SORTS, ()))
    wanted, order = account.select_own_activity(), SORTS[asked.sort]
    page = fetch_page(wanted, LIST, asked.sort, order, PAGE_SIZE, asked.after, asked.before, counts=False)
    return render_template(
        "pages/account/activity.html",
        title="My activity",
        asked=asked,
        rows=page.rows,
        before=page.before,
        after=page.after,
        words=EVENTS,
        show_instant=show_instant,
    )


def add_pages(blueprint: Blueprint) -> None:
    """The addresses."""
    blueprint.add_url_rule("/access/", view_func=access)
    blueprint.add_url_rule("/activity/", view_func=activity)
