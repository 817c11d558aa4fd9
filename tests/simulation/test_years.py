"""Some lives of installations with few and with many practices; `make soak` lives many more."""

from __future__ import annotations

import pytest

from reminder.jobs import clock_plan
from tests.simulation.life import BrokenError
from tests.simulation.years import live


@pytest.mark.parametrize(("seed", "practices", "years"), [(3, 3, 0.4), (4, 30, 0.1)])
def test_nothing_that_must_hold_breaks(seed: int, practices: int, years: float) -> None:
    lived = live(seed, years, practices)

    assert lived["mails"] > 20


def test_a_life_is_the_same_each_time_it_is_lived() -> None:
    assert live(9, 0.05, 3) == live(9, 0.05, 3)


def test_a_seeded_mistake_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that a newer one has overtaken are left in the queue."""
    monkeypatch.setattr(clock_plan.ClockPlanner, "_end_others", lambda *_: None)

    with pytest.raises(BrokenError):
        live(2, 0.3, 3)
