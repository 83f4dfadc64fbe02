"""Moving many contacts: look at what will happen, then have it done now or by a worker."""

from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from flask_admin import expose
from markupsafe import Markup

from app.domain.errors import DomainError, NotFound, RuleBroken
from app.domain.lifecycle import LIFECYCLE, PARTICIPLES, Transition
from app.domain.roles import Permission
from app.extensions import db
from app.models import Contact, Job
from app.services import contact_bulk
from app.services.contact_bulk import MOST_AT_ONCE, Moved
from app.services.job_queue import get_own_job, list_own_jobs
from app.views.base import Page
from app.views.contact_list import ContactListPage
from app.views.forms import MoveForm, add_error, shape_move_form
from app.views.listing import Asked
from app.views.listing_paging import COUNT_CAP, count_up_to_cap
from app.views.listing_selection import Which, read_picks, read_which
from app.views.public_ids import decode_id, encode_id
from app.views.words import show_instant

SHOWN = 10
MOST_LINKS = 10
MOST_JOBS = 20


def count_words(count: int) -> str:
    """How many contacts, exact up to a thousand."""
    number = f"{count:,}" if count <= COUNT_CAP else f"{COUNT_CAP:,}+"
    return f"{number} contact{'' if count == 1 else 's'}"


def outcome_words(moved: int, left: int, action: Any) -> str:
    """How a move of many contacts went."""
    word = PARTICIPLES[action]
    if not left:
        return f"{moved:,} {word}."
    return f"{moved:,} {word}, {left:,} {'was' if left == 1 else 'were'} not: they changed meanwhile."


class MovePage(Page):
    """What the rows chosen in the list of contacts are sent to; the list's parameters stay in the address."""

    permission = Permission.CONTACT_READ
    in_menu = False
    section = "contacts"

    def __init__(self, contact_page: ContactListPage, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._list = contact_page

    def _asked(self) -> Asked:
        return self._list.read_asked(self._list.bar(), [])

    def _back(self, asked: Asked) -> str:
        return self._list.base_url + asked.address()

    @expose("/", methods=("POST",))
    def index_view(self) -> str | Response:
        """How many contacts were chosen, which of them the move fits, and what it needs."""
        move, asked = contact_bulk.get_move(request.form.get("action", "")), self._asked()
        if read_which(request.form) is Which.ALL:
            if asked.refusals:
                raise RuleBroken("That list does not exist. Go back and choose again.")
            movable = contact_bulk.select_movable(asked.filters, move.action)
            found = list(db.session.scalars(movable.limit(MOST_AT_ONCE + 1)))
            chosen = count_up_to_cap(self._list.select_rows(asked.filters, asked.sort))
            is_later = len(found) > MOST_AT_ONCE
            count = count_up_to_cap(movable) if is_later else len(found)
        else:
            picks = read_picks(request.form)
            if not picks:
                flash("Choose at least one row first.", "warning")
                return redirect(self._back(asked))  # type: ignore[return-value]
            if len(picks) > MOST_AT_ONCE:
                raise RuleBroken(f"Choose {MOST_AT_ONCE} rows at most, or all that match.")
            fitting = contact_bulk.sources(move.action)
            every = contact_bulk.find_contacts(picks)
            found = [contact for contact in every if contact.status in fitting]
            chosen, count, is_later = len(picks), len(found), False
        return self._confirm(move, asked, found, count=count, chosen=chosen, is_later=is_later)

    def _confirm(
        self,
        move: Transition,
        asked: Asked,
        found: list[Contact],
        *,
        count: int,
        chosen: int,
        is_later: bool,
        form: MoveForm | None = None,
    ) -> str:
        if form is None:
            form = MoveForm(formdata=None)
            shape_move_form(form, move.must_give)
        return self.render(
            "pages/contacts/move.html",
            title=f"{move.label} {count_words(count)}" if count else f"{move.label} contacts",
            move=move,
            participle=PARTICIPLES[move.action],
            count=count,
            count_words=count_words(count),
            chosen=chosen,
            chosen_words=count_words(chosen),
            is_later=is_later,
            shown=found[:SHOWN],
            versions=[] if is_later else [f"{contact.reference}:{contact.version}" for contact in found],
            up_to=encode_id(contact_bulk.newest_id()) if is_later else "",
            form=form,
            query=asked.full_address(),
            back=self._back(asked),
        )

    @expose("/done/", methods=("POST",))
    def done_view(self) -> Any:
        """Move now, or write the job down."""
        move, asked = contact_bulk.get_move(request.form.get("action", "")), self._asked()
        form = MoveForm()
        given = {"message": form.message.data or "", "outcome_code": form.outcome_code.data or ""}
        if code := request.form.get("up_to"):
            up_to = decode_id(code)
            if up_to is None or asked.refusals:
                raise NotFound("That list does not exist.")
            try:
                job = contact_bulk.move_later(asked.filters, move.action, up_to=up_to, **given)
            except RuleBroken as refusal:
                movable = contact_bulk.select_movable(asked.filters, move.action)
                count = count_up_to_cap(movable)
                found = list(db.session.scalars(movable.limit(SHOWN)))
                return self._again(move, asked, found, count, refusal, form, is_later=True)
            return redirect(url_for("jobs.job_view", job_id=encode_id(job.id)))
        versions = read_versions(request.form.getlist("chosen"))
        try:
            outcome = contact_bulk.move_contacts(versions, move.action, **given)
        except RuleBroken as refusal:
            if refusal.field is None:
                raise
            found = contact_bulk.find_contacts(list(versions))
            return self._again(move, asked, found, len(found), refusal, form, is_later=False)
        flash(self._result(move, outcome), "warning" if outcome.left else "success")
        return redirect(self._back(asked))

    def _again(
        self,
        move: Transition,
        asked: Asked,
        found: list[Contact],
        count: int,
        refusal: DomainError,
        form: MoveForm,
        *,
        is_later: bool,
    ) -> tuple[str, int]:
        db.session.rollback()
        shape_move_form(form, move.must_give)
        add_error(form, refusal)
        page = self._confirm(move, asked, found, count=count, chosen=count, is_later=is_later, form=form)
        return page, 422

    def _result(self, move: Transition, outcome: Moved) -> Markup:
        text = outcome_words(len(outcome.moved), len(outcome.left), move.action)
        links = Markup(", ").join(
            Markup('<a href="{}">{}</a>').format(url_for("contacts.contact_view", reference=reference), reference)
            for reference in outcome.left[:MOST_LINKS]
        )
        more = len(outcome.left) - MOST_LINKS
        tail = f" and {more:,} more" if more > 0 else ""
        return Markup("{} {}{}").format(text, links, tail) if outcome.left else Markup("{}").format(text)


def read_versions(chosen: list[str]) -> dict[str, int]:
    """Version by reference as the confirmation page wrote them; NotFound for anything else."""
    versions = {}
    for text in chosen:
        reference, _, version = text.partition(":")
        if not version.isascii() or not version.isdigit() or len(version) > 9:
            raise NotFound("There is no contact with that reference.")
        versions[reference] = int(version)
    if not versions:
        raise RuleBroken("No contact was chosen. Go back to the list and choose again.")
    return versions


class JobPage(Page):
    """How far a worker has come with moving contacts; seen by the organisation that asked for it."""

    permission = Permission.CONTACT_READ
    in_menu = False
    section = "contacts"

    @expose("/")
    def index_view(self) -> str:
        """The newest jobs, for whoever left one running and comes back."""
        jobs = [
            (url_for(".job_view", job_id=encode_id(job.id)), _move_of(job), job)
            for job in list_own_jobs(contact_bulk.JOB, MOST_JOBS)
        ]
        return self.render("pages/contacts/jobs.html", title="Contacts moved", jobs=jobs, show_instant=show_instant)

    @expose("/<job_id>/")
    def job_view(self, job_id: str) -> str:
        pk = decode_id(job_id)
        if pk is None:
            abort(404)
        job = get_own_job(pk, contact_bulk.JOB)
        asked = job.arguments
        move = _move_of(job)
        return self.render(
            "pages/contacts/job.html",
            title=f"{move.label} contacts",
            job=job,
            is_busy=job.state in ("ready", "running"),
            words=outcome_words(asked["moved_count"], asked["left_count"], move.action),
            left=asked["left"],
            left_count=asked["left_count"],
        )


def _move_of(job: Job) -> Transition:
    return next(move for move in LIFECYCLE if move.action == job.arguments["action"])
