"""Short ways to hand a roster to the reader."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING

import pytest
import xlsxwriter

from reminder.roster.reading import read_roster

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reminder.roster.model import Roster

TODAY = date(2026, 12, 1)


@pytest.fixture
def read_csv() -> Callable[..., Roster]:
    """Read the lines of a CSV file: `read_csv(header, line, encoding="cp1252")`."""

    def read(*lines: str, encoding: str = "utf-8") -> Roster:
        return read_roster("\n".join(lines).encode(encoding), file_name="roster.csv", today=TODAY)

    return read


@pytest.fixture
def read_one(read_csv: Callable[..., Roster]) -> Callable[..., Roster]:
    """Read one good person with further columns: `read_one(last_reset="10/1/2026")`."""

    def read(**columns: str) -> Roster:
        person = {"name": "Ana Gil", "email": "ana@lakeside.example", "role": "AO", **columns}
        quoted = ['"' + value.replace('"', '""') + '"' for value in person.values()]
        return read_csv(",".join(person), ",".join(quoted))

    return read


@pytest.fixture
def read_xlsx() -> Callable[[Sequence[Sequence[object]]], Roster]:
    """Read a workbook with one sheet of the given cells; a text with a leading `=` becomes a formula."""

    def read(rows: Sequence[Sequence[object]]) -> Roster:
        stream = io.BytesIO()
        workbook = xlsxwriter.Workbook(stream, {"default_date_format": "m/d/yyyy"})
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        workbook.close()
        return read_roster(stream.getvalue(), file_name="roster.xlsx", today=TODAY)

    return read
