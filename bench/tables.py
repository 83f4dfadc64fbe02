"""What is printed: Markdown tables of figures, and of goals met or not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Goal:
    """One goal of design/performance.md, section 9, and what was measured for it."""

    number: str
    text: str
    measured: float
    limit: float
    sense: Literal["at least", "at most"]
    unit: str = "x"

    @property
    def is_met(self) -> bool:
        """Whether the figure is on the right side of the limit."""
        return self.measured >= self.limit if self.sense == "at least" else self.measured <= self.limit


def show_table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> None:
    """Print one table; its first column holds words, the others figures."""
    print(f"\n### {title}\n")
    print(f"| {' | '.join(heads)} |")
    print(f"| --- |{' ---: |' * (len(heads) - 1)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    if note:
        print(f"\n{note}")
    print(flush=True)


def show_goals(goals: Sequence[Goal], database: str) -> None:
    """Print goals, measured figures and verdicts."""
    print(f"\n#### Goals, {database}\n")
    print("| # | goal | measured | met |\n| --- | --- | ---: | --- |")
    for goal in goals:
        limit = f"{goal.sense} {goal.limit:g} {goal.unit}"
        met = "yes" if goal.is_met else "**no**"
        print(f"| {goal.number} | {goal.text}: {limit} | {figure(goal.measured)} {goal.unit} | {met} |")
    print(flush=True)


def figure(value: float) -> str:
    """A number with about three digits that matter."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
