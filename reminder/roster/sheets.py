"""Writes a sheet of cells as a file that a spreadsheet opens safely: no cell runs as a formula."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from reminder.roster.cells import guarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    Value = str | int | date | None
    """What a cell can hold; None is an empty one."""

_WIDTH = 24
_CHOICE_ROWS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """Headings and rows of cells; `title` stands in a row of its own above the headings, if there is one.

    `widths` are those of the columns in characters; `choices` offers values in the column with that heading.
    """

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Value]]
    title: str = ""
    widths: Sequence[int] = ()
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)


def save_csv(sheet: Sheet, stream: BinaryIO) -> None:
    """Write a sheet as CSV in UTF-8, with the byte order mark without which Excel breaks accents; dates are ISO."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    if sheet.title:
        writer.writerow([guarded(sheet.title)])
    for row in chain([sheet.headings], sheet.rows):
        writer.writerow(["" if value is None else guarded(str(value)) for value in row])
    text.detach()


def save_xlsx(sheet: Sheet, stream: BinaryIO) -> None:
    """Write a sheet as an XLSX workbook: texts as texts whatever they look like, real dates, a filter on the headings."""
    import xlsxwriter

    workbook = xlsxwriter.Workbook(stream, {"in_memory": True})
    day_format = workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    bold = workbook.add_format({"bold": True, "text_wrap": True})
    page = workbook.add_worksheet(sheet.name)
    first = 1 if sheet.title else 0
    if sheet.title:
        page.write_string(0, 0, guarded(sheet.title))
    for column, heading in enumerate(sheet.headings):
        page.set_column(column, column, sheet.widths[column] if sheet.widths else _WIDTH)
        page.write_string(first, column, guarded(heading), bold)
        if heading in sheet.choices:
            page.data_validation(
                first + 1, column, _CHOICE_ROWS, column, {"validate": "list", "source": list(sheet.choices[heading])}
            )
    last = first
    for last, row in enumerate(sheet.rows, start=first + 1):
        for column, value in enumerate(row):
            _write_cell(page, last, column, value, day_format)
    page.freeze_panes(first + 1, 1)
    page.autofilter(first, 0, last, len(sheet.headings) - 1)
    workbook.close()


def _write_cell(page: Worksheet, row: int, column: int, value: Value, day_format: Format) -> None:
    if isinstance(value, str):
        page.write_string(row, column, guarded(value))
    elif isinstance(value, int):
        page.write_number(row, column, value)
    elif value is not None:
        page.write_datetime(row, column, value, day_format)
