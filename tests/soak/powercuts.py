"""Power cuts under SQLite, at any moment of a few days' work: every acknowledged commit is there, nothing is corrupt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.powercuts import power_cuts
from tests.soak.budget import Totals, scratch

if TYPE_CHECKING:
    from tests.soak.budget import Budget

CUTS = 5000


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Cut the power until the time is over; return counts and faults."""
    totals = Totals(most=frozenset({"commits"}))
    for number in budget.rounds(seed):
        with scratch() as folder:
            totals.add(*power_cuts(folder, cuts=CUTS, seed=number), number)
    return totals.as_json()
