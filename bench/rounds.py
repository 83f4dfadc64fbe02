"""Taking turns: what is compared is measured round-robin, so that noise hits all alike."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from statistics import median
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


def take_turns(cases: Mapping[K, Callable[[], R]], rounds: int) -> dict[K, list[R]]:
    """Run every case once a round; what each gave, in order."""
    results: dict[K, list[R]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, run in cases.items():
            results[name].append(run())
    return results


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of all values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def middle(values: Sequence[float]) -> float:
    """The median."""
    return median(values)
