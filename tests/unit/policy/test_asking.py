"""When people without a known reset are asked."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reminder.policy.asking import ASK_AFTER_DAYS, ask_steps, first_ask_on
from reminder.policy.model import Absence, Schedule
from tests.unit.policy.cases import SCHEDULE, chicago, december


def asked(registered: str, *absences: Absence, closed: tuple[int, ...] = ()) -> list[int]:
    """The days of December on which somebody registered at that moment is asked."""
    schedule = Schedule(zone="America/Chicago", closures=frozenset(december(day) for day in closed))
    return [(step.on - december(0)).days for step in ask_steps(chicago(registered), schedule, absences)]


def test_the_questions_come_after_0_3_7_and_14_days() -> None:
    assert ASK_AFTER_DAYS == (0, 3, 7, 14)


@pytest.mark.parametrize(
    ("registered", "first"),
    [
        ("2026-12-01 07:59:59", 1),
        ("2026-12-01 08:00:00", 1),
        ("2026-12-01 17:59:59", 1),
        ("2026-12-01 18:00:00", 2),
        ("2026-12-04 18:00:00", 7),
        ("2026-12-05 10:00:00", 7),
        ("2026-12-24 18:00:00", 28),
    ],
)
def test_the_first_question_comes_with_the_first_open_window(registered: str, first: int) -> None:
    assert first_ask_on(chicago(registered), SCHEDULE) == december(first)
    assert asked(registered)[0] == first


@pytest.mark.parametrize(
    ("registered", "days"),
    [
        ("2026-12-01 10:00", [1, 4, 8, 15]),
        ("2026-12-02 10:00", [2, 7, 9, 16]),  # the 5th is a Saturday
        ("2026-12-03 10:00", [3, 7, 10, 17]),
        ("2026-12-04 18:00", [7, 10, 14, 21]),  # counted from the day of the first window
        ("2026-12-22 10:00", [22, 28, 29, 36]),  # the 25th is Christmas
    ],
)
def test_later_questions_are_counted_from_the_first_and_move_later(registered: str, days: list[int]) -> None:
    assert asked(registered) == days


def test_questions_that_meet_become_one() -> None:
    found = ask_steps(
        chicago("2026-12-01 10:00"),
        Schedule(zone="America/Chicago", closures=frozenset(december(day) for day in range(4, 8))),
    )

    assert [(step.step, step.on) for step in found] == [(0, december(1)), (7, december(8)), (14, december(15))]


def test_questions_wait_for_the_end_of_an_absence() -> None:
    assert asked("2026-12-01 10:00", Absence(from_on=december(3), to_on=december(8))) == [1, 9, 15]
    assert asked("2026-12-01 10:00", Absence(from_on=december(1), to_on=december(2))) == [3, 4, 8, 15]
    assert asked("2026-12-01 10:00", Absence(from_on=december(3))) == [1, 4, 8, 15]


@pytest.mark.parametrize("late", [timedelta(), timedelta(hours=2)])
def test_no_question_comes_before_the_registration(late: timedelta) -> None:
    registered_at = chicago("2026-12-01 08:00") + late
    found = ask_steps(registered_at, SCHEDULE)

    assert found[0].at == registered_at
    assert found[1].at == chicago("2026-12-04 08:00")


def test_a_practice_that_never_opens_asks_nothing() -> None:
    assert asked("2026-12-01 10:00", closed=tuple(range(-10, 3000))) == []


def test_questions_follow_the_zone_of_the_practice() -> None:
    guam = Schedule(zone="Pacific/Guam")

    assert first_ask_on(chicago("2026-12-01 10:00"), guam) == date(2026, 12, 2)
