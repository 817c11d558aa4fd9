"""Reads the cells that hold a day or a number of days. A column's slashes are read one way, never cell by cell."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from reminder.roster.fields import FieldError
from reminder.roster.safe_text import says_nothing

if TYPE_CHECKING:
    from collections.abc import Iterable

Cell = str | int | float | bool | date | datetime | time | timedelta
"""What a cell of a roster file can hold; an empty one is the empty text."""

EARLIEST = date(2000, 1, 1)
"""Earlier days are slips of the pen: I&A did not exist."""

_MONTH_NAMES = (
    "jan january,feb february,mar march,apr april,may,jun june,jul july,aug august,sep sept september,oct october,"
    "nov november,dec december"
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES.split(","), start=1) for name in names.split()}
_TIME = r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?"
_ISO = re.compile(r"\b(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)" + _TIME)
_SLASHES = re.compile(r"\b(\d{1,2}) ?([-/.]) ?(\d{1,2}) ?\2 ?(\d{4}|\d{2})(?!\d)" + _TIME)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? +)?"
_DAY_NAMED = re.compile(
    _WEEKDAY
    + r"\b(\d{1,2})(?:st|nd|rd|th)?(?: of)?[-/., ]+("
    + "|".join(_MONTHS)
    + r")\.?[-/., ]+(\d{4}|\d{2})(?!\d)"
    + _TIME,
    re.IGNORECASE,
)
_NAMED_DAY = re.compile(
    _WEEKDAY + r"\b(" + "|".join(_MONTHS) + r")\.?[-/., ]*(\d{1,2})(?:st|nd|rd|th)?[-/., ]+(\d{4}|\d{2})(?!\d)" + _TIME,
    re.IGNORECASE,
)
_DAYS = re.compile(r"([+-]?\d{1,6})(?:\.0+)?(?: *(?:days?|d)\.?)?(?: *(?:left|remaining|to go))?", re.IGNORECASE)


class DateOrder(StrEnum):
    """How the slashes of a column are read."""

    MONTH_FIRST = "month/day/year"
    DAY_FIRST = "day/month/year"


def order_of(cells: Iterable[Cell]) -> DateOrder | None:
    """Return how a column's slashes are read, or None if no cell has any.

    Month first, unless some value can only be day-first and none can only be month-first.
    """
    slashed = [match for text in _texts(cells) if (match := _SLASHES.fullmatch(text))]
    if not slashed:
        return None
    only_day = any(_only(match, DateOrder.DAY_FIRST) for match in slashed)
    only_month = any(_only(match, DateOrder.MONTH_FIRST) for match in slashed)
    return DateOrder.DAY_FIRST if only_day and not only_month else DateOrder.MONTH_FIRST


def is_blank(cell: Cell) -> bool:
    """Tell whether a cell says nothing: empty, or a dash, "n/a", "unknown" and the like."""
    return isinstance(cell, str) and says_nothing(cell)


def day_in(cell: Cell, order: DateOrder = DateOrder.MONTH_FIRST) -> date | None:
    """Return the day a cell names, or None if it names none (no date, or no such day)."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    return _day_written(cell, order) if isinstance(cell, str) else None


def day_within(text: str) -> date | None:
    """Return the first day written somewhere inside a title, or None; its slashes are month first if they can be."""
    written = " ".join(text.split())
    for form in (_ISO, _SLASHES, _DAY_NAMED, _NAMED_DAY):
        for match in form.finditer(written):
            day = day_in(match[0], order_of([match[0]]) or DateOrder.MONTH_FIRST)
            if day:
                return day
    return None


def has_date_form(cell: Cell) -> bool:
    """Tell whether a cell is a date or written like one, even if there is no such day."""
    if isinstance(cell, str):
        written = " ".join(cell.split())
        return any(form.fullmatch(written) for form in (_ISO, _SLASHES, _DAY_NAMED, _NAMED_DAY))
    return isinstance(cell, date)


def day_until(cell: Cell, *, latest: date, order: DateOrder = DateOrder.MONTH_FIRST, field: str) -> date:
    """Return the day in `cell`; refuse what is no date, before 2000, or after `latest` (today, as a rule)."""
    day = day_in(cell, order)
    if day is None:
        raise FieldError(field, text_of(cell), _why_no_day(cell, order))
    if day < EARLIEST:
        raise FieldError(field, text_of(cell), f"{day} is before 2000; correct it or leave it empty")
    if day > latest:
        raise FieldError(
            field, text_of(cell), f"{day} is in the future (today is {latest}); correct it or leave it empty"
        )
    return day


def whole_days_left(cell: Cell, *, rule_days: int, field: str = "days_left") -> int | None:
    """Return the days left in `cell` (17, 17.0, "17 days"), None if it is blank; refuse what is not 0 to `rule_days`."""
    if is_blank(cell):
        return None
    days = _number_of_days(cell)
    if days is None:
        raise FieldError(field, text_of(cell), f"is no number of days; write a whole number from 0 to {rule_days}")
    if days < 0:
        raise FieldError(
            field, text_of(cell), f"{days} is less than 0; if it has expired, give the date of the last reset"
        )
    if days > rule_days:
        raise FieldError(
            field, text_of(cell), f"{days} is more than {rule_days}, the longest a password lives; read it again"
        )
    return days


def text_of(cell: Cell) -> str:
    """Return a cell as the text a reader of the spreadsheet would take it for; whole numbers without a point."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return str(cell)


def _texts(cells: Iterable[Cell]) -> set[str]:
    return {cell.strip() for cell in cells if isinstance(cell, str)}


def _day_written(written: str, order: DateOrder) -> date | None:
    text = " ".join(written.split())
    if match := _ISO.fullmatch(text):
        return _day(int(match[1]), int(match[3]), int(match[4]))
    if match := _SLASHES.fullmatch(text):
        return _slashed(match, order)
    if match := _DAY_NAMED.fullmatch(text):
        return _day(_year(match[3]), _MONTHS[match[2].lower()], int(match[1]))
    if match := _NAMED_DAY.fullmatch(text):
        return _day(_year(match[3]), _MONTHS[match[1].lower()], int(match[2]))
    return None


def _slashed(match: re.Match[str], order: DateOrder) -> date | None:
    first, second, year = int(match[1]), int(match[3]), _year(match[4])
    return _day(year, first, second) if order is DateOrder.MONTH_FIRST else _day(year, second, first)


def _only(match: re.Match[str], order: DateOrder) -> bool:
    other = DateOrder.DAY_FIRST if order is DateOrder.MONTH_FIRST else DateOrder.MONTH_FIRST
    return _slashed(match, order) is not None and _slashed(match, other) is None


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _why_no_day(cell: Cell, order: DateOrder) -> str:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return "is a number, not a date; format the cell as a date"
    written = " ".join(cell.split()) if isinstance(cell, str) else ""
    if _SLASHES.fullmatch(written):
        return f"no such day (read as {order}); correct it or leave it empty"
    if has_date_form(cell):
        return "no such day; correct it or leave it empty"
    return "is not a date; write it like 2026-10-28 or 10/28/2026, or leave it empty"


def _number_of_days(cell: Cell) -> int | None:
    if isinstance(cell, bool):
        return None
    if isinstance(cell, (int, float)):
        return int(cell) if float(cell).is_integer() else None
    match = _DAYS.fullmatch(cell.strip()) if isinstance(cell, str) else None
    return int(match[1]) if match else None
