"""PostgreSQL under senders at work: backends terminated, connections cut inside COMMIT, restarts, turns to read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.postgres_chaos import chaos_round
from tests.postgres import FAST, cluster
from tests.soak.budget import Totals, scratch

if TYPE_CHECKING:
    from tests.soak.budget import Budget

DEEDS = {"terminate": 60, "cut": 60, "restart": 3, "flip": 3}


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Run rounds until the time is over; return counts and faults."""
    totals = Totals(most=frozenset({"slowest"}))
    with cluster(FAST) as server:
        for number in budget.rounds(seed):
            with scratch() as folder:
                totals.add(*chaos_round(server, folder, deeds=DEEDS, seed=number), number)
    return totals.as_json()
