"""How long a loop may go on, and how the counts of its rounds add up."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_FAULTS = 20
"""Faults that are named; more of them say no more."""


@dataclass
class Budget:
    """Time for rounds, each with a seed of its own. At least one round is run."""

    minutes: float
    started: float = field(default_factory=time.monotonic)

    def rounds(self, seed: int) -> Iterator[int]:
        """Give a seed for each round until the time is over."""
        random = Random(seed)
        while True:
            yield random.randrange(10**9)
            if time.monotonic() - self.started > self.minutes * 60:
                return


@dataclass
class Totals:
    """What the rounds of a loop counted and found: counts add up, but of names in `most` the largest counts."""

    most: frozenset[str] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, counts: dict[str, float], faults: list[str], seed: int) -> None:
        """Take a round's counts and faults, each fault with the seed of the round."""
        self.counts["rounds"] += 1
        for name, count in counts.items():
            if name in self.most:
                self.counts[name] = max(self.counts[name], count)  # type: ignore[assignment]
            else:
                self.counts[name] += count  # type: ignore[assignment]
        self.faults += [f"round {seed}: {fault}" for fault in faults]

    def as_json(self) -> dict[str, Any]:
        """Return the line that a loop prints."""
        return {**self.counts, "faults": self.faults[:MOST_FAULTS]}


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="soak"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
