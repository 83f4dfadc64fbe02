"""Acting for an organisation whose LSOs cannot."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.domain.errors import RuleBroken
from app.domain.roles import Permission
from app.models import ActingSession
from app.services import acting, organisations
from app.views.base import Page
from app.views.fields import no_control_characters
from app.views.form_bases import BaseForm
from app.views.lookups import LookupField


class ActingForm(BaseForm):
    """Which organisation, and why."""

    organisation = LookupField(
        "Organisation",
        kind="organisations",
        validators=[InputRequired("Choose an organisation by its name or short code.")],
        description="Its name, or its three-letter short code.",
    )
    reason = TextAreaField(
        "Reason",
        [InputRequired("Say why you act for this organisation."), Length(max=400), no_control_characters],
        description="Its LSOs read this beside everything you do.",
        render_kw={"rows": 3, "maxlength": 400},
    )


class ActingPage(Page):
    """Where a Xoserve LSO begins and ends to act for an organisation."""

    permission = Permission.ACCESS_ACT
    icon = "key"

    @expose("/", methods=("GET", "POST"))
    def index_view(self) -> Any:
        form = ActingForm()
        form.organisation.offer({one.short_code: str(one) for one in organisations.list_organisations()})
        if request.method == "GET":
            form.organisation.data = request.args.get("organisation", "")
        elif form.validate():
            begun = self.carry_out(form, lambda: self._begin(form))
            if begun is not None:
                flash("Its LSOs were told. What you do now is in their activity list.", "success")
                return redirect(url_for("people.index_view"))
        return self.render("pages/acting.html", form=form, title=str(self.name))

    def _begin(self, form: ActingForm) -> ActingSession:
        organisation = organisations.find_by_code(form.organisation.data or "")
        if organisation is None:
            raise RuleBroken("Choose an organisation by its name or short code.", field="organisation")
        return acting.begin_acting(organisation.id, form.reason.data or "")

    @expose("/end/", methods=("POST",))
    def end_view(self) -> Response:
        acting.end_acting()
        flash("You act for nobody but yourself now.", "success")
        return redirect(url_for("home.index_view"))
