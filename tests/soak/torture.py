"""Torture: every call that may fail, in every way, in an order of its own by the seed, as far as the time goes."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from tests.faults.torture import Torture
from tests.soak.budget import Totals, scratch

if TYPE_CHECKING:
    from tests.soak.budget import Budget


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Strike points until the time is over or all were struck; return counts and faults."""
    totals = Totals()
    with scratch() as folder:
        torture = Torture(folder)
        points = torture.points()
        Random(seed).shuffle(points)
        for point, _ in zip(points, budget.rounds(seed), strict=False):
            totals.add({}, torture.strike(point), seed)
    errors = {f"told as {name}": count for name, count in torture.errors.items()}
    return {"of": len(points), **torture.counts, **errors, "faults": totals.as_json()["faults"]}
