"""What an admin should look at before the columns of a list are read as they were guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reminder.roster.dates import day_in, whole_days_left
from reminder.roster.fields import FieldError
from reminder.roster.headers import guess_field
from reminder.roster.model import Field
from reminder.roster.table import missing_columns, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reminder.roster.dates import Cell
    from reminder.roster.model import Column
    from reminder.roster.table import Table

FIELD_NAMES = {
    Field.NAME: "Name",
    Field.FIRST: "First name",
    Field.LAST: "Last name",
    Field.EMAIL: "E-mail address",
    Field.SECOND_EMAIL: "Second e-mail address",
    Field.ROLE: "Role",
    Field.PRACTICE: "Practice",
    Field.USER_ID: "I&A user ID",
    Field.LAST_RESET: "Date of the last reset",
    Field.DAYS_LEFT: "Days left",
    Field.AS_OF: "Days left: as of",
    Field.EXPIRES: "Date it expires",
}
"""What the fields are called where people choose among them."""

CLOCK = frozenset({Field.LAST_RESET, Field.DAYS_LEFT, Field.EXPIRES})
_LOOKED_AT = 50
_MOST_DAYS = 60


def questions(table: Table) -> list[str]:
    """Return what is unclear about the columns, each with what to do; none if the guess can be trusted."""
    missing = [f"No column was found for {words}. Choose the one that holds it." for words in missing_columns(table)]
    return [*missing, *_rivals(table), *_clocks_overlooked(table)]


def _rivals(table: Table) -> Iterator[str]:
    """Name the columns whose headings claim what another column was taken for."""
    for column in table.columns:
        claimed = guess_field(column.header)[0]
        taken = next((other for other in table.columns if other.field is claimed), None)
        if claimed is None or taken is None or taken is column or column.dropped:
            continue
        if column.field in {None, Field.SECOND_EMAIL}:
            name = FIELD_NAMES[claimed]
            yield f"{quoted(taken)} and {quoted(column)} both look like: {name}. Check which of them is meant."


def _clocks_overlooked(table: Table) -> Iterator[str]:
    """Name the columns that may hold what no column was found for: since when a password counts."""
    if any(column.field in CLOCK for column in table.columns):
        return
    for column in table.columns:
        if column.field is None and column.header and not column.dropped:
            what = _clock_in(table, column)
            if what:
                yield f"{quoted(column)} holds {what}. Choose what they are if they say when a password was reset or ends."


def _clock_in(table: Table, column: Column) -> str | None:
    rows = table.grid.rows[table.header + 1 : table.header + 1 + _LOOKED_AT]
    cells = [cells[column.index] for cells in rows if column.index < len(cells) and cells[column.index] != ""]
    if not cells:
        return None
    if all(day_in(cell) for cell in cells):
        return "dates"
    return "numbers of days" if all(_may_be_days(cell) for cell in cells) else None


def _may_be_days(cell: Cell) -> bool:
    try:
        return whole_days_left(cell, rule_days=_MOST_DAYS) is not None
    except FieldError:
        return False
