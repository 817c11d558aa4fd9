"""A disk that fails at, or from, any write or sync of a pass and its backup, each point in turn."""

from __future__ import annotations

from itertools import cycle, islice
from random import Random
from typing import TYPE_CHECKING, Any

from tests.faults.full_disk import FAULTS, Template, calls_of_a_pass, disk_failures
from tests.soak.budget import Totals, scratch

if TYPE_CHECKING:
    from tests.soak.budget import Budget

A_ROUND = 25
PEOPLE = 40
"""With a mail due; so that there are more than two thousand points."""


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Go through all points, in an order of the seed, until the time is over; return counts and faults."""
    totals = Totals(most=frozenset({"of"}))
    with scratch() as folder:
        template = Template(folder / "template.db", PEOPLE)
        counted = {fault: calls_of_a_pass(template, folder / fault, fault, backups=True) for fault in FAULTS}
        points = [(call, fault) for fault, calls in counted.items() for call in range(1, calls + 1)]
        Random(seed).shuffle(points)
        turns = cycle(points)
        for number in budget.rounds(seed):
            with scratch() as place:
                counts, faults = disk_failures(template, place, list(islice(turns, A_ROUND)), backups=True)
            totals.add({**counts, "of": len(points)}, faults, number)
    return totals.as_json()
