"""What an admin should look at before the columns of a list are read as they were guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reminder.roster.dates import DateOrder, day_in, is_blank, order_of, text_of, whole_days_left
from reminder.roster.fields import FieldError, email_address, role
from reminder.roster.headers import guess_field
from reminder.roster.model import Field
from reminder.roster.table import missing_columns, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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
_READ_BY_VALUE: Mapping[Field, Callable[[str], object]] = {Field.EMAIL: email_address, Field.ROLE: role}
"""What can be told from the values of a column if no heading says so."""
_MOST_DAYS = 60


def questions(table: Table) -> list[str]:
    """Return what is unclear about the columns, each with what to do; none if the guess can be trusted."""
    missing = [
        f"No heading says which column holds {words.partition(' (')[0]}. Choose it below."
        for words in missing_columns(table)
    ]
    return [*missing, *_rivals(table), *_clocks_overlooked(table)]


def suggested(table: Table) -> dict[int, Field]:
    """Return by their places what the columns are taken for: by their headings, what is missing by their values."""
    found = {column.index: column.field for column in table.columns if column.field}
    for field, check in _READ_BY_VALUE.items():
        if field not in found.values():
            fitting = [
                column.index
                for column in table.columns
                if column.index not in found and column.header and not column.dropped and _fits(table, column, check)
            ]
            found |= dict.fromkeys(fitting[:1], field)
    return found


def _fits(table: Table, column: Column, check: Callable[[str], object]) -> bool:
    """Tell whether at least half of the first values of a column pass a check."""
    texts = [text_of(cell) for cell in _first_cells(table, column)]
    return bool(texts) and sum(_passes(check, text) for text in texts) * 2 >= len(texts)


def _passes(check: Callable[[str], object], text: str) -> bool:
    try:
        check(text)
    except FieldError:
        return False
    return True


def _first_cells(table: Table, column: Column) -> list[Cell]:
    rows = table.grid.rows[table.header + 1 : table.header + 1 + _LOOKED_AT]
    return [cells[column.index] for cells in rows if column.index < len(cells) and cells[column.index] != ""]


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
    cells = _first_cells(table, column)
    if not cells:
        return None
    if all(day_in(cell) for cell in cells):
        return "dates"
    return "numbers of days" if all(_may_be_days(cell) for cell in cells) else None


def _may_be_days(cell: Cell) -> bool:
    return not is_blank(cell) and _passes(lambda text: whole_days_left(text, rule_days=_MOST_DAYS), text_of(cell))


def slashes_read(table: Table) -> list[str]:
    """Return for each column of dates with slashes how they are read, by an example that could be read two ways."""
    said = []
    for field, order in table.date_orders().items():
        slashed = [cell for cell in table.cells_of(field) if isinstance(cell, str) and order_of([cell])]
        days = {cell: day_in(cell, order) for cell in slashed} if order else {}
        open_to_doubt = [cell for cell, day in days.items() if day and all(day_in(cell, other) for other in DateOrder)]
        example = next(iter(open_to_doubt), next((cell for cell, day in days.items() if day), None))
        if example is not None and (day := days[example]):
            said.append(f"In '{table.heading_of(field)}', {example.strip()} is read as {day:%B} {day.day}, {day.year}.")
    return said
