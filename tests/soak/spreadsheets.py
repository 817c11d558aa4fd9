"""Exports full of hostile texts are opened by LibreOffice, which finds nothing in them that it would run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.spreadsheet import exported_and_opened
from tests.soak.budget import Totals

if TYPE_CHECKING:
    from tests.soak.budget import Budget

BASES = 200


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Export and open until the time is over; return counts and faults."""
    totals = Totals()
    for number in budget.rounds(seed):
        for kind in ("csv", "xlsx"):
            totals.add(*exported_and_opened(kind, BASES, number), number)
    return totals.as_json()
