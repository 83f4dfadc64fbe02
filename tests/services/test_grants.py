"""services.grants: services and roles, given and taken one by one, count only together (guards: test_access_rules)."""

from datetime import datetime, time, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from app.domain import clock
from app.domain.errors import Conflict, RuleBroken
from app.domain.roles import Role
from app.domain.spans import Span
from app.extensions import db
from app.models import AuditEvent, Notification, OutgoingMail
from app.services import grants, sessions
from tests.cast import BEGAN, PASSWORD
from tests.services.access import WHY, find, last_event, let_alone, pk_of, span

LONG_WAIT = {"idle": timedelta(days=400), "longest": timedelta(days=400)}


@pytest.fixture(autouse=True)
def nothing_needs_approval(acting) -> None:
    """What does: tests/services/test_approvals.py."""
    with acting("system"):
        let_alone("ann")
        db.session.commit()


def roles_of(user_id: str, token: str = "") -> set[Role]:
    """What the person may do now, seen by a job and by an open session, which agree."""
    actor = sessions.actor_of(user_id)
    if token:
        assert sessions.resume(token, **LONG_WAIT).roles == actor.roles
    return set(actor.roles)


def test_a_role_counts_only_while_its_service_is_given_and_the_open_session_sees_it(app, acting) -> None:
    with app.app_context():
        token = sessions.sign_in("ALD-ANN", PASSWORD, address="", browser="")
        assert roles_of("ALD-ANN", token) == {Role.MEMBER}
    steps = [
        (lambda pk: grants.withdraw_service(pk, "contacts", reason=WHY), set()),
        (lambda pk: grants.grant_service(pk, "contacts", span(1), reason=WHY), set()),
        (lambda pk: grants.grant_service(pk, "contacts", span(), reason=WHY), {Role.MEMBER}),
        (lambda pk: grants.grant_role(pk, "viewer", span(0, 0), reason=WHY), {Role.MEMBER, Role.VIEWER}),
        (lambda pk: grants.withdraw_role(pk, "member", reason=WHY), {Role.VIEWER}),
        (lambda pk: grants.withdraw_role(pk, "viewer", reason=WHY), set()),
    ]
    for act, expected in steps:
        with acting("lena"):
            act(pk_of("ann"))
            db.session.commit()
        with app.app_context():
            assert roles_of("ALD-ANN", token) == expected


@pytest.mark.parametrize(
    ("service", "role", "day", "counts"),
    [
        (span(0, 5), span(), 5, True),
        (span(0, 5), span(), 6, False),
        (span(), span(0, 5), 5, True),
        (span(), span(0, 5), 6, False),
        (span(), span(3), 2, False),
        (span(), span(3), 3, True),
    ],
)
def test_what_is_given_begins_and_ends_by_itself_on_london_days(
    app, acting, move_clock, service, role, day, counts
) -> None:
    with acting("lena"):
        grants.grant_service(pk_of("rae"), "contacts", service, reason=WHY)
        grants.grant_role(pk_of("rae"), "viewer", role, reason=WHY)
        db.session.commit()
    with app.app_context():
        token = sessions.sign_in("ALD-RAE", PASSWORD, address="", browser="")
        wanted = span(day).starts_on
        for hour in (time(0, 1), time(23, 58)):
            move_clock(datetime.combine(wanted, hour, clock.LONDON))
            assert (Role.VIEWER in roles_of("ALD-RAE", token)) is counts


def test_lsos_need_no_service_for_access_control_is_everyones(app) -> None:
    with app.app_context():
        assert roles_of("ALD-LENA") == {Role.LSO}


def test_giving_and_taking_are_written_down_with_days_giver_and_reason(acting) -> None:
    with acting("lena") as lena:
        user = grants.grant_service(pk_of("ann"), "reports", span(0, 9), reason=WHY, version=1)
        grants.grant_role(pk_of("ann"), "report_reader", span(2, 8), reason="Quarter end", version=2)
        db.session.commit()
        service = grants.find_service(user, "reports")
        assert (service.granted_by, service.granted_by_id, service.reason) == ("Lena", lena.user_pk, WHY)
        assert service.granted_at is not None
        days = {"starts_on": span(2).starts_on.isoformat(), "ends_on": span(8).starts_on.isoformat()}
        event = last_event("role:grant")
        assert (event.before, event.after) == ({"role": "report_reader"}, {"role": "report_reader", **days})
        assert (event.reason, event.object_label) == ("Quarter end", "Ann (ALD-ANN)")
        grants.grant_role(pk_of("ann"), "report_reader", span(2), reason="Longer")
        event = last_event("role:grant")
        assert (event.before["ends_on"], event.after["ends_on"]) == (days["ends_on"], None)
        grants.withdraw_role(pk_of("ann"), "report_reader", reason="Done")
        grants.withdraw_service(pk_of("ann"), "reports", reason="Done")
        db.session.commit()
        assert last_event("role:withdraw").before["role"] == "report_reader"
        assert last_event("service:withdraw").before["service"] == "reports"
        acts = db.session.scalars(select(AuditEvent.action).where(AuditEvent.actor_name == "Lena")).all()
        assert len(acts) == 5, "one event for each act"


def test_the_person_is_told_on_the_page_and_by_mail(acting) -> None:
    with acting("lena"):
        grants.grant_service(pk_of("ann"), "reports", span(0, 0), reason=WHY)
        grants.grant_role(pk_of("ann"), "report_reader", span(), reason=WHY)
        grants.withdraw_role(pk_of("ann"), "report_reader", reason=WHY)
        grants.withdraw_service(pk_of("ann"), "reports", reason=WHY)
        db.session.commit()
        kinds = db.session.scalars(select(OutgoingMail.kind).order_by(OutgoingMail.id)).all()
        assert kinds == ["service_granted", "role_granted", "role_withdrawn", "service_withdrawn"]
        told = db.session.scalars(select(Notification).order_by(Notification.id)).all()
        assert {row.user_id for row in told} == {pk_of("ann")}
        assert told[0].text.startswith("You were given the service Reports from ") and " to " in told[0].text
        assert told[3].text == "The service Reports was withdrawn from you."


def test_a_role_is_given_within_a_service_the_person_has_by_then(acting) -> None:
    with acting("lena"):
        for days in (span(), span(5)):
            with pytest.raises(RuleBroken, match="Give them the service first") as refusal:
                grants.grant_role(pk_of("ann"), "report_reader", days, reason=WHY)
            assert refusal.value.field == "role"
        grants.grant_service(pk_of("ann"), "reports", span(0, 4), reason=WHY)
        with pytest.raises(RuleBroken, match="does not have then"):
            grants.grant_role(pk_of("ann"), "report_reader", span(5), reason=WHY)
        assert grants.grant_role(pk_of("ann"), "report_reader", span(4), reason=WHY)


@pytest.mark.parametrize("invented", ["", "boss", "MEMBER", "member;lso", "access_control"])
def test_an_invented_role_or_service_is_refused_with_a_sentence(acting, invented) -> None:
    with acting("root"):
        for act in (grants.withdraw_role, partial(grants.grant_role, span=span())):
            with pytest.raises(RuleBroken, match="Choose a role"):
                act(pk_of("ann"), invented, reason=WHY)
        for verb in (grants.withdraw_service, partial(grants.grant_service, span=span())):
            with pytest.raises(RuleBroken, match="Choose a service"):
                verb(pk_of("ann"), invented, reason=WHY)


def test_what_is_not_held_cannot_be_withdrawn_and_the_same_days_not_given_twice(acting) -> None:
    with acting("lena"):
        with pytest.raises(RuleBroken, match="does not have the role Viewer"):
            grants.withdraw_role(pk_of("ann"), "viewer", reason=WHY)
        with pytest.raises(RuleBroken, match="does not have the service Reports"):
            grants.withdraw_service(pk_of("ann"), "reports", reason=WHY)
        with pytest.raises(RuleBroken, match="has Member for these days already"):
            grants.grant_role(pk_of("ann"), "member", Span(BEGAN), reason=WHY)


@pytest.mark.parametrize(
    ("days", "field"), [(span(-1), "starts_on"), (span(4, 3), "ends_on"), (span(9999), "starts_on")]
)
def test_days_that_make_no_sense_are_refused(acting, days, field) -> None:
    with acting("lena"):
        for act in (
            lambda: grants.grant_service(pk_of("ann"), "reports", days, reason=WHY),
            lambda: grants.grant_role(pk_of("ann"), "viewer", days, reason=WHY),
        ):
            with pytest.raises(RuleBroken) as refusal:
                act()
            assert refusal.value.field == field


def test_a_first_day_long_past_stays_when_only_the_last_day_changes(acting) -> None:
    with acting("system"):
        find("ann").grants[0].starts_on = span(-400).starts_on
        db.session.commit()
    with acting("lena"):
        assert grants.grant_role(pk_of("ann"), "member", span(-400, 3), reason=WHY)
        with pytest.raises(RuleBroken, match="withdraw it now"):
            grants.grant_role(pk_of("ann"), "member", span(-400, -1), reason=WHY)


def test_of_two_who_had_the_person_open_the_second_is_told(acting) -> None:
    with acting("lena"):
        grants.grant_role(pk_of("ann"), "viewer", span(), reason=WHY, version=1)
        with pytest.raises(Conflict):
            grants.withdraw_role(pk_of("ann"), "member", reason=WHY, version=1)
