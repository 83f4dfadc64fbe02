"""One person: who they are, what they hold and who gave it, what happened, and a page for each thing to be done."""

from flask import Flask, abort, current_app, flash, redirect, request, url_for
from flask import Response as FileResponse
from flask_admin import expose
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from app.access.actor import allowed, current_actor
from app.domain import clock
from app.domain.change_words import change_lines
from app.domain.errors import DomainError, NotFound
from app.domain.events import EVENTS
from app.domain.roles import Permission, Role
from app.domain.service import Service
from app.domain.spans import Span
from app.exports import people as people_export
from app.exports.lists import FORMATS
from app.extensions import db
from app.models import Approval, AuditEvent, Grant, Organisation, ServiceGrant, User, UserSession
from app.services import access_rules, approvals, deputies, locks, open_work, people, second_factors
from app.services.request_keys import find_result, new_key, once
from app.views.deputies import powers_of
from app.views.forms import add_error
from app.views.list_export import in_scope
from app.views.people.actions import Action, ActionForm, get_action, keep_fields, list_actions, offer_access
from app.views.people.asking import asked_result, foretell_role, read_asked, tell_asked
from app.views.people.holdings import list_holdings
from app.views.people.listing import PeopleListPage
from app.views.people.words import state_tag
from app.views.public_ids import decode_id, encode_id
from app.views.words import show_instant

MOST_EVENTS = 30


class PeoplePage(PeopleListPage):
    """The list of people, and each person's own page."""

    permission = Permission.USER_READ
    list_template = "pages/people/list.html"

    @expose("/details/")
    def details_view(self) -> str:
        user = people.get_user(self.get_one(request.args.get("id")).id)
        actor = current_actor()
        lock = locks.state_of([user]).get(user.id)
        may_change = allowed(people.change_profile) and user.deleted_at is None
        refusal = _refusal(user) if may_change else ""
        kind = db.session.get_one(Organisation, user.organisation_id)
        services, roles = access_rules.grantable_to(actor, kind.kind_code) if may_change and not refusal else ([], [])
        wanted = select(UserSession.id).where(UserSession.user_id == user.id, UserSession.revoked_at.is_(None))
        return self.render(
            "pages/people/person.html",
            title=str(user),
            user=user,
            code=self.address_id(user),
            organisation=kind,
            state=state_tag(user, lock),
            lock=lock,
            sessions=db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0,
            has_factor=second_factors.has_any(user.id),
            services=list_holdings(user, user.services, set(services)),
            roles=list_holdings(user, user.grants, set(roles)),
            deputies=db.session.scalars(deputies.select_of(user.id)).all(),
            powers_of=powers_of,
            may_give_services=bool(services),
            may_give_roles=bool(roles),
            may_change=may_change and not refusal,
            refusal=refusal,
            actions=list_actions(user, lock) if may_change and not refusal else [],
            waiting=[(one, encode_id(one.id)) for one in approvals.list_open_about(user)],
            events=_list_events(user) if actor.may(Permission.AUDIT_READ) else [],
            event_words=EVENTS,
            all_activity=url_for("audit.index_view", about="user", q=user.user_id),
            changes_of=lambda event: change_lines(event.before, event.after),
            show_instant=show_instant,
        )

    @expose("/export/", methods=("POST",))
    def export_view(self) -> FileResponse:
        """A file of who has what among the people the list shows."""
        asked = self.read_asked(self.bar(), [])
        file_format = request.form.get("format", "")
        if asked.refusals or file_format not in FORMATS:
            raise NotFound("That list does not exist.")
        people_export.record_people_export(asked.filters, asked.sort, file_format)
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        pieces = people_export.stream_people(current_actor(), asked.filters, asked.sort, file_format)
        name = f"who-has-what-{clock.now().astimezone(clock.LONDON):%Y-%m-%d-%H%M}.{file_format}"
        return FileResponse(
            in_scope(app, pieces),
            mimetype=FORMATS[file_format],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @expose("/<code>/<act>/", methods=("GET", "POST"))
    def act_view(self, code: str, act: str) -> str | Response:
        """Say what will happen and ask; then do it."""
        action, pk = get_action(act), decode_id(code)
        if not allowed(action.verb):
            self.inaccessible_callback(act)
        if pk is None:
            abort(404)
        user = access_rules.take(pk)
        access_rules.check_manage(current_actor(), user, access_rules.NO_GRANTS)
        title, person = f"{action.label}: {user}", str(user)
        form = self._form(action, user)
        key = request.form.get("request_key") or new_key()
        warning = ""
        if request.method == "POST":
            used = f"people-{key}"
            if find_result(used) is None and form.validate():
                warning = self._warn(action, user, form)
                if not form.errors and not form.form_errors and (not warning or form.understood.data):
                    self.carry_out(form, lambda: once(used, lambda: _result(action.carry_out(user, form))))
            if (result := find_result(used)) is not None:
                if request_pk := read_asked(result):
                    return tell_asked(request_pk)
                flash(action.done.format(person), "success")
                return redirect(f"{self.base_url}details/?id={code}")
        else:
            warning = self._warn(action, user, form) if "starts_on" not in form else ""
        if not warning:
            del form.understood
        return self.render(
            "pages/people/action.html",
            title=title,
            form=form,
            action=action,
            person=person,
            holding=_label(form.of.data),
            warning=warning,
            foretold=foretell_role([user]) if "role" in form else "",
            request_key=key,
            back=f"{self.base_url}details/?id={code}",
        )

    def _form(self, action: Action, user: User) -> ActionForm:
        """The fields the action asks for, with what can be chosen and what is held."""
        form = ActionForm(of=request.args.get("of", ""), version=user.version)
        keep_fields(form, action.asks)
        offer_access(form, db.session.get_one(Organisation, user.organisation_id).kind_code)
        if "successor" in form:
            if any(open_work.count_open_work(user)):
                form.successor.offer(open_work.list_successors(user))
            else:
                del form.successor
        if request.method == "GET" and form.of.data and "starts_on" in form:
            _show_held(form, user)
        return form

    def _warn(self, action: Action, user: User, form: ActionForm) -> str:
        """What to say before it is done; a refusal goes into the form."""
        try:
            return access_rules.check_manage(current_actor(), user, action.change(form))
        except DomainError as refusal:
            add_error(form, refusal)
            return ""


def _result(made: User | Approval) -> str:
    return asked_result([made]) if isinstance(made, Approval) else str(made.id)


def _show_held(form: ActionForm, user: User) -> None:
    """Other days for what is held begin with the days it has."""
    name = "service" if "service" in form else "role"
    every: tuple[Grant | ServiceGrant, ...] = (*user.services, *user.grants)
    held = next((one for one in every if form.of.data == getattr(one, name, None)), None)
    if held is not None:
        form[name].data = form.of.data
        form.starts_on.data, form.ends_on.data = Span(held.starts_on, held.ends_on)


def _label(text: str | None) -> str:
    """The service or role an address speaks of, as people say it."""
    if text in set(Service):
        return Service(str(text)).label
    return Role(str(text)).label if text in set(Role) else ""


def _refusal(user: User) -> str:
    """Why the actor may not change this person, or ""."""
    try:
        access_rules.check_manage(current_actor(), user, access_rules.NO_GRANTS)
    except DomainError as refusal:
        return refusal.message
    return ""


def _list_events(user: User) -> list[AuditEvent]:
    about = select(AuditEvent).where(AuditEvent.object_type == "user", AuditEvent.object_id == user.id)
    return list(db.session.scalars(about.order_by(AuditEvent.id.desc()).limit(MOST_EVENTS)))
