"""SIGTERM under load: nothing is lost, nothing doubled, and every sender is gone in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.killing import Round, stop_round
from tests.postgres import cluster
from tests.soak.budget import Totals, scratch

if TYPE_CHECKING:
    from tests.soak.budget import Budget

STOPS = 50


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Run rounds until the time is over; return counts and faults."""
    totals = Totals(most=frozenset({"slowest"}))
    with cluster() as server:
        for number in budget.rounds(seed):
            with scratch() as folder:
                url = server.fresh_url() if number % 2 else f"sqlite:///{folder / 'reminder.db'}"
                wanted = Round(url=url, workers=2, connections=1 + number % 4, times=STOPS, seed=number)
                counts, faults = stop_round(wanted, folder)
            if counts["extra"] or counts["in_doubt"]:
                faults.append(f"{counts['extra']} extra copies and {counts['in_doubt']} in doubt without a kill")
            totals.add(counts, faults, number)
    return totals.as_json()
