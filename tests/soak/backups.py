"""Backups under writes, and old copies put in the place of the database, in turn."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from tests.faults.backing_up import BY_COMMAND, BY_FILE, back_up_under_writes, confirm_after_a_day, live, restored
from tests.soak.budget import Totals, scratch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.soak.budget import Budget

BACKUPS, RESTORES = 100, 8


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Run rounds until the time is over; return counts and faults."""
    totals = Totals()
    for number in budget.rounds(seed):
        with scratch() as folder:
            counts, faults = back_up_under_writes(f"sqlite:///{folder / 'reminder.db'}", folder, BACKUPS)
        with scratch() as folder:
            sent, more = _restore_old_copies(folder, number)
        totals.add({**counts, **sent}, faults + more, number)
    return totals.as_json()


def _restore_old_copies(folder: Path, seed: int) -> tuple[dict[str, float], list[str]]:
    """Put copies of random ages in the place of one database, each by one way or the other."""
    random = Random(seed)
    ages = [timedelta(hours=hours) for hours in random.sample(range(1, 30 * 24), RESTORES)]
    life, sent, faults = live(folder, ages, seed), 0.0, []
    for age in ages:
        place = folder / str(age)
        place.mkdir()
        world = restored(life, age, random.choice((BY_COMMAND, BY_FILE)), place)
        with closing(world.store):
            counts, found = confirm_after_a_day(world)
        sent += counts["sent"]
        faults += [f"copy of {age}: {fault}" for fault in found]
    return {"restores": RESTORES, "sent": sent}, faults
