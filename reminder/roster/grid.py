"""A sheet of cells as a person sees it in a spreadsheet, whatever file it came from, and how large it may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reminder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reminder.roster.dates import Cell

MAX_UPLOAD = 20 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_AREA = 4_000_000
"""Rows times columns; a sheet is held as a rectangle, so one far cell costs as much as a full sheet."""
MAX_TEXT = 100_000_000
"""Characters in all cells together; workbooks may point at one long text from a million cells."""

Place = tuple[int, int]
"""Row and column of a cell, counted from 0."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The cells of one sheet: `rows[0]` is the spreadsheet's row 1.

    `formulas` holds the cells that are computed; their cells hold the last stored result. `others` names the
    workbook's other sheets.
    """

    name: str
    rows: Sequence[Sequence[Cell]]
    formulas: frozenset[Place] = field(default=frozenset())
    others: tuple[str, ...] = ()


def check_extent(rows: int, columns: int) -> None:
    """Raise UsageError if `rows` by `columns` are more than a roster can be."""
    if rows > MAX_ROWS:
        msg = f"a cell lies in row {rows:,}, beyond row {MAX_ROWS:,}; delete it or split the list"
        raise UsageError(msg)
    if columns > MAX_COLUMNS:
        msg = f"a cell lies in column {columns:,}, beyond column {MAX_COLUMNS}; delete what is not needed"
        raise UsageError(msg)
    if rows * columns > MAX_AREA:
        msg = f"the sheet spans {rows:,} rows by {columns} columns; delete what is not needed"
        raise UsageError(msg)
