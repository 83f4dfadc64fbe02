"""Access reviews: who begins one, and who answers for whom (what time does: test_reviews_due)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.access.actor import acting_as
from app.domain import clock
from app.domain.errors import NotAllowed, NotFound, RuleBroken
from app.domain.reviews import Answer
from app.extensions import db
from app.models import AuditEvent, Organisation, OutgoingMail, Review
from app.services import approving, people, reviews, sessions
from tests.access.reviewing import DAYS, answers, confirm, count, line_of, start, withdraw
from tests.cast import ORGANISATIONS, PASSWORD, PEOPLE
from tests.services.access import WHY, add_role, find, last_event, pk_of
from tests.services.racing import at_once


def test_a_review_has_a_line_for_everybody_who_may_sign_in_with_what_they_hold(acting) -> None:
    with acting("root"):
        people.disable_user(pk_of("rae"), reason=WHY)
        db.session.commit()
    pk = start(acting)
    assert answers(acting, pk) == dict.fromkeys(("ann", "sue", "vic", "lena", "dee"), "")
    with acting("lena"):
        held = {one["access"]: one["granted_by"] for one in line_of("ann").held}
        assert held == {"contacts": "The tests", "member": "The tests"}
        event = last_event("review:start")
        assert (event.actor_name, event.after["people"], event.object_type) == ("Lena", 5, "review")


@pytest.mark.parametrize(
    ("name", "organisation"),
    [("lena", "alder"), ("eli", "alder"), ("eli", "elder"), ("root", "alder"), ("root", "birch"), ("bea", "birch")],
)
def test_an_lso_a_groups_lso_and_xoserve_begin_one(acting, name, organisation) -> None:
    pk = start(acting, name, organisation)
    with acting(name):
        assert db.session.get(Review, pk).people_count == (
            1 if organisation == "elder" else 2 if organisation == "birch" else 6
        )


def test_the_xoserve_lso_begins_one_while_acting_for_the_organisation(acting) -> None:
    pk = start(acting, "xena", on_behalf_of="alder")
    with acting("system"):
        assert last_event("review:start").on_behalf_of == "Alder Energy"
        told = select(OutgoingMail.address).where(OutgoingMail.kind == "review_asked")
        assert list(db.session.scalars(told)) == ["lena@alder.example"]
        assert db.session.get(Review, pk).started_by == "Xena"


@pytest.mark.parametrize("name", ["ann", "dee", "mo", "ada", "xena", "rae"])
def test_nobody_else_begins_one(acting, name) -> None:
    with acting(name), pytest.raises(NotAllowed):
        reviews.start_review(clock.today() + timedelta(days=DAYS))


@pytest.mark.parametrize(("name", "organisation"), [("lena", "birch"), ("lena", "elder"), ("bea", "alder")])
def test_nobody_begins_a_strangers(acting, name, organisation) -> None:
    with acting("system"):
        code = ORGANISATIONS[organisation][0]
        pk = db.session.scalars(select(Organisation.id).where(Organisation.short_code == code)).one()
    with acting(name), pytest.raises(RuleBroken, match="that you look after"):
        reviews.start_review(clock.today() + timedelta(days=DAYS), organisation_id=pk)


@pytest.mark.parametrize("days", [-1, 0, 93, 5000])
def test_the_last_day_is_within_three_months(acting, days) -> None:
    with acting("lena"), pytest.raises(RuleBroken, match="last day from tomorrow") as refusal:
        reviews.start_review(clock.today() + timedelta(days=days))
    assert refusal.value.field == "due_on"


def test_there_is_one_review_at_a_time(app, acting) -> None:
    actors = []
    for name in ("lena", "eli"):
        with acting(name) as actor:
            actors.append(actor)

    def begin(actor):
        with acting_as(actor):
            pk = actors[0].organisation_id
            reviews.start_review(clock.today() + timedelta(days=DAYS), organisation_id=pk)
            db.session.commit()

    results = at_once(app, [lambda: begin(actors[0]), lambda: begin(actors[1])])
    refusals = [one for one in results if one is not None]
    assert len(refusals) == 1 and "a review that is not finished" in refusals[0].message


def test_everybody_is_confirmed_or_withdrawn_and_the_last_answer_closes_it(acting) -> None:
    pk = start(acting)
    with acting("lena"):
        assert confirm(pk, "ann", "sue", "dee").done == 3
        assert withdraw(pk, "vic").done == withdraw(pk, "rae").done == 1
        assert [find(name).is_active for name in ("ann", "vic", "rae")] == [True, False, False]
        assert find("vic").disabled_reason == f"Access review: {WHY}" and len(find("vic").grants) == 1
        assert db.session.get(Review, pk).closed_at is None, "she is not answered for herself"
    with acting("eli"):
        assert confirm(pk, "lena").done == 1
        assert db.session.get(Review, pk).closed_at is not None
    assert count(acting, AuditEvent.action == "review:confirm") == 4
    assert count(acting, AuditEvent.action == "user:disable") == 2
    assert count(acting, AuditEvent.action == "review:close") == 1
    assert start(acting) != pk, "the next one can begin"


def test_several_withdrawn_at_once_wait_for_approval_which_settles_their_lines(acting) -> None:
    pk = start(acting)
    with acting("lena"):
        outcome = withdraw(pk, "vic", "rae", "lena")
        assert (outcome.done, len(outcome.left), len(outcome.asked)) == (0, 1, 1)
        assert all(find(name).is_active for name in ("vic", "rae"))
        assert outcome.asked[0].people.keys() == {find("vic").id, find("rae").id}
        request = outcome.asked[0].id
    assert {answers(acting, pk)[name] for name in ("vic", "rae")} == {""}
    with acting("eli"):
        approving.approve(request)
        db.session.commit()
        assert not any(find(name).is_active for name in ("vic", "rae"))
        assert confirm(pk, "ann").done == 1
    assert {answers(acting, pk)[name] for name in ("vic", "rae")} == {"left"}


def test_nobody_answers_for_themselves_not_even_through_their_deputy(acting) -> None:
    pk = start(acting)
    with acting("lena"):
        assert "your own access" in confirm(pk, "lena").left[0][1]
        assert "your own access" in withdraw(pk, "lena").left[0][1]
    with acting("dee"):
        assert "You are their deputy" in confirm(pk, "lena").left[0][1]
        assert "your own access" in confirm(pk, "dee").left[0][1]
        assert confirm(pk, "ann").done == 1
    assert answers(acting, pk)["lena"] == ""
    with acting("root"):
        add_role("sue", "lso")
        db.session.commit()
    with acting("sue"):
        assert confirm(pk, "lena").done == 1


@pytest.mark.parametrize(("name", "on_behalf_of"), [("root", ""), ("xena", "alder"), ("eli", "")])
def test_the_last_lso_is_answered_for_by_xoserve_or_the_group_and_cannot_be_withdrawn(
    acting, name, on_behalf_of
) -> None:
    pk = start(acting)
    with acting(name, on_behalf_of):
        assert "would have no LSO" in withdraw(pk, "lena").left[0][1]
        assert confirm(pk, "lena").done == 1


@pytest.mark.parametrize("name", ["bea", "bob", "eli"])
def test_a_strangers_lines_are_out_of_reach(acting, name) -> None:
    pk = start(acting, "lena") if name != "eli" else start(acting, "bea", "birch")
    with acting("system"):
        line = line_of("ann" if name != "eli" else "bob").id
    with acting(name), pytest.raises((NotFound, NotAllowed)):
        reviews.confirm_people(pk, [line])


def test_lines_of_another_review_are_not_answered_with_it(acting) -> None:
    one, other = start(acting), start(acting, "eli", "elder")
    with acting("eli"):
        ids = [line_of("ann").id, line_of("eli").id]
        with pytest.raises(NotFound):
            reviews.confirm_people(one, ids)
        with pytest.raises(NotFound):
            reviews.confirm_people(other, [])


def test_a_line_is_answered_once(acting) -> None:
    pk = start(acting)
    with acting("lena"):
        confirm(pk, "ann")
        assert "Answered already by Lena: confirmed." in withdraw(pk, "ann").left[0][1]
        assert find("ann").is_active


def test_two_who_answer_differently_at_the_same_moment_leave_one_answer(app, acting) -> None:
    pk = start(acting)
    works = []
    with acting("system"):
        line = line_of("ann").id
    for name, verb in (("lena", "confirm_people"), ("eli", "withdraw_people")):
        with acting(name) as actor:
            how = {} if verb == "confirm_people" else {"reason": WHY}
            works.append(lambda actor=actor, verb=verb, how=how: _answer_as(actor, verb, pk, line, how))
    assert sorted(at_once(app, works)) == [0, 1]
    with acting("system"):
        assert find("ann").is_active == (line_of("ann").answer == Answer.CONFIRMED)


def _answer_as(actor, verb, pk, line, how) -> int:
    with acting_as(actor):
        outcome = getattr(reviews, verb)(pk, [line], **how)
        db.session.commit()
        return outcome.done


def test_a_disabled_person_is_signed_out_and_told(app, acting) -> None:
    with app.app_context():
        sessions.sign_in(PEOPLE["vic"].user_id, PASSWORD, address="127.0.0.1", browser="Test")
    pk = start(acting)
    with acting("lena"):
        withdraw(pk, "vic")
    with app.app_context():
        assert sessions.actor_of(PEOPLE["vic"].user_id) is None
    with acting("system"):
        mails = select(OutgoingMail.kind).where(OutgoingMail.user_id == pk_of("vic"))
        assert list(db.session.scalars(mails)) == ["disabled"]


def test_withdrawing_needs_a_reason_and_nothing_is_done_without(acting) -> None:
    pk = start(acting)
    with acting("lena"), pytest.raises(RuleBroken, match="Say why"):
        withdraw(pk, "vic", reason=" ")
    assert answers(acting, pk)["vic"] == ""
