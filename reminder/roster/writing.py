"""Writes a practice's people to a file that a spreadsheet opens safely and `read_roster` reads back unchanged."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from reminder.roster.cells import guarded
from reminder.roster.fields import ROLE_NAMES
from reminder.roster.headers import FOR_INFORMATION

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from reminder.policy.model import Role

HEADINGS = (
    "Name",
    "Email",
    "Second email",
    "Role",
    "User ID",
    "Practice",
    "Last reset",
    f"Expires {FOR_INFORMATION}",
    f"Days left {FOR_INFORMATION}",
    f"Status {FOR_INFORMATION}",
)
_WIDTHS = (28, 34, 34, 26, 16, 28, 12, 12, 10, 12)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportRow:
    """One person of one practice as the file shows them. The last three are for the reader, import passes over them."""

    name: str
    email: str
    role: Role
    second_email: str | None = None
    user_id: str | None = None
    practice: str | None = None
    reset_on: date | None = None
    expires_on: date | None = None
    days_left: int | None = None
    status: str = ""


def write_csv(rows: Iterable[ExportRow], stream: BinaryIO) -> None:
    """Write `rows` as CSV in UTF-8, with the byte order mark without which Excel breaks accents; dates are ISO."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for row in rows:
        writer.writerow(["" if value is None else str(value) for value in _values(row)])
    text.detach()


def write_xlsx(rows: Iterable[ExportRow], stream: BinaryIO) -> None:
    """Write `rows` as an XLSX workbook: texts as texts whatever they look like, real dates, a filter on the headings."""
    import xlsxwriter

    workbook = xlsxwriter.Workbook(stream, {"in_memory": True})
    day_format = workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    sheet = workbook.add_worksheet("Staff")
    last = 0
    for column, heading in enumerate(HEADINGS):
        sheet.set_column(column, column, _WIDTHS[column])
        sheet.write_string(0, column, heading, workbook.add_format({"bold": True, "text_wrap": True}))
    for last, row in enumerate(rows, start=1):
        for column, value in enumerate(_values(row)):
            if isinstance(value, str):
                sheet.write_string(last, column, value)
            elif isinstance(value, int):
                sheet.write_number(last, column, value)
            elif value is not None:
                sheet.write_datetime(last, column, value, day_format)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, last, len(HEADINGS) - 1)
    workbook.close()


def _values(row: ExportRow) -> tuple[str | int | date | None, ...]:
    return (
        guarded(row.name),
        guarded(row.email),
        guarded(row.second_email or ""),
        ROLE_NAMES[row.role],
        guarded(row.user_id or ""),
        guarded(row.practice or ""),
        row.reset_on,
        row.expires_on,
        row.days_left,
        guarded(row.status),
    )
