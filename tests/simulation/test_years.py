"""Some lives of an installation with four practices; `make soak` lives thousands of years."""

from __future__ import annotations

import pytest

from reminder.jobs import clock_plan
from tests.simulation.life import BrokenError
from tests.simulation.years import live


@pytest.mark.parametrize("seed", [3, 4])
def test_nothing_that_must_hold_breaks_in_a_year_of_four_practices(seed: int) -> None:
    lived = live(seed, 0.5)

    assert lived["mails"] > 50


def test_a_life_is_the_same_each_time_it_is_lived() -> None:
    assert live(9, 0.1) == live(9, 0.1)


def test_a_seeded_mistake_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that a newer one has overtaken are left in the queue."""
    monkeypatch.setattr(clock_plan.ClockPlanner, "_end_others", lambda *_: None)

    with pytest.raises(BrokenError):
        live(2, 0.3)
