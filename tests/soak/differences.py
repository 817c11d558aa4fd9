"""Seeded differences in a good database, on both kinds: the checker of the records finds every one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reminder.store import migrate
from reminder.store.engine import Store
from tests.faults.lived import lived
from tests.faults.mutations import MUTATIONS
from tests.faults.seeding import seed_differences
from tests.postgres import cluster
from tests.soak.budget import Totals, scratch

if TYPE_CHECKING:
    from tests.soak.budget import Budget

A_ROUND = 4 * len(MUTATIONS)


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Seed differences until the time is over; return counts and faults."""
    totals = Totals()
    with cluster() as server, scratch() as folder:
        stores = [Store(f"sqlite:///{folder / 'reminder.db'}"), Store(server.fresh_url())]
        for store in stores:
            migrate.upgrade(store)
            lived(store)
        for number in budget.rounds(seed):
            seeded, unseen = seed_differences(stores[number % 2], A_ROUND, number)
            totals.add({"seeded": seeded, "unseen": len(unseen)}, [f"not found: {name}" for name in unseen], number)
        for store in stores:
            store.close()
    return totals.as_json()
