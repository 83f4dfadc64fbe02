"""Whatever happens to people's access, and in whatever order, the service does as the model of its rules says."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.access.machine import KEEPERS, AccessMachine
from tests.conftest import World

# How many examples, and how many steps each.
EXAMPLES = {"sqlite": (300, 40), "postgresql": (12, 40)}
SOAK = {"sqlite": (5000, 60), "postgresql": (200, 60)}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_service_and_the_model_of_its_rules_agree_after_every_act(worlds: dict[str, World], kind: str) -> None:
    is_soak = settings.get_current_profile_name() == "soak"
    examples, steps = (SOAK if is_soak else EXAMPLES)[kind]

    AccessMachine.prepare(worlds[kind], KEEPERS)
    run_state_machine_as_test(
        AccessMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not is_soak,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
