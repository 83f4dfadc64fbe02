"""What the tests of the verbs share."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from app.domain import clock


@pytest.fixture
def move_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """`move_clock(instant)`: from now on it is that instant, for everything that asks the service's clock."""

    def move(instant: datetime) -> None:
        aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda: aware)

    return move
