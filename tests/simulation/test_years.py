"""Some lives of installations with few and with many practices; `make soak` lives many more."""

from __future__ import annotations

import pytest

from reminder.jobs import clock_plan
from tests.simulation.life import BrokenError
from tests.simulation.years import live


@pytest.mark.parametrize(("seed", "practices", "years"), [(6, 70, 1), (8, 30, 1)])
def test_a_hundred_practice_years_break_nothing_that_must_hold(seed: int, practices: int, years: float) -> None:
    lived = live(seed, years, practices)

    assert lived["practice_years"] >= practices * years
    assert lived["mails"] > 5 * practices


def test_a_life_is_the_same_each_time_it_is_lived() -> None:
    assert live(9, 0.05, 3) == live(9, 0.05, 3)


def test_a_seeded_mistake_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that a newer one has overtaken are left in the queue."""
    monkeypatch.setattr(clock_plan.ClockPlanner, "_end_others", lambda *_: None)

    with pytest.raises(BrokenError):
        live(2, 0.3, 3)
