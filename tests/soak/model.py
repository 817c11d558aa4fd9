"""Orders in which things are done, the product beside a small model of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.model import compare
from tests.soak.budget import Totals

if TYPE_CHECKING:
    from tests.soak.budget import Budget

RUNS_A_ROUND, STEPS_A_RUN = 20, 200


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Compare until the time is over; return counts and faults. The steps that break it are printed by hypothesis."""
    totals = Totals()
    for number in budget.rounds(seed):
        try:
            totals.add({"runs": RUNS_A_ROUND, "steps": compare(RUNS_A_ROUND, STEPS_A_RUN, number)}, [], number)
        except AssertionError as error:
            told = "; ".join([str(error), *getattr(error, "__notes__", ())])
            totals.add({}, [told], number)
    return totals.as_json()
