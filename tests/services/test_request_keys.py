"""services.request_keys: a form is carried out once."""

import pytest
from sqlalchemy import func, select

from app.access.actor import acting_as
from app.domain.errors import RuleBroken
from app.extensions import db
from app.models import Contact, RequestKey
from app.services import sessions
from app.services.request_keys import once
from tests.cast import PEOPLE
from tests.services.racing import at_once
from tests.worlds import raise_one

KEY, MPRN = "a-key-of-a-form-1", "3938424403"


def test_the_second_time_answers_with_the_first_result(acting) -> None:
    with acting("ann"):
        first = once(KEY, lambda: raise_one(MPRN, "High"))
        db.session.commit()
        assert once(KEY, lambda: pytest.fail("done twice")) == first
        assert once(KEY + "2", lambda: "other") == "other"


def test_a_form_that_failed_can_be_sent_again(acting) -> None:
    def fail() -> str:
        raise RuleBroken("No.")

    with acting("ann"):
        with pytest.raises(RuleBroken):
            once(KEY, fail)
        db.session.rollback()
        assert once(KEY, lambda: "done") == "done"


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "with a space in it", "quote'quote'quote'", "é" * 20, "x" * 15])
def test_a_key_that_no_form_of_ours_has_is_refused(acting, key) -> None:
    with acting("ann"), pytest.raises(RuleBroken, match="incomplete"):
        once(key, lambda: pytest.fail("done"))


def test_another_organisations_key_gives_nothing_away(acting) -> None:
    with acting("ann"):
        once(KEY, lambda: raise_one(MPRN, "High"))
        db.session.commit()
    with acting("bob"):
        assert once(KEY, lambda: "bob's") == "bob's"
        db.session.commit()
    with acting("system"):
        assert db.session.scalar(select(func.count()).select_from(RequestKey)) == 2


@pytest.mark.parametrize("turn", range(3))
def test_two_presses_at_once_raise_one_contact(app, acting, turn) -> None:
    with app.app_context():
        ann = sessions.actor_of(PEOPLE["ann"].user_id)

    def press() -> str:
        with acting_as(ann):
            reference = once(KEY, lambda: raise_one(MPRN, "High"))
            db.session.commit()
            return reference

    results = at_once(app, [press] * 4)
    assert len(set(results)) == 1 and isinstance(results[0], str), results
    with acting("ann"):
        assert db.session.scalars(select(Contact.reference)).all() == [results[0]]
