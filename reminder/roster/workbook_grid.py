"""From the bytes of a workbook (XLSX, XLS, ODS) to the cells of its sheets."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, TypeVar

from reminder.errors import UsageError
from reminder.roster import ods_xml, sheet_xml, xls_records
from reminder.roster.archive import repacked, unpacked
from reminder.roster.grid import MAX_AREA, Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

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
        xls, alone = xls_records.xls_sheets(data)
        workbook = _opened(io.BytesIO(alone))
        return _grids(workbook, [xls[place].formulas if place < len(xls) else () for place in _tabs(workbook)])
    members = unpacked(data)
    if ods_xml.CONTENT not in members:
        return _xlsx_grids(members)
    ods = ods_xml.ods_sheets(members)
    workbook = _opened(repacked({name: content for name, content in members.items() if name in ods_xml.NEEDED}))
    return _grids(workbook, [ods[name].formulas if name in ods else () for name in _tabs(workbook).values()])


def _xlsx_grids(members: dict[str, bytes]) -> Iterator[Grid]:
    """Hand the reader one sheet at a time, and no other: what it reads is what was looked through."""
    sheets = sheet_xml.visible_sheets(members)
    for name, path in sheets.items():
        sheet = members[path]
        sheet_xml.check_xlsx_extent(sheet)
        sheet_xml.check_shared_texts(members, sheet)
        others = {other: part for other, part in members.items() if other == path or not sheet_xml.holds_cells(part)}
        alone = {other: sheet_xml.without_promise(part) for other, part in others.items()}
        yield Grid(
            name=name,
            rows=_rows(_opened(repacked(alone)), name),
            formulas=sheet_xml.xlsx_formulas(sheet),
            others=tuple(other for other in sheets if other != name),
        )


def _grids(workbook: CalamineWorkbook, formulas: Sequence[Collection[Place]]) -> Iterator[Grid]:
    tabs = _tabs(workbook).values()
    for name, computed in zip(tabs, formulas, strict=True):
        others = tuple(other for other in tabs if other != name)
        yield Grid(name=name, rows=_rows(workbook, name), formulas=frozenset(computed), others=others)


def _opened(source: io.BytesIO) -> CalamineWorkbook:
    from python_calamine import CalamineWorkbook

    return _calling(lambda: CalamineWorkbook.from_filelike(source))


def _tabs(workbook: CalamineWorkbook) -> dict[int, str]:
    """Return the visible sheets by their place among all."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    return {
        place: sheet.name
        for place, sheet in enumerate(workbook.sheets_metadata)
        if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible
    }


def _rows(workbook: CalamineWorkbook, name: str) -> list[list[Cell]]:
    return _calling(lambda: _filled_rows(workbook.get_sheet_by_name(name)))


def _filled_rows(sheet: CalamineSheet) -> list[list[Cell]]:
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
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - PanicException comes straight from BaseException
        msg = "is damaged or no workbook; open it and save it again as XLSX"
        raise UsageError(msg) from None
