"""Simulated years of installations with few and with many practices, one life a seed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tests.simulation.life import BrokenError
from tests.simulation.years import live
from tests.soak.budget import Totals

if TYPE_CHECKING:
    from tests.soak.budget import Budget

YEARS_A_LIFE = 2


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Live lives until the time is over; return counts and faults."""
    logging.getLogger("reminder").setLevel(logging.CRITICAL)  # a life is full of holds, which are not news here
    totals = Totals()
    for number in budget.rounds(seed):
        try:
            totals.add(live(number, YEARS_A_LIFE), [], number)
        except BrokenError as error:
            totals.add({}, [str(error)], number)
    return totals.as_json()
