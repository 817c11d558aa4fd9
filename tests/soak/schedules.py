"""Days and instants of clocks that nobody chose, against a second calculation by another author."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.soak.budget import Totals
from tests.unit.policy.schedules import differing

if TYPE_CHECKING:
    from tests.soak.budget import Budget

A_ROUND = 100_000


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Compare schedules until the time is over; return counts and faults."""
    totals = Totals()
    for number in budget.rounds(seed):
        totals.add({"schedules": A_ROUND}, differing(A_ROUND, number), number)
    return totals.as_json()
