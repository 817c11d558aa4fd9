"""The product says of each clock what a small model of it says; `make soak` compares them for longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reminder.store import resets
from tests.simulation.model import compare

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

RUNS, STEPS = 560, 50
"""Some runs end before their last step: these make 500 whole ones."""


def test_product_and_model_say_the_same_in_whatever_order_things_are_done() -> None:
    assert compare(RUNS, STEPS) >= 500 * STEPS


def test_a_wrong_reset_after_an_undo_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest reset counts again, not the one before: it takes three of one person to see that."""
    undo = resets.undo

    def undo_too_far(connection: Connection, taken_back: resets.Reset, *, recorded_by: str, now: datetime) -> None:
        undo(connection, taken_back, recorded_by=recorded_by, now=now)
        standing = [one for one, is_undone in resets.history(connection, taken_back.person_id) if not is_undone]
        resets._apply(connection, {taken_back.person_id: standing[-1] if standing else None}, now)

    monkeypatch.setattr(resets, "undo", undo_too_far)

    with pytest.raises(AssertionError):
        compare(RUNS, STEPS, shrink=False)
