"""A running worker whose clock is set by an hour to sixty days, and whose machine sleeps for up to fourteen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.clocks import play
from tests.soak.budget import Totals, scratch

if TYPE_CHECKING:
    from tests.soak.budget import Budget

JUMPS_A_ROUND = 10


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Move clocks until the time is over; return counts and faults. `longest_wait`: seconds from a jump to a pass."""
    totals = Totals(most=frozenset({"longest_wait"}))
    for number in budget.rounds(seed):
        with scratch() as folder:
            counts, faults = play(folder, number, JUMPS_A_ROUND)
        totals.add(counts, faults, number)
    return totals.as_json()
