"""When an account counts as unused: the one rule of lists, pages and the service's own work."""

from datetime import datetime, timedelta

_after, notice = timedelta(days=90), timedelta(days=14)


def configure(*, days: int, notice_days: int) -> None:
    """Set after how long an account is dormant, and how long the person then has to sign in; once at start-up."""
    global _after, notice
    _after, notice = timedelta(days=days), timedelta(days=notice_days)


def unused_days() -> int:
    """After how many days an account is dormant."""
    return _after.days


def unused_before(now: datetime) -> datetime:
    """Whose last sign of life is before this instant is dormant."""
    return now - _after


def last_use(added_at: datetime, enabled_at: datetime | None, signed_in_at: datetime | None) -> datetime:
    """The last sign of life: signing in, or being added for whoever never did; or being enabled again."""
    seen_at = signed_in_at or added_at
    return seen_at if enabled_at is None else max(seen_at, enabled_at)


def is_unused(now: datetime, added_at: datetime, enabled_at: datetime | None, signed_in_at: datetime | None) -> bool:
    """Whether an account is dormant by then, its being disabled left aside."""
    return last_use(added_at, enabled_at, signed_in_at) < unused_before(now)
