"""What the tests of access work share."""

from collections.abc import Callable
from datetime import UTC, timedelta

import pytest
from flask import Flask
from hypothesis import settings

from app import jobs
from app.domain import clock

# How long people's access is driven at random (test_machine.py) by `make soak`.
settings.register_profile("soak", deadline=None)


@pytest.fixture
def travel(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`travel(days)`: so many days after the beginning of the test, and the worker's work is done then.

    Days are those of a wall calendar in London, as the service counts them: over a change of the clocks, whole days
    of 24 hours begun late in the evening would end a calendar day too far.
    """
    start = clock.now().astimezone(clock.LONDON)

    def move(days: float, *, works: bool = True) -> None:
        instant = (start + timedelta(days=days)).astimezone(UTC)
        monkeypatch.setattr(clock, "now", lambda: instant)
        if works:
            with app.app_context():
                jobs.end_what_is_over()

    return move
