"""Upgrades killed in the middle on both kinds of database; and once each way, with thousands of rows in every table."""

from __future__ import annotations

from functools import partial
from itertools import count, cycle
from typing import TYPE_CHECKING, Any

from tests.faults.migrating import REVISIONS, STARTS, down_and_up, killed_upgrades, up
from tests.postgres import cluster
from tests.soak.budget import Totals, scratch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.soak.budget import Budget

KILLS = 10
MANY = 2_000
"""Rows in each table: some 40,000 in all."""

FEW = 20


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Kill upgrades until the time is over, after one full base each way; return counts and faults."""
    totals = Totals(most=frozenset({"statements"}))
    with cluster() as server, scratch() as folder:
        urls: list[Callable[[], str]] = [partial(_sqlite_url, folder, count(1)), server.fresh_url]
        for fresh_url in urls:
            for older in STARTS[1:]:
                totals.add({"upgrades": 1}, up(fresh_url(), older, MANY, seed), seed)
            for revision in REVISIONS:
                totals.add({"downgrades": 1}, down_and_up(fresh_url(), revision, MANY, seed), seed)
        places = cycle([(fresh_url, start) for fresh_url in urls for start in STARTS])
        for (fresh_url, start), number in zip(places, budget.rounds(seed), strict=False):
            totals.add(*killed_upgrades(fresh_url, start, kills=KILLS, rows=FEW, seed=number), number)
    return totals.as_json()


def _sqlite_url(folder: Path, numbers: Any) -> str:
    return f"sqlite:///{folder / f'{next(numbers)}.db'}"
