"""Tests of one group go to one worker: they share what is dear to make, and what was looked at already."""

import os

import pytest


@pytest.mark.xdist_group("together")
def test_a_test_that_has_a_group_is_handed_out_by_it(request: pytest.FixtureRequest) -> None:
    """pytest-xdist tells the groups by what it adds to a test's name; where nothing is added, nothing is grouped."""
    is_handed_out = "PYTEST_XDIST_WORKER" in os.environ
    assert request.node.nodeid.endswith("@together") == is_handed_out
