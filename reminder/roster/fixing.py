"""The rows of a list that could not be imported, as a file: the same columns, and what is wrong with each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reminder.roster.dates import EARLIEST, DateOrder, day_in, text_of
from reminder.roster.model import Field
from reminder.roster.reading import as_of_day
from reminder.roster.sheets import Sheet
from reminder.roster.table import DATE_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from reminder.roster.dates import Cell
    from reminder.roster.model import Column, Rejection
    from reminder.roster.table import Table

PROBLEM = "Problem"


def rows_to_fix(table: Table, rejected: Sequence[Rejection], today: date) -> Sheet:
    """Return the refused rows with all their columns, those of passwords and those without a heading aside.

    Dates are handed on as dates: which way their slashes are read depends on rows that are not in this file.
    """
    problems: dict[int, list[str]] = {}
    for one in rejected:
        problems.setdefault(one.row, []).append(f"{one.header or one.column}: {one.problem}")
    orders = table.date_orders()
    kept = [
        column
        for column in table.columns
        if not column.dropped and (column.header or column.field) and column.header != PROBLEM
    ]
    rows = [
        [*(_cell(cells, column, orders) for column in kept), "; ".join(problems[number])]
        for number, cells in table.numbered_rows()
        if number in problems
    ]
    day = None if table.place_of(Field.AS_OF) is not None else as_of_day(table, today)
    title = f"Days left as of {day}" if day else ""
    return Sheet(name="To fix", title=title, headings=[*(column.header for column in kept), PROBLEM], rows=rows)


def _cell(cells: Sequence[Cell], column: Column, orders: Mapping[Field, DateOrder | None]) -> str | date:
    cell = cells[column.index] if column.index < len(cells) else ""
    day = day_in(cell, orders[column.field] or DateOrder.MONTH_FIRST) if column.field in DATE_FIELDS else None
    return day if day and day >= EARLIEST else text_of(cell)
