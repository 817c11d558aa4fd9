"""Backups under writes, and old copies put in the place of the database, in turn."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from tests.faults.backing_up import BY_COMMAND, BY_FILE, back_up_under_writes, confirm_after_a_day, live, restored
from tests.soak.budget import Totals, scratch

if TYPE_CHECKING:
    from tests.soak.budget import Budget

BACKUPS, RESTORES = 100, 8


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Run rounds until the time is over; return counts and faults."""
    totals = Totals()
    for number in budget.rounds(seed):
        random = Random(number)
        with scratch() as folder:
            totals.add(*back_up_under_writes(f"sqlite:///{folder / 'reminder.db'}", folder, BACKUPS), number)
        with scratch() as folder:
            ages = [timedelta(hours=hours) for hours in random.sample(range(1, 30 * 24), RESTORES)]
            life = live(folder, ages, number)
            for age in ages:
                place = folder / str(age)
                place.mkdir()
                world = restored(life, age, random.choice((BY_COMMAND, BY_FILE)), place)
                with closing(world.store):
                    counts, faults = confirm_after_a_day(world)
                totals.add({"restores": 1, **counts}, [f"copy of {age}: {fault}" for fault in faults], number)
    return totals.as_json()
