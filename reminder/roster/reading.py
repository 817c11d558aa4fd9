"""Reads a roster file of any kind people send: what came of each row, each column, and what is worth saying."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.roster.dates import EARLIEST, DateOrder
from reminder.roster.fields import shown
from reminder.roster.grid import MAX_UPLOAD
from reminder.roster.model import Field, Roster
from reminder.roster.rows import RowReader
from reminder.roster.table import (
    find_table,
    quoted,
    require_person_columns,
    title_as_of,
    with_mapping,
    with_samples,
)
from reminder.roster.text_grid import text_grid
from reminder.roster.workbook_grid import OLE_SIGNATURE, ZIP_SIGNATURE, workbook_grids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from reminder.roster.grid import Grid
    from reminder.roster.model import Column
    from reminder.roster.table import Table

_NOT_A_TABLE = {
    b"%PDF": "is a PDF; save the list as XLSX or CSV instead",
    b"{\\rtf": "is a text document; save the list as XLSX or CSV instead",
    b"<": "is a web page or XML, whatever its name says; open it in a spreadsheet and save it as XLSX",
    b"\x89PNG": "is a picture; save the list as XLSX or CSV instead",
    b"\xff\xd8\xff": "is a picture; save the list as XLSX or CSV instead",
}


def read_roster(
    data: bytes,
    *,
    file_name: str,
    today: date,
    rule_days: int = 60,
    mapping: Mapping[int, Field] | None = None,
) -> Roster:
    """Return the people in a roster file, and by row, column and cure what keeps the others out.

    `today` is the practice's date, `rule_days` the days a password lives. `mapping` (column from 0 to field) takes
    the place of the guess from the headings. The kind of file is told by its content; `file_name` is for messages.
    A file that cannot be read as a whole raises UsageError; nothing else does.
    """
    table = read_table(data, file_name=file_name)
    return read_people(table, file_name=file_name, today=today, rule_days=rule_days, mapping=mapping)


def read_table(data: bytes, *, file_name: str) -> Table:
    """Return the table in a roster file, its columns guessed; raise UsageError for a file that holds none."""
    with _naming(file_name):
        return find_table(_grids(data))


def read_people(
    table: Table, *, file_name: str, today: date, rule_days: int = 60, mapping: Mapping[int, Field] | None = None
) -> Roster:
    """Return the people in a table; what goes in and comes out is as for `read_roster`."""
    with _naming(file_name):
        if mapping is not None:
            table = with_mapping(table, mapping)
        require_person_columns(table)
        reader = RowReader(table, today=today, rule_days=rule_days, as_of=as_of_day(table, today))
    for number, cells in table.numbered_rows():
        reader.read(number, cells)
    table = with_samples(table)
    notes = (*_column_notes(table), *_date_notes(table, reader.orders), *_sheet_notes(table.grid))
    return Roster(
        rows=tuple(reader.rows),
        rejected=tuple(reader.rejected),
        notes=notes,
        columns=table.columns,
        ignored=reader.ignored,
    )


def read_columns(data: bytes, *, file_name: str) -> tuple[Column, ...]:
    """Return a file's columns with their guessed fields and samples, even if columns that an import needs are missing."""
    return with_samples(read_table(data, file_name=file_name)).columns


@contextmanager
def _naming(file_name: str) -> Iterator[None]:
    """Put the file's name before what is wrong with it."""
    try:
        yield
    except UsageError as error:
        msg = f"{shown(file_name)}: {error}"
        raise UsageError(msg) from None


def _grids(data: bytes) -> Iterable[Grid]:
    if not data.strip(b"\x00 \t\r\n"):
        msg = "is empty"
        raise UsageError(msg)
    if len(data) > MAX_UPLOAD:
        msg = f"is larger than {MAX_UPLOAD // 1024 // 1024} MB; save only the staff list"
        raise UsageError(msg)
    if data.startswith((ZIP_SIGNATURE, OLE_SIGNATURE)):
        return workbook_grids(data)
    beginning = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    for signature, problem in _NOT_A_TABLE.items():
        if beginning.startswith(signature):
            raise UsageError(problem)
    return [text_grid(data)]


def as_of_day(table: Table, today: date) -> date | None:
    """Return the day for which the titles say the days left hold; refuse one that cannot be."""
    if table.place_of(Field.DAYS_LEFT) is None:
        return None
    day = title_as_of(table)
    if day and not EARLIEST <= day <= today:
        msg = f"the title says 'as of' {day}, which cannot be (today is {today}); correct it"
        raise UsageError(msg)
    return day


def _column_notes(table: Table) -> Iterator[str]:
    for column in table.columns:
        if column.dropped:
            yield (
                f"column {quoted(column)} looks like passwords and was dropped unread;"
                " delete it from the file, and never keep passwords in a list"
            )
    ignored = [quoted(column) for column in table.columns if column.header and not (column.field or column.dropped)]
    if ignored:
        yield f"not imported: {', '.join(ignored)}"


def _date_notes(table: Table, orders: Mapping[Field, DateOrder | None]) -> Iterator[str]:
    for column in table.columns:
        order = orders.get(column.field) if column.field else None
        if order:
            yield f"column {quoted(column)} read as {order}"


def _sheet_notes(grid: Grid) -> Iterator[str]:
    if grid.others:
        others = ", ".join(f"'{shown(name)}'" for name in grid.others)
        yield f"sheet '{shown(grid.name)}' was read, not {others}"
