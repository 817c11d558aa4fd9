"""Seed differences into a good database, one at a time, and take each back."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

from reminder.store import reconcile
from tests.faults.mutations import MUTATIONS

if TYPE_CHECKING:
    from reminder.store.engine import Store


class RolledBackError(Exception):
    """Takes a seeded difference back."""


def seed_differences(store: Store, count: int, seed: int) -> tuple[int, list[str]]:
    """Seed so many differences, one at a time, each class in turn; return how many there were, and the unseen ones."""
    random, seeded, unseen = Random(seed), 0, []
    for number in range(count):
        mutation = MUTATIONS[number % len(MUTATIONS)]
        with suppress(RolledBackError), store.write() as connection:
            if mutation.apply(connection, random):
                seeded += 1
                if not reconcile.differences(connection):
                    unseen.append(mutation.name)
            raise RolledBackError
    return seeded, unseen
