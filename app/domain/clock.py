"""The only reader of the time."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """This instant, in UTC, aware, without fractions of a millisecond that databases round differently."""
    instant = datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def today() -> date:
    """The date on a wall calendar in London: the day business rules speak of."""
    return now().astimezone(LONDON).date()


def midnight(day: date) -> datetime:
    """The instant a day begins in London."""
    return datetime.combine(day, time(), LONDON)
