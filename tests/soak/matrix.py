"""The whole SMTP matrix, cell by cell in an order of its own each round; and the sender itself against faults at the dot."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from reminder.store import migrate
from reminder.store.engine import Store
from tests.faults.smtp_loop import AT_THE_DOT, loop_faults
from tests.faults.smtp_matrix import cells, play
from tests.soak.budget import Totals, scratch

if TYPE_CHECKING:
    from tests.soak.budget import Budget

SENDERS = 20
"""Faults that the sender itself meets in each round."""


def run(budget: Budget, seed: int) -> dict[str, Any]:
    """Play the matrix until the time is over; return counts and faults."""
    totals = Totals()
    for number in budget.rounds(seed):
        random = Random(number)
        whole = list(cells())
        count, faults = play(random.sample(whole, len(whole)))
        for fault in random.sample(AT_THE_DOT, SENDERS):
            with scratch() as folder:
                store = Store(f"sqlite:///{folder / 'reminder.db'}")
                migrate.upgrade(store)
                faults += loop_faults(store, fault)
                store.close()
        totals.add({"cells": count, "senders": SENDERS}, faults, number)
    return totals.as_json()
