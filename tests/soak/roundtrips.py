"""Practices full of hostile names and IDs, exported and imported again: everything comes back as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.hostile_rosters import round_trips
from tests.soak.budget import Totals

if TYPE_CHECKING:
    from tests.soak.budget import Budget

BASES = {"csv": 900, "xlsx": 100}


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Export and import until the time is over; return counts and faults."""
    totals = Totals()
    for number in budget.rounds(seed):
        for kind, bases in BASES.items():
            totals.add(*round_trips(kind, bases, number), number)
    return totals.as_json()
