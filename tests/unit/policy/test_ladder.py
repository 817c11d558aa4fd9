"""Where the steps of a ladder fall."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from reminder.errors import UsageError
from reminder.policy.ladder import AFTER_EXPIRY, bounded, first_step_on, ladder_from_text, open_day, steps
from reminder.policy.model import DEFAULT_LADDER, Absence, Schedule
from tests.unit.policy.cases import SCHEDULE, december


def on_days(
    expires_on: date, ladder: tuple[int, ...], *absences: Absence, closed: tuple[int, ...] = ()
) -> dict[int, date]:
    schedule = Schedule(zone="America/Chicago", ladder=ladder, closures=frozenset(december(day) for day in closed))
    return {step.step: step.on for step in steps(expires_on, schedule, absences)}


def away(first: int, last: int | None) -> Absence:
    return Absence(from_on=december(first), to_on=None if last is None else december(last))


def test_the_default_ladder_counts_down_to_the_expiry_date_and_on_after_it() -> None:
    assert DEFAULT_LADDER == (14, 7, 3, 1, 0, -1, -7, -14, -28, -42, -56)
    assert DEFAULT_LADDER[-6:] == AFTER_EXPIRY


def test_steps_stand_in_the_order_of_their_instants_whatever_the_order_of_the_ladder() -> None:
    found = steps(december(17), Schedule(zone="UTC", ladder=(-1, 7, 0, 3)))

    assert [step.step for step in found] == [7, 3, 0, -1]
    assert [step.at for step in found] == [datetime(2026, 12, day, 8, tzinfo=UTC) for day in (10, 14, 17, 18)]


def test_a_step_falls_at_the_send_time_of_the_practice() -> None:
    found = steps(december(17), Schedule(zone="America/Chicago", ladder=(0,), send_time=time(7, 30)))

    assert found[0].at == datetime(2026, 12, 17, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expires", "step", "falls"),
    [
        (4, 0, 4),  # Friday
        (5, 0, 4),  # Saturday
        (6, 0, 4),  # Sunday
        (7, 0, 7),  # Monday
        (12, 7, 4),
        (13, 7, 4),
        (14, 7, 7),
        (4, -1, 7),
        (3, -1, 4),
        (5, -1, 7),
        (6, -1, 7),
        (25, 0, 24),  # Christmas is a Friday
        (28, 1, 24),
        (24, -1, 28),
    ],
)
def test_a_step_up_to_the_expiry_date_moves_earlier_and_one_after_it_later(expires: int, step: int, falls: int) -> None:
    assert on_days(december(expires), (step,)) == {step: december(falls)}


def test_thanksgiving_moves_a_step_to_wednesday() -> None:
    assert on_days(date(2026, 11, 26), (0,)) == {0: date(2026, 11, 25)}


def test_an_observed_holiday_moves_a_step_across_the_turn_of_the_year() -> None:
    assert on_days(date(2022, 1, 2), (0,)) == {0: date(2021, 12, 30)}
    assert on_days(date(2021, 12, 30), (-1,)) == {-1: date(2022, 1, 3)}


@pytest.mark.parametrize(("closed", "falls"), [((), 17), ((16,), 17), ((17,), 16), ((14, 15, 16, 17), 11), ((18,), 17)])
def test_a_closure_moves_a_step_as_a_weekend_does(closed: tuple[int, ...], falls: int) -> None:
    assert on_days(december(17), (0,), closed=closed) == {0: december(falls)}


@pytest.mark.parametrize(
    ("expires", "ladder", "left"),
    [
        (6, (1, 0), {0: 4}),  # Saturday and Sunday meet on Friday
        (7, (3, 2, 1, 0), {1: 4, 0: 7}),
        (8, (3, 2, 1, 0), {2: 4, 1: 7, 0: 8}),  # Saturday's step 3 and Sunday's step 2 meet on Friday
        (3, (-1, -2, -3, -4), {-1: 4, -4: 7}),
        (4, (-1, -2, -3, -4), {-3: 7, -4: 8}),
        (24, (1, 0, -1, -2, -3), {1: 23, 0: 24, -3: 28}),
    ],
)
def test_steps_that_meet_become_the_one_nearer_to_the_end(
    expires: int, ladder: tuple[int, ...], left: dict[int, int]
) -> None:
    assert on_days(december(expires), ladder) == {step: december(day) for step, day in left.items()}


@pytest.mark.parametrize(
    ("absence", "falls"),
    [
        (away(10, 16), 17),
        (away(10, 17), 9),  # the last day of an absence counts
        (away(17, 20), 16),  # and the first one
        (away(17, 17), 16),
        (away(18, 20), 17),
        (away(14, 18), 11),  # the day before is a Sunday
        (away(17, None), 17),  # a pause without an end moves nothing
    ],
)
def test_a_step_inside_an_absence_moves_to_the_last_business_day_before_it(absence: Absence, falls: int) -> None:
    assert on_days(december(17), (0,), absence) == {0: december(falls)}


@pytest.mark.parametrize(
    ("absence", "falls"),
    [
        (away(10, 17), 18),
        (away(10, 18), 21),  # the day after is a Saturday
        (away(18, 22), 23),
        (away(18, 24), 28),  # Christmas and a weekend
        (away(19, 22), 18),
        (away(10, None), 18),
    ],
)
def test_a_step_after_expiry_inside_an_absence_moves_to_the_first_business_day_after_it(
    absence: Absence, falls: int
) -> None:
    assert on_days(december(17), (-1,), absence) == {-1: december(falls)}


@pytest.mark.parametrize(
    ("absences", "falls"),
    [
        ([away(8, 10), away(11, 17)], 7),  # adjoining
        ([away(8, 10), away(14, 17)], 11),  # a Friday between them
        ([away(8, 11), away(14, 17)], 7),  # only a weekend between them
        ([away(8, 15), away(12, 17)], 7),  # overlapping
        ([away(14, 17), away(8, 10)], 11),  # in any order
        ([away(16, 17), away(1, None)], 15),  # the one without an end moves nothing
    ],
)
def test_several_absences_move_a_step_before_all_that_touch(absences: list[Absence], falls: int) -> None:
    assert on_days(december(17), (0,), *absences) == {0: december(falls)}


def test_an_absence_and_a_closure_before_it_move_a_step_before_both() -> None:
    assert on_days(december(17), (0,), away(15, 17), closed=(11, 14)) == {0: december(10)}


def test_an_absence_around_the_expiry_date_gathers_the_steps_at_its_two_ends() -> None:
    assert on_days(december(17), DEFAULT_LADDER[:7], away(9, 29)) == {14: december(3), 0: december(8), -7: december(30)}


def test_only_absences_with_an_end_are_bounded() -> None:
    assert bounded([away(1, 2), away(3, None), away(4, 4)]) == (away(1, 2), away(4, 4))


@pytest.mark.parametrize(("later", "found"), [(False, 4), (True, 7)])
def test_the_nearest_open_day_lies_earlier_or_later(later: bool, found: int) -> None:
    assert open_day(december(5), later=later, schedule=SCHEDULE, absences=()) == december(found)


@pytest.mark.parametrize(
    ("expires", "ladder", "first"),
    [(17, (7, 3), 10), (19, (7,), 11), (17, (0, -1), 17), (17, (-1,), 17), (20, (0,), 18)],
)
def test_a_person_is_due_from_the_first_step_or_the_expiry_date(
    expires: int, ladder: tuple[int, ...], first: int
) -> None:
    assert first_step_on(december(expires), Schedule(zone="UTC", ladder=ladder)) == december(first)


def test_a_practice_closed_for_years_has_no_steps() -> None:
    closures = frozenset(date.fromordinal(december(17).toordinal() - back) for back in range(-2000, 2000))
    schedule = Schedule(zone="UTC", closures=closures)

    assert steps(december(17), schedule) == []
    assert first_step_on(december(17), schedule) == december(17)


@pytest.mark.parametrize(
    ("text", "ladder"),
    [
        ("14,7,3,1,0", (14, 7, 3, 1, 0, -1, -7, -14, -28, -42, -56)),
        ("0", (0, -1, -7, -14, -28, -42, -56)),
        ("10, 2", (10, 2, -1, -7, -14, -28, -42, -56)),
        (" 1 , 30 ", (30, 1, -1, -7, -14, -28, -42, -56)),
        ("3,0,-2", (3, 0, -2)),
        ("-1", (-1,)),
        ("7,7,7,-1", (7, -1)),
        ("365,-365", (365, -365)),
    ],
)
def test_a_ladder_is_read(text: str, ladder: tuple[int, ...]) -> None:
    assert ladder_from_text(text) == ladder


@pytest.mark.parametrize("text", ["", ",", "soon", "1,,2", "1,2,", "1.5", "7;3", "366", "-366", "0,999999999999"])
def test_a_ladder_that_is_none_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(UsageError, match=r"^ladder: ") as refusal:
        ladder_from_text(text)

    assert repr(text) in str(refusal.value)


@pytest.mark.parametrize(
    ("skipped", "left"),
    [
        ((), [14, 7, 3, 1, 0]),
        ((7,), [14, 3, 1, 0]),
        ((14, 0), [7, 3, 1]),
        ((5,), [14, 7, 3, 1, 0]),
    ],
)
def test_a_skipped_step_is_as_if_the_ladder_did_not_hold_it(skipped: tuple[int, ...], left: list[int]) -> None:
    schedule = Schedule(zone="America/Chicago", ladder=(14, 7, 3, 1, 0))

    assert [step.step for step in steps(date(2026, 12, 17), schedule, skipped=skipped)] == left


def test_skipping_a_mail_brings_no_other_one_on_its_day() -> None:
    schedule = Schedule(zone="America/Chicago", ladder=(2, 1))
    sunday = date(2026, 12, 6)  # both steps move to the Friday before

    assert [step.step for step in steps(sunday, schedule)] == [1]
    assert steps(sunday, schedule, skipped=(1,)) == []
