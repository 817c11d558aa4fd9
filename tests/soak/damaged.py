"""Lists of staff, damaged in their bytes, cells and XML: each is read, or refused in one line that names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.damaged_files import damaged
from tests.soak.budget import Totals

if TYPE_CHECKING:
    from tests.soak.budget import Budget

FILES = {"csv": 2_000, "xlsx": 400, "ods": 100, "xls": 100}


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Damage and read until the time is over; return counts and faults."""
    totals = Totals(most=frozenset({"slowest_ms", "grown_mib"}))
    for number in budget.rounds(seed):
        for kind, files in FILES.items():
            totals.add(*damaged(kind, files, number), number)
    return totals.as_json()
