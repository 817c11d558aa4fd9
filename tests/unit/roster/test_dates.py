from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from reminder.roster.dates import DateOrder, day_in, day_until, day_within, order_of, text_of, whole_days_left
from reminder.roster.fields import FieldError

TODAY = date(2026, 12, 4)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-12-04",
        "2026/12/04",
        "2026-12-04T08:30:00Z",
        "2026-12-04 00:00:00",
        "12/4/2026",
        "12/04/26",
        "12-4-2026",
        "12/4/2026 8:05 PM",
        "4-Dec-2026",
        "4-Dec-26",
        "04 dec 2026",
        "4th of December 2026",
        "December 4, 2026",
        "Dec. 4, 2026",
        "Dec-04-2026",
        "Fri, Dec 4, 2026",
        "Friday, December 4th, 2026",
        " 12/4/2026\u00a0",
        date(2026, 12, 4),
        datetime.fromisoformat("2026-12-04T13:05"),
    ],
)
def test_a_day_is_read_however_it_is_written(cell: str | date) -> None:
    assert day_in(cell) == date(2026, 12, 4)


@pytest.mark.parametrize(
    "cell",
    ["soon", "46360", "20261204", "2/30/2026", "2026-02-30", "31-Jun-2026", "Foo 4, 2026", "12/4", "4/2026", 46360.0, True,
     time(8), timedelta(days=3), "12/4-2026"],
)  # fmt: skip
def test_anything_else_is_no_day(cell: object) -> None:
    assert day_in(cell) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        ([], None),
        (["2026-12-04", date(2026, 1, 1), "soon"], None),
        (["12/4/2026"], DateOrder.MONTH_FIRST),
        (["12/13/2026"], DateOrder.MONTH_FIRST),
        (["13/12/2026"], DateOrder.DAY_FIRST),
        (["4/5/2026", "13/12/2026"], DateOrder.DAY_FIRST),
        (["12/12/2026", "13/12/2026"], DateOrder.DAY_FIRST),
        (["12/13/2026", "13/12/2026"], DateOrder.MONTH_FIRST),
        (["2/30/2026"], DateOrder.MONTH_FIRST),
        (["30/2/2026"], DateOrder.MONTH_FIRST),
        (["28.2.2026"], DateOrder.DAY_FIRST),
    ],
)
def test_slashes_are_month_first_unless_some_value_can_only_be_day_first(
    cells: list[str],
    order: DateOrder | None,
) -> None:
    assert order_of(cells) is order


def test_a_column_read_day_first_reads_every_slash_so() -> None:
    assert day_in("4/12/2026", DateOrder.DAY_FIRST) == date(2026, 12, 4)
    assert day_in("12/13/2026", DateOrder.DAY_FIRST) is None
    assert day_in("2026-12-04", DateOrder.DAY_FIRST) == date(2026, 12, 4)


@pytest.mark.parametrize("day", [TODAY, TODAY - timedelta(days=1), date(2000, 1, 1)])
def test_a_day_up_to_today_is_taken(day: date) -> None:
    assert day_until(day, latest=TODAY, field="last_reset") == day


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("12/5/2026", "in the future .* correct it"),
        (date(1999, 12, 31), "before 2000"),
        ("2/30/2026", "no such day .*month/day/year"),
        ("30-Feb-2026", "no such day"),
        ("soon", "not a date; write it like 2026-10-28"),
        (46360.0, "is a number, not a date"),
    ],
)
def test_a_day_that_cannot_be_is_refused_with_the_cure(cell: str | date | float, problem: str) -> None:
    with pytest.raises(FieldError, match=problem):
        day_until(cell, latest=TODAY, field="last_reset")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Days left as of 12/01/2026", date(2026, 12, 1)),
        ("as of 2026-12-01, by Kim", date(2026, 12, 1)),
        ("seen on Dec 1, 2026 at noon", date(2026, 12, 1)),
        ("as of 13/12/2026", date(2026, 12, 13)),
        ("as of 1-Dec-2026", date(2026, 12, 1)),
        ("as of 2/30/2026", None),
        ("as of today", None),
    ],
)
def test_a_day_is_found_inside_a_title(text: str, day: date | None) -> None:
    assert day_within(text) == day


@pytest.mark.parametrize(
    ("cell", "days"),
    [("17", 17), (17.0, 17), (17, 17), ("17.0", 17), ("17 days", 17), ("1 day", 1), ("17 days left", 17), ("17d", 17),
     (0, 0), ("0", 0), (60, 60), ("", None), ("-", None), ("n/a", None), ("unknown", None)],
)  # fmt: skip
def test_days_left_are_read_from_numbers_and_words(cell: str | float, days: int | None) -> None:
    assert whole_days_left(cell, rule_days=60) == days


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        (61, "61 is more than 60"),
        ("61 days", "61 is more than 60"),
        (-1, "less than 0"),
        ("-3", "less than 0"),
        (17.5, "no number of days"),
        ("17.5", "no number of days"),
        ("soon", "no number of days"),
        (True, "no number of days"),
        (date(1900, 1, 17), "no number of days"),
        (float("inf"), "no number of days"),
        (float("nan"), "no number of days"),
    ],
)
def test_days_left_outside_the_rule_are_refused(cell: str | float | date, problem: str) -> None:
    with pytest.raises(FieldError, match=problem):
        whole_days_left(cell, rule_days=60)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (1234567.0, "1234567"),
        (0.5, "0.5"),
        (" a ", "a"),
        (True, "TRUE"),
        (date(2026, 12, 4), "2026-12-04"),
        (datetime.fromisoformat("2026-12-04T08:05"), "2026-12-04 08:05:00"),
        (1e300, "1e+300"),
    ],
)
def test_a_cell_becomes_the_text_a_reader_sees(cell: str | float | date, text: str) -> None:
    assert text_of(cell) == text
