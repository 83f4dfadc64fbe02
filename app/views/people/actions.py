"""What may be done to one person: each a page that says what will happen, asks for a reason, and calls one verb."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wtforms import BooleanField, DateField, HiddenField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app.access.actor import current_actor
from app.domain import clock
from app.domain.errors import NotFound, RuleBroken
from app.domain.reasons import LONGEST_REASON
from app.domain.roles import Role
from app.domain.service import GIVEN_SERVICES, GIVEN_TO_EVERYONE, SERVICE_OF, Service
from app.domain.spans import Span
from app.models import User
from app.services import access_rules, grants, people, second_factors
from app.services.access_rules import NO_GRANTS, SHUTS_OUT, Change
from app.services.locks import State
from app.services.look_ups import find_by_user_id
from app.views.form_bases import BaseForm
from app.views.lookups import LookupField

DAY_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d %b %Y", "%d %B %Y"]


class DayField(DateField):
    """The browser's own date field, with a sentence of ours for what is no date."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, format=DAY_FORMATS, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read a day; ValueError, which is shown beside the field, for anything else."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Write the day like 2026-11-23 or 23 Nov 2026.") from None


class ActionForm(BaseForm):
    """What the actions ask for; those an action does not ask for are taken out."""

    service = SelectField("Service", validate_choice=False, render_kw={"required": True})
    role = SelectField("Role", validate_choice=False, render_kw={"required": True})
    starts_on = DayField("First day", validators=[InputRequired("Enter the first day.")], default=clock.today)
    ends_on = DayField("Last day", validators=[Optional()], description="Leave empty if it has no end yet.")
    successor = LookupField(
        "Who takes over the open work?", kind="people", description="Somebody of the same organisation.",
    )  # fmt: skip
    reason = TextAreaField(
        "Reason",
        validators=[InputRequired("Say why. The person's history keeps it."), Length(max=LONGEST_REASON)],
        description="Kept in the history, where your organisation's LSOs and Xoserve read it.",
        render_kw={"rows": 3, "maxlength": LONGEST_REASON},
    )
    understood = BooleanField("I have read this warning and want to go on")
    version = HiddenField()
    of = HiddenField()

    def span(self) -> Span:
        """From when to when."""
        assert self.starts_on.data is not None
        return Span(self.starts_on.data, self.ends_on.data)

    def version_seen(self) -> int:
        """The version the page was opened with; anything odd is never the person's."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1


@dataclass(frozen=True)
class Action:
    """One thing that may be done to a person.

    `label` is its button and `words` what will happen; `asks` names the fields of the form besides the hidden ones.
    `change` is what access_rules is asked about, and `fits` whether it makes sense for how the person stands.
    """

    label: str
    words: str
    done: str
    verb: Callable[..., Any]
    carry_out: Callable[[User, ActionForm], Any]
    icon: str = field(default="", kw_only=True)
    asks: tuple[str, ...] = ("reason",)
    change: Callable[[ActionForm], Change] = lambda form: NO_GRANTS
    fits: Callable[[User, State | None], bool] = lambda user, lock: user.is_active
    is_listed: bool = True
    is_grave: bool = False


def _role(form: ActionForm) -> Role:
    text = str(form.role.data if "role" in form else form.of.data)
    if text not in set(Role):
        raise RuleBroken("Choose a role from the list.", field="role")
    return Role(text)


def _service(form: ActionForm) -> Service:
    text = str(form.service.data if "service" in form else form.of.data)
    if text not in GIVEN_SERVICES:
        raise RuleBroken("Choose a service from the list.", field="service")
    return Service(text)


def _successor_id(form: ActionForm) -> int | None:
    if "successor" not in form or not form.successor.data:
        return None
    found = find_by_user_id(str(form.successor.data))
    if found is None:
        raise RuleBroken("Choose somebody of the same organisation who can sign in.", field="successor")
    return found


def _seen(form: ActionForm) -> dict[str, Any]:
    return {"reason": form.reason.data or "", "version": form.version_seen()}


_DAYS = ("starts_on", "ends_on", "reason")

ACTIONS: dict[str, Action] = {
    "give-service": Action(
        "Give a service",
        "What they may do in it follows from the roles you give them next.",
        "{} now has the service.", grants.grant_service,
        lambda user, form: grants.grant_service(user.id, _service(form), form.span(), **_seen(form)),
        ("service", *_DAYS), lambda form: access_rules.giving(_service(form), form.span()),
        is_listed=False,
    ),
    "withdraw-service": Action(
        "Withdraw the service",
        "It is closed to them from their next click, in every open session. They can still sign in, and are told whom "
        "to ask. The roles within it are kept and in force again when the service is given again.",
        "The service was withdrawn from {}.", grants.withdraw_service,
        lambda user, form: grants.withdraw_service(user.id, _service(form), **_seen(form)),
        change=lambda form: access_rules.taking(_service(form)), is_listed=False, is_grave=True,
    ),
    "give-role": Action(
        "Give a role",
        "It is in force from the first day, while the person has the service it belongs to.",
        "{} now has the role.", grants.grant_role,
        lambda user, form: grants.grant_role(user.id, _role(form), form.span(), **_seen(form)),
        ("role", *_DAYS), lambda form: access_rules.giving(_role(form), form.span()),
        is_listed=False,
    ),
    "withdraw-role": Action(
        "Withdraw the role",
        "What it allows ends with their next click, in every open session.",
        "The role was withdrawn from {}.", grants.withdraw_role,
        lambda user, form: grants.withdraw_role(user.id, _role(form), **_seen(form)),
        change=lambda form: access_rules.taking(_role(form)), is_listed=False, is_grave=True,
    ),
    "send-link": Action(
        "Send a link to choose a password",
        "The link goes to their e-mail address and works once. Nobody else learns the password, and the old one works "
        "until a new one is chosen.",
        "A link was sent to {}.", people.send_link, lambda user, form: people.send_link(user.id), (),
        icon="mail",
    ),
    "unlock": Action(
        "Unlock",
        "They typed too many wrong passwords and have to wait. Unlocked, they can try again at once.",
        "{} can try to sign in again.", people.unlock_user, lambda user, form: people.unlock_user(user.id), (),
        fits=lambda user, lock: lock is not None and lock.until is not None,
        icon="lock-open",
    ),
    "forget-factors": Action(
        "Remove second factors",
        "For somebody who lost their phone and their recovery codes. Make sure that it is really they who ask: they "
        "are asked for the password alone until they set up a new second factor.",
        "{} has no second factor any more.", people.forget_factors,
        lambda user, form: people.forget_factors(user.id, reason=form.reason.data or ""),
        fits=lambda user, lock: (
            user.is_active and second_factors.has_any(user.id) and access_rules.may_open_way_in(user)
        ),
        is_grave=True,
        icon="device-mobile-off",
    ),
    "disable": Action(
        "Disable",
        "They are signed out everywhere at once and cannot sign in until they are enabled again. Services and roles "
        "are kept.",
        "{} is disabled.", people.disable_user, lambda user, form: people.disable_user(user.id, **_seen(form)),
        change=lambda form: SHUTS_OUT, is_grave=True,
        icon="user-off",
    ),
    "enable": Action(
        "Enable again",
        "They can sign in again, with the services and roles they had.",
        "{} can sign in again.", people.enable_user, lambda user, form: people.enable_user(user.id, **_seen(form)),
        fits=lambda user, lock: not user.is_active,
        icon="user-check",
    ),
    "delete": Action(
        "Delete",
        "The account ends for good: signed out everywhere, e-mail address and password wiped, services and roles "
        "taken. The name stays in the history of what they did, and nobody ever gets the user ID again.",
        "{} was deleted.", people.delete_user,
        lambda user, form: people.delete_user(user.id, successor_id=_successor_id(form), **_seen(form)),
        ("successor", "reason"), lambda form: SHUTS_OUT, fits=lambda user, lock: True, is_grave=True,
        icon="trash",
    ),
}  # fmt: skip


def get_action(name: str) -> Action:
    """The action of that name; NotFound when there is none."""
    if name not in ACTIONS:
        raise NotFound("There is no such action.")
    return ACTIONS[name]


def list_actions(user: User, lock: State | None) -> list[tuple[str, Action]]:
    """What the actor may do to this person as they stand, the giving of services and roles left out."""
    if user.deleted_at is not None or not access_rules.may_manage(current_actor(), user, NO_GRANTS):
        return []
    return [(name, action) for name, action in ACTIONS.items() if action.is_listed and action.fits(user, lock)]


def keep_fields(form: ActionForm, asks: tuple[str, ...]) -> None:
    """Take out of the form what is not asked for."""
    for name in {"service", "role", "starts_on", "ends_on", "successor", "reason"} - set(asks):
        delattr(form, name)


def offer_access(form: ActionForm, kind: str) -> None:
    """Offer the services and roles that the actor may give to people of an organisation of this kind."""
    services, roles = access_rules.grantable_to(current_actor(), kind)
    if "service" in form:
        form.service.choices = {"": "Choose"} | {service.value: service.label for service in services}
    if "role" in form:
        form.role.choices = {"": "Choose"} | {role.value: _role_choice(role) for role in roles}


def _role_choice(role: Role) -> str:
    service = SERVICE_OF[role]
    return role.label if service is GIVEN_TO_EVERYONE else f"{role.label} ({service.label})"
