"""What doing the rows of a file would come to: they are done, and taken back."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import select

from app.domain.people_sheet import DELETE, DISABLE, ROLE, SEPARATOR, USER_ID
from app.domain.service import KEEPER_ROLES
from app.extensions import db
from app.imports.people.acts import Outcome, do_rows
from app.models import Grant, User
from app.services.drafts import Draft

SLICE_ROWS = 50
_KEEPER_ROLES = frozenset(role.value for role in KEEPER_ROLES)


def try_all(drafts: Sequence[Draft], organisation_id: int) -> Iterator[dict[int | None, Outcome]]:
    """The outcome of each row, by row number, some at a time, as if all were done; nothing of it is kept."""
    for some in list(_slices(drafts, organisation_id)):
        try:
            outcomes = do_rows(some, organisation_id)
        finally:
            db.session.rollback()
        yield dict(zip((draft.row for draft in some), outcomes, strict=True))


def _slices(drafts: Sequence[Draft], organisation_id: int) -> Iterator[list[Draft]]:
    """The rows in portions that do not depend on each other, so that nobody waits for more than one of them.

    Rows about one person stay together; and so do all about those who run the organisation's access, of whom one has
    to be left, and about those who are to be disabled or deleted, who are counted together.
    """
    joint = _find_keepers(organisation_id)
    for draft in drafts:
        roles = draft.answers.get(ROLE, "").split(SEPARATOR)
        if draft.type_code in (DISABLE, DELETE) or _KEEPER_ROLES & set(roles):
            joint.add(draft.answers[USER_ID])
    by_person: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        user_id = draft.answers[USER_ID]
        by_person["" if user_id in joint else user_id].append(draft)
    waiting: list[Draft] = []
    for rows in by_person.values():
        waiting.extend(rows)
        if len(waiting) >= SLICE_ROWS:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _find_keepers(organisation_id: int) -> set[str]:
    keepers = select(User.user_id).join(Grant, Grant.user_id == User.id)
    keepers = keepers.where(User.organisation_id == organisation_id, Grant.role.in_(_KEEPER_ROLES))
    found = set(db.session.scalars(keepers))
    db.session.rollback()
    return found
