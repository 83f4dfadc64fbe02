"""What the tests of the chain share."""

import pytest

from tests.sealing.trail import Trail, make_trail


@pytest.fixture
def trail(app, tmp_path, monkeypatch) -> Trail:
    """Ten sealed events of three hours ago."""
    return make_trail(app, tmp_path, monkeypatch)
