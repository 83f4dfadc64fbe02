"""Giving and withdrawing services and the roles within them, one at a time, each from day to day and for a reason."""

from typing import Any

from app.access.actor import current_actor, needs
from app.domain import clock
from app.domain.approvals import Act, act_of
from app.domain.errors import RuleBroken
from app.domain.item import show_date
from app.domain.mail import MailKind
from app.domain.reasons import read_reason
from app.domain.roles import Permission, Role
from app.domain.service import GIVEN_TO_EVERYONE, SERVICE_OF, Service
from app.domain.spans import Span, check_span
from app.extensions import db
from app.models import Approval, Grant, ServiceGrant, User
from app.services import access_rules, approvals, audit, mail, notifications

LONGEST_NAME = 120


@needs(Permission.ACCESS_GRANT)
def grant_service(pk: int, service: str, span: Span, *, reason: str, version: int | None = None) -> User:
    """Give a person a service, or give what they hold other days; it counts from their next request."""
    given, words, user = _read_service(service), read_reason(reason), access_rules.take(pk, version=version)
    access_rules.check_manage(current_actor(), user, access_rules.giving(given, span))
    held = find_service(user, given)
    before, after = _check_new(user, held, span, given.label)
    if held is None:
        held = ServiceGrant(user_id=user.id, organisation_id=user.organisation_id, service=given.value)
        user.services.append(held)
    _give(held, span, words)
    _finish("service:grant", user, words, {"service": given.value, **before}, {"service": given.value, **after})
    _tell_given(user, MailKind.SERVICE_GRANTED, given, span)
    return user


@needs(Permission.ACCESS_GRANT)
def withdraw_service(pk: int, service: str, *, reason: str, version: int | None = None) -> User:
    """Take a service from a person; the roles within it count no more until it is given again."""
    given, words, user = _read_service(service), read_reason(reason), access_rules.take(pk, version=version)
    access_rules.check_manage(current_actor(), user, access_rules.taking(given))
    held = find_service(user, given)
    if held is None:
        raise RuleBroken(f"{user.name} does not have the service {given.label}.", field="service")
    before = {"service": given.value, **_days(held)}
    user.services.remove(held)
    db.session.delete(held)
    _finish("service:withdraw", user, words, before, {})
    _tell_withdrawn(user, MailKind.SERVICE_WITHDRAWN, given)
    return user


@needs(Permission.ACCESS_GRANT)
def grant_role(
    pk: int, role: str, span: Span, *, reason: str, version: int | None = None, approved: Approval | None = None
) -> User | Approval:
    """Give a person a role within a service they have, or give what they hold other days; or ask for approval of it.

    `approved` is the request that this carries out.
    """
    words = read_reason(reason)
    user, act = check_role(pk, role, span, version=version)
    given = Role(role)
    if act is not None and approvals.is_needed(act, user.organisation_id, approved, [pk]):
        return approvals.ask(act, user.organisation_id, [user], words, given, span)
    held = find_role(user, given)
    before = {} if held is None else _days(held)
    if held is None:
        held = Grant(user_id=user.id, organisation_id=user.organisation_id, role=given.value)
        user.grants.append(held)
    _give(held, span, words, approved)
    after = {"role": given.value, **_plain(span), **approvals.names_of(approved)}
    _finish("role:grant", user, words, {"role": given.value, **before}, after)
    _tell_given(user, MailKind.ROLE_GRANTED, given, span)
    return user


def check_role(pk: int, role: str, span: Span, *, version: int | None = None) -> tuple[User, Act | None]:
    """The person, locked, once every rule allows giving them this role; and what may need approval of it.

    Fewer days than are held are nothing new.
    """
    given, user = _read_role(role), access_rules.take(pk, version=version)
    access_rules.check_manage(current_actor(), user, access_rules.giving(given, span))
    held = find_role(user, given)
    _check_new(user, held, span, given.label)
    _check_service(user, given, span)
    is_new = held is None or not Span(held.starts_on, held.ends_on).covers(span)
    return user, act_of(given) if is_new else None


@needs(Permission.ACCESS_GRANT)
def withdraw_role(pk: int, role: str, *, reason: str, version: int | None = None) -> User:
    """Take a role from a person."""
    given, words, user = _read_role(role), read_reason(reason), access_rules.take(pk, version=version)
    access_rules.check_manage(current_actor(), user, access_rules.taking(given))
    held = find_role(user, given)
    if held is None:
        raise RuleBroken(f"{user.name} does not have the role {given.label}.", field="role")
    before = {"role": given.value, **_days(held)}
    user.grants.remove(held)
    db.session.delete(held)
    _finish("role:withdraw", user, words, before, {})
    _tell_withdrawn(user, MailKind.ROLE_WITHDRAWN, given)
    return user


def find_service(user: User, service: Service) -> ServiceGrant | None:
    """The grant of a service among those loaded with a person, in date or not."""
    return next((grant for grant in user.services if grant.service == service), None)


def find_role(user: User, role: Role) -> Grant | None:
    """The grant of a role among those loaded with a person, in date or not."""
    return next((grant for grant in user.grants if grant.role == role), None)


def _read_service(text: str) -> Service:
    if text not in set(Service) or text == GIVEN_TO_EVERYONE:
        raise RuleBroken("Choose a service from the list.", field="service")
    return Service(text)


def _read_role(text: str) -> Role:
    if text not in set(Role):
        raise RuleBroken("Choose a role from the list.", field="role")
    return Role(text)


def _check_new(user: User, held: Grant | ServiceGrant | None, span: Span, label: str) -> tuple[dict[str, Any], ...]:
    """The days before and after; refused where they make no sense or are what they were."""
    today = clock.today()
    if held is None:
        check_span(span, today)
        return {}, _plain(span)
    if span == Span(held.starts_on, held.ends_on):
        raise RuleBroken(f"{user.name} has {label} for these days already.", field="ends_on")
    # A first day that was right once is not changed by changing the last.
    check_span(span, min(today, held.starts_on) if span.starts_on == held.starts_on else today)
    if span.ends_on is not None and span.ends_on < today:
        raise RuleBroken("Choose a last day that is not in the past, or withdraw it now.", field="ends_on")
    return _days(held), _plain(span)


def _check_service(user: User, role: Role, span: Span) -> None:
    """A role is given within a service the person has by then, so that nobody holds one that never counts."""
    service = SERVICE_OF[role]
    if service is GIVEN_TO_EVERYONE:
        return
    held = find_service(user, service)
    if held is None or (held.ends_on is not None and held.ends_on < span.starts_on):
        raise RuleBroken(
            f"{role.label} is a role of the service {service.label}, which {user.name} does not have then. "
            "Give them the service first.",
            field="role",
        )


def _give(held: Grant | ServiceGrant, span: Span, reason: str, approved: Approval | None = None) -> None:
    actor = current_actor()
    held.starts_on, held.ends_on = span
    held.reason, held.granted_at = reason, clock.now()
    given_by = f"{approved.asked_by}, approved by {actor.name}" if approved is not None else actor.name
    held.granted_by, held.granted_by_id = given_by[:LONGEST_NAME], actor.user_pk


def _days(held: Grant | ServiceGrant) -> dict[str, Any]:
    return _plain(Span(held.starts_on, held.ends_on))


def _plain(span: Span) -> dict[str, Any]:
    return {"starts_on": span.starts_on.isoformat(), "ends_on": span.ends_on.isoformat() if span.ends_on else None}


def _finish(action: str, user: User, reason: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    user.version += 1
    db.session.flush()
    audit.record(action, user, before=before, after=after, reason=reason)


def _tell_given(user: User, kind: MailKind, access: Role | Service, span: Span) -> None:
    subject = kind.partition("_")[0]
    end = f" to {show_date(span.ends_on)}" if span.ends_on else ""
    days = f"from {show_date(span.starts_on)}{end}"
    notifications.tell_of_access(user, f"You were given the {subject} {access.label} {days}.")
    mail.post(kind, to=user, starts_on=span.starts_on, ends_on=span.ends_on, **{subject: access.label})


def _tell_withdrawn(user: User, kind: MailKind, access: Role | Service) -> None:
    subject = kind.partition("_")[0]
    notifications.tell_of_access(user, f"The {subject} {access.label} was withdrawn from you.")
    mail.post(kind, to=user, **{subject: access.label})
