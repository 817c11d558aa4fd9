"""From the bytes of a workbook (XLSX, XLS, ODS) to the cells of its sheets."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from reminder.errors import UsageError
from reminder.roster import ods_xml, sheet_xml, xls_records
from reminder.roster.archive import repacked, unpacked
from reminder.roster.grid import MAX_AREA, Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from python_calamine import CalamineSheet, CalamineWorkbook

    from reminder.roster.dates import Cell
    from reminder.roster.grid import Place

T = TypeVar("T")

ZIP_SIGNATURE = b"PK\x03\x04"
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def workbook_grids(data: bytes) -> Iterator[Grid]:
    """Yield the visible sheets in the order of their tabs, each read when it is asked for; UsageError for a bad file.

    Beforehand each file is looked through for what would make the cell reader fill the memory, and for formulas,
    which it does not tell from plain values.
    """
    if data.startswith(OLE_SIGNATURE):
        xls = xls_records.xls_sheets(data)
        yield from _grids(io.BytesIO(data), lambda index, _name: xls[index].formulas if index < len(xls) else ())
        return
    members = unpacked(data)
    if ods_xml.CONTENT in members:
        ods = ods_xml.ods_sheets(members)
        yield from _grids(repacked(members), lambda _index, name: ods[name].formulas if name in ods else ())
    elif "xl/workbook.xml" in members:
        paths = sheet_xml.sheet_members(members)
        yield from _grids(repacked(members), lambda _index, name: _xlsx_formulas(members, paths.get(name, "")))
    else:
        msg = "is a zip file without a workbook in it; save the list as XLSX or CSV"
        raise UsageError(msg)


def _xlsx_formulas(members: dict[str, bytes], path: str) -> Collection[Place]:
    sheet = members.get(path, b"<x/>")
    sheet_xml.check_xlsx_extent(sheet)
    sheet_xml.check_shared_texts(members, sheet)
    return sheet_xml.xlsx_formulas(sheet)


def _grids(source: io.BytesIO, formulas_of: Callable[[int, str], Collection[Place]]) -> Iterator[Grid]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    workbook = _calling(lambda: CalamineWorkbook.from_filelike(source))
    shown = [
        (index, sheet.name)
        for index, sheet in enumerate(workbook.sheets_metadata)
        if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible
    ]
    for index, name in shown:
        formulas = frozenset(formulas_of(index, name))
        rows = _calling(partial(_rows, workbook, index))
        yield Grid(name=name, rows=rows, formulas=formulas, others=tuple(other for _, other in shown if other != name))


def _rows(workbook: CalamineWorkbook, index: int) -> list[list[Cell]]:
    sheet = workbook.get_sheet_by_index(index)
    rows: list[list[Cell]] = sheet.to_python(skip_empty_area=False)
    _fill_merged_down(sheet, rows)
    return rows


def _fill_merged_down(sheet: CalamineSheet, rows: list[list[Cell]]) -> None:
    """Give each row of a cell merged over several rows its value (one practice for ten people, say)."""
    budget = MAX_AREA
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        last = min(bottom, len(rows) - 1)
        budget -= max(last - top, 0)
        if budget < 0:
            return
        for row in rows[top + 1 : last + 1]:
            if left < len(row) and row[left] == "":
                row[left] = rows[top][left]


def _calling(step: Callable[[], T]) -> T:
    """Call into the cell reader. A damaged file may make it panic, which is no Exception in Python's eyes."""
    try:
        return step()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # noqa: BLE001 - PanicException comes straight from BaseException
        if type(error).__name__ == "PasswordError":
            msg = "is protected by a password; save it without one"
            raise UsageError(msg) from None
        msg = "is damaged or no workbook; open it and save it again as XLSX"
        raise UsageError(msg) from None
