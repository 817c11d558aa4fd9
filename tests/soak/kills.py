"""kill -9 and suspensions: one sender on SQLite, two and four on PostgreSQL, in turn."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

from tests.faults.killing import Round, kill_round
from tests.postgres import cluster
from tests.soak.budget import Totals, scratch

if TYPE_CHECKING:
    from tests.soak.budget import Budget

KILLS = 100
CREWS = ((1, 1, False), (2, 1, True), (4, 2, True), (1, 4, False), (4, 8, True))
"""Senders, connections of each, and whether they share a PostgreSQL."""


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Run rounds until the time is over; return counts and faults."""
    totals = Totals()
    with cluster() as server:
        for (workers, connections, shared), number in zip(cycle(CREWS), budget.rounds(seed), strict=False):
            with scratch() as folder:
                url = server.fresh_url() if shared else f"sqlite:///{folder / 'reminder.db'}"
                wanted = Round(
                    url=url, workers=workers, connections=connections, times=KILLS, seed=number, skewed=shared
                )
                totals.add(*kill_round(wanted, folder), number)
    return totals.as_json()
