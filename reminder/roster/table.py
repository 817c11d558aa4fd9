"""Finds the table in a sheet: its header row, what its columns hold, and the "as of" date in the titles above it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.roster.dates import DateOrder, day_in, day_within, has_date_form, is_blank, order_of, text_of
from reminder.roster.fields import ROLE_CHOICE, shown
from reminder.roster.headers import fields_in, guess_columns, says_as_of, says_secret
from reminder.roster.model import Column, Field
from reminder.roster.safe_text import tidy
from reminder.roster.text_grid import HEADER_WITHIN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from reminder.roster.dates import Cell
    from reminder.roster.grid import Grid

_SAMPLES = 3
_SAMPLE_ROWS = 50
_PEOPLE = "staff|people|persons?|employees?|users?|rows?|records?|members?|accounts?|logins?|names?|entries"
_TOTAL = re.compile(
    rf"(?:grand |sub-? ?)?(?:totals?|count|sum)(?:[ :=#]+(?:of )?(?:{_PEOPLE})?)?[ :=#]*[\d., ]*(?:{_PEOPLE})?"
    rf"|(?:number|no\.?|#) of (?:{_PEOPLE})[ :=]*\d*|\d+ (?:{_PEOPLE})(?: in total)?",
    re.IGNORECASE,
)
NOT_KEPT = "[not kept]"
"""Stands for a cell in a column of dates that is no date: it may be a password."""
DATE_FIELDS = frozenset({Field.LAST_RESET, Field.AS_OF, Field.EXPIRES})


@dataclass(frozen=True, kw_only=True)
class Table:
    """A sheet with its header row at `header` (from 0) and the meaning of its columns."""

    grid: Grid
    header: int
    columns: tuple[Column, ...]

    def place_of(self, field: Field) -> int | None:
        """Return the column (from 0) that holds `field`, or None."""
        return next((column.index for column in self.columns if column.field is field), None)

    def heading_of(self, field: Field) -> str:
        """Return the heading of the column that holds `field`, or the empty text."""
        return next((column.header for column in self.columns if column.field is field), "")

    def cells_of(self, field: Field) -> Iterator[Cell]:
        """Yield the cells below the heading of `field`; none if there is no such column."""
        place = self.place_of(field)
        if place is not None:
            yield from (cells[place] for cells in self.grid.rows[self.header + 1 :] if place < len(cells))

    def date_orders(self) -> dict[Field, DateOrder | None]:
        """Return how the slashes in each column of dates are read; None for a column without any."""
        return {field: order_of(self.cells_of(field)) for field in DATE_FIELDS}

    def numbered_rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        """Yield the rows below the header with the numbers the spreadsheet shows."""
        return enumerate(self.grid.rows[self.header + 1 :], start=self.header + 2)

    def is_no_person(self, cells: Sequence[Cell]) -> bool:
        """Tell whether a row without an address is blank where it counts, a total, or the header over again."""
        seen = [(column, cells[column.index]) for column in self.columns if column.index < len(cells)]
        if all(is_blank(cell) for column, cell in seen if column.field):
            return True
        if any(_TOTAL.fullmatch(text_of(cell)) for column, cell in seen if not column.dropped):
            return True
        return all(tidy_heading(cell) == column.header for column, cell in seen if column.field)


def find_table(grids: Iterable[Grid]) -> Table:
    """Return the table of the first sheet that has a header row near its top; raise UsageError if none has.

    A row in which only one heading is known counts only if no sheet has a better one.
    """
    found: Table | None = None
    for grid in grids:
        strengths = [fields_in([tidy_heading(cell) for cell in cells]) for cells in grid.rows[:HEADER_WITHIN]]
        strongest = max(strengths, default=0)
        if strongest > 1 or (strongest and found is None):
            header = strengths.index(strongest)
            headings = [tidy_heading(cell) for cell in grid.rows[header]]
            found = Table(grid=grid, header=header, columns=guess_columns(headings))
        if strongest > 1:
            break
    if found is not None:
        return found
    msg = (
        f"no header row in the first {HEADER_WITHIN} rows; one row must name the columns, such as"
        " Name, Email, Role, User ID, Last reset or Days left"
    )
    raise UsageError(
        msg,
    )


def tidy_heading(cell: Cell) -> str:
    """Return a heading as one line, however it was broken inside its cell."""
    return tidy(" ".join(text_of(cell).split()))


def with_mapping(table: Table, mapping: Mapping[int, Field]) -> Table:
    """Return the table with the columns meaning what the admin chose; a column of passwords cannot be chosen."""
    for index in mapping:
        if not 0 <= index < len(table.columns):
            msg = f"there is no column {index + 1}; choose among {len(table.columns)}"
            raise UsageError(msg)
        if table.columns[index].dropped:
            msg = f"column {quoted(table.columns[index])} looks like passwords and cannot be imported"
            raise UsageError(msg)
    for field in mapping.values():
        same = [quoted(table.columns[index]) for index, chosen in mapping.items() if chosen is field]
        if len(same) > 1:
            msg = f"two columns were chosen for the same thing: {' and '.join(same)}; choose one of them"
            raise UsageError(msg)
    columns = tuple(replace(column, field=mapping.get(column.index)) for column in table.columns)
    return replace(table, columns=columns)


def without_secrets(table: Table) -> Table:
    """Return the table without the cells that may not be kept: those of password columns, and no dates where dates belong."""
    dropped = {column.index for column in table.columns if column.dropped}
    dated = {
        column.index
        for column in table.columns
        if not column.dropped and (column.field in DATE_FIELDS or says_secret(column.header))
    }
    if not dropped | dated:
        return table
    below = [_without_secrets(cells, dropped, dated) for cells in table.grid.rows[table.header + 1 :]]
    above = [_without_secrets(cells, dropped, set()) for cells in table.grid.rows[: table.header]]
    return replace(table, grid=replace(table.grid, rows=[*above, table.grid.rows[table.header], *below]))


def _without_secrets(cells: Sequence[Cell], dropped: Collection[int], dated: Collection[int]) -> list[Cell]:
    kept = list(cells)
    for index in dropped:
        kept[index : index + 1] = [""] * (index < len(kept))
    for index in dated:
        if index < len(kept) and not (is_blank(kept[index]) or has_date_form(kept[index])):
            kept[index] = NOT_KEPT
    return kept


def with_samples(table: Table) -> Table:
    """Return the table with up to three values of each column to show beside its heading."""
    columns = tuple(replace(column, samples=_samples(table, column)) for column in table.columns)
    return replace(table, columns=columns)


def missing_columns(table: Table) -> list[str]:
    """Return in words what the table has no column for, of what every person needs."""
    fields = {column.field for column in table.columns}
    missing = []
    if Field.NAME not in fields and not {Field.FIRST, Field.LAST} <= fields:
        missing.append("the name (Name, or First name and Last name)")
    if Field.EMAIL not in fields:
        missing.append("the address (Email)")
    if Field.ROLE not in fields:
        missing.append(f"the role (Role: {ROLE_CHOICE})")
    return missing


def require_person_columns(table: Table) -> None:
    """Raise UsageError if the table has no column for names, addresses or roles."""
    missing = missing_columns(table)
    if missing:
        found = ", ".join(quoted(column) for column in table.columns if column.header)
        msg = f"no column for {' and for '.join(missing)}; row {table.header + 1} has the columns {found}"
        raise UsageError(msg)


def title_as_of(table: Table) -> date | None:
    """Return the "as of" date in or beside a title above the table, or in the heading of the days left, if any."""
    heading = table.heading_of(Field.DAYS_LEFT)
    if says_as_of(heading) and (day := day_within(heading)):
        return day
    for cells in table.grid.rows[: table.header]:
        for place, cell in enumerate(cells):
            if isinstance(cell, str) and says_as_of(cell):
                day = day_within(cell) or _next_day(cells[place + 1 :])
                if day:
                    return day
    return None


def quoted(column: Column) -> str:
    """Return a column's heading in quotes, fit for a message."""
    return f"'{shown(column.header)}'"


def _next_day(cells: Sequence[Cell]) -> date | None:
    for cell in cells:
        if cell != "":
            return day_within(cell) if isinstance(cell, str) else day_in(cell)
    return None


def _samples(table: Table, column: Column) -> tuple[str, ...]:
    """Return none for a column that might be secret: headed so, or not headed at all. Of date columns only dates."""
    if column.dropped or not column.header:
        return ()
    only_dates = column.field in DATE_FIELDS or says_secret(column.header)
    samples: dict[str, None] = {}
    for cells in table.grid.rows[table.header + 1 : table.header + 1 + _SAMPLE_ROWS]:
        cell = cells[column.index] if column.index < len(cells) else ""
        if is_blank(cell) or (only_dates and day_in(cell) is None):
            continue
        samples.setdefault(shown(tidy_heading(cell)))
        if len(samples) == _SAMPLES:
            break
    return tuple(samples)
