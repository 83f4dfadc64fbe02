"""services.people_list: by the words of a name or user ID and by what people hold, within reach and by an index."""

import pytest
from sqlalchemy import delete, text

from app.domain.errors import RuleBroken
from app.extensions import db
from app.models import ServiceGrant, User
from app.services import people, people_list
from app.services.people_list import SORTS, select_people
from tests.services.access import WHY, add_role, find, span


def listed(**wanted: str) -> list[str]:
    """User IDs of whom the filters leave, by name."""
    return [user.user_id for user in db.session.scalars(SORTS["name"].order(select_people(wanted)))]


def rename(name: str, called: str) -> None:
    user = find(name)
    people.change_profile(user.id, {"name": called, "email": user.email}, version=user.version)
    db.session.commit()


def test_a_person_is_found_by_the_beginnings_of_words_of_their_name_or_user_id(acting) -> None:
    with acting("lena"):
        rename("ann", "Ann-Marie O’Brien Smith_Jones")
        rename("vic", "Zoë Straße")
        typed = ("ann", "ANN", "mar", "o’brien", "brien", "smi jon", "jones ann", "ald-ann", "ALD/ANN")
        assert {one: listed(q=one) for one in typed} == dict.fromkeys(typed, ["ALD-ANN"])
        assert listed(q="zoë") == listed(q="Zoë str") == listed(q="straß") == ["ALD-VIC"]
        assert listed(q="nn") == listed(q="obr") == listed(q="zoe") == listed(q="ann vic") == []
        assert listed(q="ald") == listed() and len(listed()) > 4


def test_whoever_was_renamed_is_found_by_the_new_name_only(acting) -> None:
    with acting("lena"):
        rename("ann", "Petra Quill")
        assert listed(q="quill") == ["ALD-ANN"] and listed(q="petra ald") == ["ALD-ANN"]
        rename("ann", "Petra Stone")
        assert listed(q="quill") == [] and listed(q="stone") == ["ALD-ANN"]


def test_a_person_who_was_added_or_deleted_is_found_or_not(acting) -> None:
    with acting("lena"):
        added = people.create_user({"user_id": "ALD-NEW", "name": "Quentin New", "email": "q@alder.example"})
        db.session.commit()
        assert listed(q="quentin") == ["ALD-NEW"]
        people.delete_user(added.id, reason=WHY)
        db.session.commit()
        assert listed(q="quentin") == [] and listed(q="quentin", state="deleted") == ["ALD-NEW"]


def test_nobody_finds_people_of_another_organisation_by_any_word(acting) -> None:
    with acting("system"):
        owner = find("ann").organisation_id
        find("bob").name = f"#{owner} Bob"
        db.session.commit()
    with acting("lena"):
        assert listed(q="bob") == listed(q="bir") == listed(q="zz") == []
    with acting("bea"):
        assert listed(q="bob") == ["BIR-BOB"] and listed(q="ann") == []
    with acting("eli"):
        assert listed(q="ann") == ["ALD-ANN"] and listed(q="bob") == [], "the group's LSO reaches its members' people"
    with acting("root"):
        assert listed(q="bob") == ["BIR-BOB"] and listed(q="ann") == ["ALD-ANN"]


@pytest.mark.parametrize("value", ["x" * 101, "—", "_", '"*"', "%"])
def test_a_search_without_words_is_refused(acting, value) -> None:
    with acting("lena"), pytest.raises(RuleBroken) as refusal:
        select_people({"q": value})
    assert refusal.value.field == "q" and refusal.value.message.endswith(".")


@pytest.mark.parametrize("name", ["lena", "root", "eli"])
def test_what_many_hold_and_what_few_hold_are_found_alike(acting, monkeypatch, name) -> None:
    filters = [{"role": "member"}, {"role": "lso"}, {"service": "contacts"}, {"role": "none"}]
    if name == "root":
        filters += [{**each, "organisation": "BIR"} for each in filters]
    with acting(name):
        as_few = [listed(**each) for each in filters]
        monkeypatch.setattr(people_list, "MANY", 0)
        assert [listed(**each) for each in filters] == as_few
        assert all(as_few[:3])


def test_whose_role_sleeps_is_not_listed_with_it(acting, monkeypatch) -> None:
    with acting("root"):
        with_role = [listed(role="member"), listed(role="lso")]
        db.session.execute(delete(ServiceGrant).where(ServiceGrant.user_id == find("ann").id))
        add_role("sue", "member", span(1))
        add_role("sue", "lso", span(-2, -1))
        members = [user_id for user_id in with_role[0] if user_id != "ALD-ANN"]
        assert len(members) < len(with_role[0])
        for many in (people_list.MANY, 0):
            monkeypatch.setattr(people_list, "MANY", many)
            assert [listed(role="member"), listed(role="lso")] == [members, with_role[1]]
        db.session.rollback()


def plan_of(**wanted: str) -> str:
    """How the database finds the first people of a list; PostgreSQL is kept from reading these few rows whole."""
    statement = SORTS["name"].order(select_people(wanted)).with_only_columns(User.name, User.id).limit(51)
    compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    if db.engine.dialect.name == "sqlite":
        return str(db.session().connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all())
    db.session().connection().exec_driver_sql("SET enable_seqscan = off")
    return "\n".join(db.session().connection().exec_driver_sql(f"EXPLAIN {str(compiled).replace('%', '%%')}").scalars())


def test_people_are_found_by_indexes(as_copied, acting, monkeypatch) -> None:
    """PostgreSQL takes an index on an expression only where the query's expression is the same, letter by letter."""
    is_sqlite = False
    with acting("root"):
        is_sqlite = db.engine.dialect.name == "sqlite"
        by_word, by_role, by_service = plan_of(q="ann"), plan_of(role="lso"), plan_of(service="contacts")
        monkeypatch.setattr(people_list, "MANY", 0)
        person_by_person = plan_of(role="member")
    if is_sqlite:
        assert "SCAN user_words VIRTUAL TABLE" in by_word and "SCAN user'" not in by_word, by_word
        assert "ix_role_grant_role_user_id" in by_role and "ix_service_grant_service_user_id" in by_service
        assert "ix_user_name_id" in person_by_person and "TEMP B-TREE" not in person_by_person, person_by_person
    else:
        assert "ix_user_words" in by_word, by_word
        assert "role_grant" in by_role and "Seq Scan on role_grant" not in by_role, by_role


def test_people_who_were_there_before_the_index_are_in_it(acting) -> None:
    """The migration fills what triggers keep from then on."""
    with acting("system"):
        if db.engine.dialect.name == "sqlite":
            from importlib import import_module

            step = import_module("app.migrations.versions.0018_find_people_by_word")
            connection = db.session().connection()
            count = text("SELECT count(*) FROM user_words WHERE user_words MATCH 'words : ald'")
            before = connection.execute(count).scalar_one()
            for name in step._TRIGGERS:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.exec_driver_sql("DROP TABLE user_words")
            connection.exec_driver_sql(step._TABLE)
            connection.exec_driver_sql(step._FILL)
            assert connection.execute(count).scalar_one() == before > 4
            db.session.rollback()
