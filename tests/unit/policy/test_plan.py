"""Only the newest reached step goes out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reminder.policy.ladder import steps
from reminder.policy.model import Absence
from reminder.policy.plan import decide
from tests.unit.policy.cases import SCHEDULE, chicago, december

PLACED = steps(december(31), SCHEDULE)  # 14 on the 17th, 7 on Christmas' eve, 3 on the 28th, 1 and 0 after it


def standing(now: str, *recorded: int) -> tuple[int | None, list[int]]:
    found = decide(PLACED, recorded, chicago(now))
    return found.newest.step if found.newest else None, [step.step for step in found.missed]


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        ("2026-12-17 07:59:59", None),
        ("2026-12-17 08:00:00", 14),
        ("2026-12-24 07:59:59", 14),
        ("2026-12-24 08:00:00", 7),
        ("2026-12-31 07:59:59", 1),
        ("2026-12-31 08:00:00", 0),
        ("2027-01-04 07:59:59", 0),
        ("2027-01-04 08:00:00", -1),  # January 1 is a holiday, then comes a weekend
        ("2027-06-01 08:00:00", -56),
    ],
)
def test_a_step_is_reached_when_its_instant_has_come(now: str, newest: int | None) -> None:
    assert standing(now)[0] == newest


@pytest.mark.parametrize(
    ("recorded", "missed"),
    [((), [14, 7]), ((14,), [7]), ((7,), [14]), ((14, 7), []), ((14, 7, 3), []), ((1,), [14, 7])],
)
def test_older_steps_without_a_record_are_missed_and_the_newest_is_not(
    recorded: tuple[int, ...], missed: list[int]
) -> None:
    assert standing("2026-12-28 08:00", *recorded) == (3, missed)


@pytest.mark.parametrize(
    ("now", "look_again"),
    [
        ("2026-12-01 08:00", "2026-12-17 08:00"),
        ("2026-12-17 07:59:59", "2026-12-17 08:00"),
        ("2026-12-17 08:00", "2026-12-24 08:00"),
    ],
)
def test_a_clock_is_looked_at_again_at_its_next_step(now: str, look_again: str) -> None:
    assert decide(PLACED, (), chicago(now)).look_again_at == chicago(look_again)


def test_after_the_last_step_there_is_nothing_to_look_for() -> None:
    last = PLACED[-1].at

    assert decide(PLACED, (), last).look_again_at is None
    assert decide(PLACED, (), last - timedelta(seconds=1)).look_again_at == last


def test_a_clock_without_steps_has_nothing_to_decide() -> None:
    found = decide([], (), chicago("2026-12-17 08:00"))

    assert (found.newest, found.missed, found.look_again_at) == (None, (), None)


def test_a_step_moved_into_the_past_by_a_new_absence_stands_at_once() -> None:
    absence = Absence(from_on=december(10), to_on=december(31))
    moved = steps(december(31), SCHEDULE, [absence])
    found = decide(moved, (), chicago("2026-12-15 10:00"))

    assert found.newest is not None
    assert (found.newest.step, found.newest.on) == (0, december(9))
