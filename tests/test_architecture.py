"""What holds the architecture up: verbs, roles, doors to the database, the life cycle."""

import ast
import re
from pathlib import Path

from app.access.actor import VERBS
from app.cli.permissions import matrix
from app.domain import lifecycle
from app.domain.roles import GRANTS, Permission, Role

ROOT = Path(__file__).resolve().parent.parent


def test_every_verb_names_its_permission() -> None:
    """Whatever writes is decorated; the exceptions are parts of verbs, and `perform`, whose table names it."""
    parts_of_verbs = {
        "perform",
        "enqueue",
        "record",
        "once",
        "reserve_numbers",
        "revoke_sessions",
        "complete",
        "give_up",
        "offer_passkey",
        "send_to_whoever_asked",
        "sign_in",
        "ask",
        "ask_for_support",
        "take",
        "use",
        "resume",
        "drop_all",
        "tell_of_access",
        "tell_of_upload",
    }
    writes = {"add", "add_all", "delete", "flush", "commit"}
    for path in sorted((ROOT / "app" / "services").glob("*.py")) + [
        ROOT / "app/imports/pipeline.py",
        ROOT / "app/exports/contacts.py",
        ROOT / "app/exports/events.py",
    ]:
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_") or node.name in parts_of_verbs:
                continue
            calls = {
                call.func.attr
                for call in ast.walk(node)
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
                and isinstance(call.func.value, ast.Attribute) and call.func.value.attr == "session"
            }  # fmt: skip
            is_verb = any(isinstance(d, ast.Call) and getattr(d.func, "id", "") == "needs" for d in node.decorator_list)
            assert is_verb or not calls & writes, f"{path.name}: {node.name} writes and names no permission"


def test_only_the_named_places_reach_the_database_round_the_session() -> None:
    allowed = {
        "app/__init__.py",
        "app/access/tenancy.py",
        "app/cli/serving.py",
        "app/exports/lists.py",
        "app/migrations/env.py",
        "app/sealing/checking.py",
    }
    for path in sorted((ROOT / "app").rglob("*.py")):
        name = str(path.relative_to(ROOT))
        if name not in allowed and "versions" not in path.parts:
            assert not re.search(
                r"db\.engine\b|\.connection\(|exec_driver_sql|\btext\(\"", path.read_text()
            ) or name in {
                "app/models/bulk.py",
                "app/models/connections.py",
                "app/models/contact.py",
            }, name


def test_only_who_asks_is_found_without_an_actor() -> None:
    """`ask_who` passes the guard by: nothing but a cookie, a user ID or a job's person may be what it is asked for."""
    callers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "app").rglob("*.py")
        if re.search(r"\bask_who\b", path.read_text()) and path.name != "tenancy.py"
    }
    assert callers == {"app/services/sessions.py"}


def test_views_hold_no_roles() -> None:
    for path in (ROOT / "app" / "views").glob("*.py"):
        assert not re.search(r"Role\.[A-Z]", path.read_text()), path.name


def test_every_role_has_a_line_and_every_permission_a_holder() -> None:
    assert set(GRANTS) == set(Role)
    assert set().union(*GRANTS.values()) == set(Permission)
    assert matrix() and len(VERBS) > 12


def test_the_readmes_permission_table_is_current() -> None:
    assert matrix() in (ROOT / "README.md").read_text()


def test_no_file_is_longer_than_300_lines() -> None:
    for folder in ("app", "seed", "bench", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text().splitlines()) <= 300 or "versions" in path.parts, path


def test_the_life_cycle_is_walked_to_every_status_and_out_of_every_open_one() -> None:
    reached = {lifecycle.Status.LOGGED}
    for _ in lifecycle.Status:
        reached |= {move.target for move in lifecycle.LIFECYCLE if set(move.sources) & reached}
    later_steps = {lifecycle.Status.WITH_NETWORK, lifecycle.Status.CLOSED_WITHOUT_RESPONSE}
    assert reached == set(lifecycle.Status) - later_steps
    for move in lifecycle.LIFECYCLE:
        assert set(move.sources) <= set(lifecycle.OPEN), "a final contact is final"
        for status in lifecycle.Status:
            offered = move in lifecycle.options(status, frozenset({move.needs}))
            assert offered == (status in move.sources)


def test_several_people_are_disabled_only_by_the_verb_that_may_have_to_ask() -> None:
    """Whoever called the verb for one in a loop would go round the second pair of eyes.

    `change_many` and `withdraw_people` of a review ask first; what time does to many needs nobody's approval.
    """
    one_at_a_time = {"services/approving.py", "services/people_bulk.py", "views/people/actions.py"}
    one_at_a_time |= {"services/reviews.py", "services/dormancy.py", "services/reviews_due.py"}
    callers = {
        str(path.relative_to(ROOT / "app"))
        for path in (ROOT / "app").rglob("*.py")
        if "people.disable_user(" in path.read_text()
    }
    assert callers == one_at_a_time
