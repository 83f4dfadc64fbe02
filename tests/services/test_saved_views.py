"""services.saved_views: who sees a view, and that only its maker changes it."""

import pytest
from sqlalchemy.exc import IntegrityError

from app.access.actor import acting_as
from app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from app.extensions import db
from app.services import saved_views, sessions
from app.services.saved_views import change_view, choose_default_view, delete_view, list_views, save_view
from tests.cast import PEOPLE
from tests.services.racing import at_once


def save(name: str = "Mine", *, page: str = "contacts", query: str = "status=open", is_shared: bool = False) -> int:
    """Save and commit; the id."""
    pk = save_view(page, name, query, is_shared=is_shared).id
    db.session.commit()
    return pk


def names(page: str = "contacts") -> list[str]:
    return [view.name for view in list_views(page)]


def test_a_view_is_seen_by_its_maker_and_when_shared_by_their_organisation_only(acting) -> None:
    with acting("ann"):
        save("B mine")
        save("A shared", is_shared=True)
        save("People", page="people")
        assert names() == ["A shared", "B mine"]
    with acting("sue"):
        save("Z of sue")
        assert names() == ["Z of sue", "A shared"]
    for name in ("bob", "ada", "root", "ned"):
        with acting(name):
            assert names() == [], name


def test_only_its_maker_changes_or_deletes_a_view(acting) -> None:
    with acting("ann"):
        shared, private = save("Shared", is_shared=True), save("Private")
    for name in ("sue", "lena"):
        with acting(name):
            with pytest.raises(NotAllowed, match="Only Ann can change"):
                change_view(shared, name="Mine", is_shared=False)
            with pytest.raises(NotAllowed, match="Only Ann can change"):
                delete_view(shared)
    for name in ("sue", "lena", "bob", "ada", "root"):
        with acting(name):
            for pk in [private, *([] if name in ("sue", "lena") else [shared]), 999_999]:
                for act in (
                    lambda pk=pk: change_view(pk, name="Mine", is_shared=True),
                    lambda pk=pk: delete_view(pk),
                    lambda pk=pk: choose_default_view("contacts", pk),
                ):
                    with pytest.raises(NotFound):
                        act()
    with acting("ann"):
        assert names() == ["Private", "Shared"]


def test_a_view_is_renamed_shared_and_given_another_query(acting) -> None:
    with acting("ann"):
        pk = save()
        change_view(pk, name="  New   name ", is_shared=True)
        db.session.commit()
        view = saved_views.get_view(pk)
        assert (view.name, view.is_shared, view.query) == ("New name", True, "status=open")
        change_view(pk, name="New name", is_shared=False, query="q=x&after=abc&view=4F7-K2M-9QX")
        assert saved_views.get_view(pk).query == "q=x"


def test_a_name_is_given_once_and_fits(acting) -> None:
    with acting("ann"):
        first, second = save("Mine"), save("Other")
        save("Mine", page="people")
        for name in ("Mine", "mine", " MINE "):
            with pytest.raises(Conflict, match="already have a view"):
                save_view("contacts", name, "", is_shared=False)
            with pytest.raises(Conflict):
                change_view(second, name=name, is_shared=False)
        change_view(first, name="MINE", is_shared=False)
        for name in ("", "  ", "x" * 61):
            with pytest.raises(RuleBroken) as refusal:
                save_view("contacts", name, "", is_shared=False)
            assert refusal.value.field == "name"
        with pytest.raises(RuleBroken, match="more than a view can hold"):
            save_view("contacts", "Long", "q=" + "x" * 2000, is_shared=False)
    with acting("sue"):
        save("Mine")


def test_there_is_an_end_to_views(acting, monkeypatch) -> None:
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 2)
    with acting("ann"):
        save("1")
        save("2")
        with pytest.raises(RuleBroken, match="Delete one first"):
            save_view("contacts", "3", "", is_shared=False)
        save("1", page="people")


def test_two_at_once_do_not_take_one_name(app, acting) -> None:
    def work() -> str:
        with acting_as(sessions.actor_of(PEOPLE["ann"].user_id)):
            save("Both")
            return "saved"

    results = at_once(app, [work] * 4)
    assert results.count("saved") == 1, results
    assert all(isinstance(one, Conflict) for one in results if one != "saved"), results
    assert not [one for one in results if isinstance(one, IntegrityError)]


def test_the_default_is_ones_own_and_goes_with_the_view(acting) -> None:
    with acting("ann"):
        pk, people = save(is_shared=True), save(page="people")
        choose_default_view("contacts", pk)
        choose_default_view("people", people)
        with pytest.raises(NotFound):
            choose_default_view("people", pk)
        db.session.commit()
        kept = saved_views.preferences.own_preferences().default_views
        assert kept == {"contacts": pk, "people": people}
    with acting("sue"):
        choose_default_view("contacts", pk)
        db.session.commit()
    with acting("ann"):
        delete_view(pk)
        db.session.commit()
        assert saved_views.preferences.own_preferences().default_views == {"people": people}
        choose_default_view("people", None)
        assert saved_views.preferences.own_preferences().default_views == {}
