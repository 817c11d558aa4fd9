"""Torture: every call that may fail, in every way, in an order of its own by the seed, as far as the time goes."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import repeat
from random import Random
from typing import TYPE_CHECKING, Any

from tests.faults.torture import Torture
from tests.soak.budget import MOST_FAULTS, scratch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.faults.torture import Point
    from tests.soak.budget import Budget

WORKERS = 2
A_ROUND = 20
"""Points that a worker strikes between two looks at the clock."""


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Strike points until the time is over or all were struck; return counts and faults."""
    counts: Counter[str] = Counter()
    faults: list[str] = []
    context = multiprocessing.get_context("forkserver")
    with scratch() as folder, ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        points = own(folder).points()
        Random(seed).shuffle(points)
        parts = [points[at : at + A_ROUND] for at in range(0, len(points), A_ROUND)]
        rounds = [parts[at : at + WORKERS] for at in range(0, len(parts), WORKERS)]
        for some, _ in zip(rounds, budget.rounds(seed), strict=False):
            for counted, found in pool.map(strike, repeat(folder), some):
                counts += counted
                faults += found
    return {"of": len(points), **counts, "faults": faults[:MOST_FAULTS]}


def strike(folder: Path, points: Sequence[Point]) -> tuple[Counter[str], list[str]]:
    """Strike some points in this process; return counts and what was wrong."""
    torture = own(folder)
    before = Counter(torture.counts)
    faults = [fault for point in points for fault in torture.strike(point)]
    return torture.counts - before, faults


@cache
def own(folder: Path) -> Torture:
    """Give this process its own place for torture."""
    place = folder / str(os.getpid())
    place.mkdir()
    return Torture(place)
