"""Mistakes of others, and our own, are made again one after the other: the tests notice each (`tests/history.py`)."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import cycle, islice
from random import Random
from typing import TYPE_CHECKING, Any

from tests.history import ROOT, bugs
from tests.soak.budget import Totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.soak.budget import Budget

A_ROUND = 20


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Make mistakes, in an order of the seed, until the time is over; return counts and faults."""
    totals = Totals()
    names = [bug.name for bug in bugs()]
    coming = cycle(Random(seed).sample(names, len(names)))
    for number in budget.rounds(seed):
        totals.add(*_made(list(islice(coming, A_ROUND))), number)
    return totals.as_json()


def _made(names: Sequence[str]) -> tuple[dict[str, float], list[str]]:
    """Make some mistakes in a process of its own: in this one the program is imported as it is."""
    command = [sys.executable, "-m", "tests.history", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not done.stdout:
        return {}, [f"the mistakes could not be made: {done.stderr.strip().splitlines()[-1:]}"]
    found = json.loads(done.stdout)
    return {"bugs": found["bugs"], "caught": found["caught"]}, [f"not noticed: {name}" for name in found["missed"]]
