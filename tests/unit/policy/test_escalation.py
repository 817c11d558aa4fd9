"""When a practice's admins are told who has not reset yet."""

from __future__ import annotations

import pytest

from reminder.policy.escalation import escalates, is_escalated
from reminder.policy.ladder import steps
from reminder.policy.model import DEFAULT_LADDER, Schedule, Step
from tests.unit.policy.cases import SCHEDULE, chicago, december


def step(number: int, day: int) -> Step:
    return Step(step=number, on=december(day), at=chicago("2026-12-01 08:00"))


def test_of_the_default_ladder_the_admins_hear_from_three_days_before_on() -> None:
    assert [number for number in DEFAULT_LADDER if is_escalated(number)] == [3, 1, 0, -1, -7, -14, -28, -42, -56]


@pytest.mark.parametrize(
    ("number", "told"), [(14, False), (7, False), (4, False), (3, True), (2, False), (1, True), (0, True), (-2, True)]
)
def test_the_admins_are_told_on_the_days_of_these_steps(number: int, told: bool) -> None:
    assert is_escalated(number) is told
    assert escalates(step(number, 10), december(1)) is told


@pytest.mark.parametrize(("known_on", "told"), [(9, True), (10, True), (11, False)])
@pytest.mark.parametrize("number", [3, 0, -7])
def test_a_step_of_a_day_before_the_person_was_known_is_not_told(number: int, known_on: int, told: bool) -> None:
    assert escalates(step(number, 10), december(known_on)) is told


@pytest.mark.parametrize(("expires", "days"), [(10, [7, 9, 10]), (6, [3, 4]), (7, [4, 7]), (24, [21, 23, 24])])
def test_the_days_are_those_to_which_the_steps_moved(expires: int, days: list[int]) -> None:
    placed = steps(december(expires), Schedule(zone="America/Chicago", ladder=(14, 7, 3, 1, 0)))

    assert [(found.on - december(0)).days for found in placed if escalates(found, december(1))] == days


def test_a_step_that_was_swallowed_by_one_that_is_not_told_is_not_told() -> None:
    placed = steps(december(8), Schedule(zone="America/Chicago", ladder=(3, 2)))  # both meet on Friday the 4th

    assert [(found.step, escalates(found, december(1))) for found in placed] == [(2, False)]


def test_after_expiry_every_step_is_told() -> None:
    placed = [found for found in steps(december(1), SCHEDULE) if found.step < 0]

    assert len(placed) == 6
    assert all(escalates(found, december(1)) for found in placed)
