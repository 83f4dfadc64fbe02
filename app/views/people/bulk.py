"""Changing many people: look at who is meant and what will happen, then do it."""

from typing import Any

from flask import flash, g, redirect, request
from flask_admin import expose
from werkzeug.wrappers import Response

from app.access.actor import current_actor
from app.domain.errors import NotFound, RuleBroken
from app.domain.roles import Permission
from app.extensions import db
from app.models import Approval, User
from app.services import access_rules, people_bulk, people_list
from app.services.people_bulk import MOST_AT_ONCE, Asked
from app.services.request_keys import find_result, new_key, once
from app.views.base import Page
from app.views.forms import add_error
from app.views.listing_selection import Which, read_picks, read_which
from app.views.people.actions import ActionForm, keep_fields, offer_access
from app.views.people.asking import asked_words, foretell_disabling, foretell_role
from app.views.people.listing import PeopleListPage
from app.views.public_ids import decode_id, encode_id

SHOWN = 20
BULK_ACTIONS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "disable": ("Disable", "They are signed out everywhere at once and cannot sign in until they are enabled again.",
                ("reason",)),
    "enable": ("Enable again", "They can sign in again, with the services and roles they had.", ("reason",)),
    "withdraw-service": ("Withdraw a service", "It is closed to them from their next click. They can still sign in.",
                         ("service", "reason")),
    "give-role": ("Give a role", "It is in force from the first day, while the person has the service it belongs to.",
                  ("role", "starts_on", "ends_on", "reason")),
}  # fmt: skip
MOST_NAMED = 5


class PeopleBulkPage(Page):
    """What the rows chosen in the list of people are sent to; the list's parameters stay in the address."""

    permission = Permission.USER_CHANGE
    in_menu = False
    section = "people"

    def __init__(self, people_page: PeopleListPage, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._list = people_page

    def _back(self) -> str:
        return self._list.base_url + self._list.read_asked(self._list.bar(), []).address()

    @expose("/", methods=("POST",))
    def index_view(self) -> str | Response:
        """Who was chosen, and what the change needs."""
        name = _read_action()
        if read_which(request.form) is Which.ALL:
            asked = self._list.read_asked(self._list.bar(), [])
            if asked.refusals:
                raise RuleBroken("That list does not exist. Go back and choose again.")
            wanted = people_list.select_people(asked.filters).order_by(User.name, User.id)
            found = list(db.session.scalars(wanted.limit(MOST_AT_ONCE + 1)))
        else:
            picks = [decode_id(pick) for pick in read_picks(request.form)]
            if not picks:
                flash("Choose at least one person first.", "warning")
                return redirect(self._back())
            found = people_bulk.find_people([pick or 0 for pick in picks[: MOST_AT_ONCE + 1]])
        if len(found) > MOST_AT_ONCE:
            raise RuleBroken(f"Choose {MOST_AT_ONCE} people at most. A filter leaves fewer.")
        form = ActionForm(formdata=None)
        return self._page(name, form, found)

    def _page(self, name: str, form: ActionForm, found: list[User], key: str = "") -> str:
        label, words, asks = BULK_ACTIONS[name]
        keep_fields(form, asks)
        del form.understood
        offer_access(form, current_actor().organisation_kind)
        count = f"{len(found):,} {'person' if len(found) == 1 else 'people'}"
        return self.render(
            "pages/people/many.html",
            title=f"{label}: {count}",
            label=label,
            words=words,
            foretold=_foretell(name, found),
            name=name,
            form=form,
            shown=found[:SHOWN],
            count=count,
            more=len(found) - SHOWN,
            chosen=[f"{encode_id(user.id)}:{user.version}" for user in found],
            query=request.query_string.decode("ascii", "ignore"),
            request_key=key or new_key(),
            back=self._back(),
        )

    @expose("/done/", methods=("POST",))
    def done_view(self) -> Any:
        """Do it, and say who was left as they were."""
        name, versions = _read_action(), _read_versions(request.form.getlist("chosen"))
        form, key = ActionForm(), request.form.get("request_key", "")
        asks = BULK_ACTIONS[name][2]
        keep_fields(form, asks)
        used = f"people-many-{key}"
        if find_result(used) is None:
            if not form.validate():
                return self._again(name, versions, key, form)
            access = str(form.role.data if "role" in form else form.service.data if "service" in form else "")
            span = form.span() if "starts_on" in form else None
            asked, left = Asked(access, span, form.reason.data or ""), list[tuple[str, str]]()
            requests = list[Approval]()

            def change() -> str:
                outcome = people_bulk.change_many(versions, name, asked)
                left.extend(outcome.left)
                requests.extend(outcome.asked)
                return f"{outcome.done} {len(outcome.left)} {len(outcome.asked)}"

            try:
                once(used, change)
            except RuleBroken as refusal:
                db.session.rollback()
                add_error(form, refusal)
                return self._again(name, versions, key, form)
            g.people_left, g.people_asked = left, [asked_words(one) for one in requests]
        done, left_count, asked_count = map(int, (find_result(used) or "0 0 0").split())
        if asked_count:
            flash(" ".join(dict.fromkeys(g.get("people_asked", []))) or "This was asked for already.", "info")
        if done or left_count or not asked_count:
            flash(_outcome_words(done, left_count, g.get("people_left", [])), "warning" if left_count else "success")
        return redirect(self._back())

    def _again(self, name: str, versions: dict[int, int], key: str, form: ActionForm) -> tuple[str, int]:
        return self._page(name, form, people_bulk.find_people(list(versions)), key), 422


def _foretell(name: str, found: list[User]) -> str:
    if name == "disable":
        return foretell_disabling(found)
    return foretell_role(found) if name == "give-role" else ""


def _outcome_words(done: int, left_count: int, left: list[tuple[str, str]]) -> str:
    """How it went, naming some of those who were left as they were; a form sent twice knows how many only."""
    words = f"{done:,} {'person was' if done == 1 else 'people were'} changed."
    if not left_count:
        return words
    named = " ".join(f"{name}: {why}" for name, why in left[:MOST_NAMED])
    more = f" And {left_count - MOST_NAMED:,} more." if left and left_count > MOST_NAMED else ""
    return f"{words} {left_count:,} {'was' if left_count == 1 else 'were'} not. {named}{more}".strip()


def _read_action() -> str:
    name = request.form.get("action", "")
    if name not in BULK_ACTIONS:
        raise NotFound("There is no such action for several people.")
    return name


def _read_versions(chosen: list[str]) -> dict[int, int]:
    """Version by key as the confirmation page wrote them; NotFound for anything else."""
    versions = {}
    for text in chosen:
        code, _, version = text.partition(":")
        pk = decode_id(code)
        if pk is None or not version.isascii() or not version.isdigit() or len(version) > 9:
            raise NotFound(access_rules.GONE)
        versions[pk] = int(version)
    if not versions:
        raise RuleBroken("Nobody was chosen. Go back to the list and choose again.")
    return versions
