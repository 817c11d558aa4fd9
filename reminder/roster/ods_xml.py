"""Looks through the content of an ODS workbook: formulas, how far each sheet's cells reach, encryption."""

from __future__ import annotations

from dataclasses import dataclass, field

from reminder.errors import UsageError
from reminder.roster.grid import MAX_AREA, Place, check_extent
from reminder.roster.sheet_xml import parse

CONTENT = "content.xml"
NEEDED = frozenset({CONTENT, "mimetype", "META-INF/manifest.xml"})
"""All that is handed on to the cell reader, which might take a document with further parts for another kind."""
_CELLS = frozenset({"table-cell", "covered-table-cell"})
_FILLED_BY = ("office:value-type", "calcext:value-type", "table:formula")


@dataclass
class OdsSheet:
    """What one table of the document holds, in cells after all repetitions."""

    name: str
    formulas: set[Place] = field(default_factory=set)
    rows: int = 0
    columns: int = 0


def ods_sheets(members: dict[str, bytes]) -> dict[str, OdsSheet]:
    """Return the sheets by name; raise UsageError for one larger than a roster can be."""
    if b"encryption-data" in members.get("META-INF/manifest.xml", b""):
        msg = "is protected by a password; save it without one"
        raise UsageError(msg)
    walk = _Walk()
    parse(members[CONTENT], start=walk.start, end=walk.end)
    return {sheet.name: sheet for sheet in walk.sheets}


@dataclass
class _Walk:
    """Follows rows and cells with their repetitions; empty repeated cells at the end reach nowhere."""

    sheets: list[OdsSheet] = field(default_factory=list)
    _row: int = 0
    _rows_repeated: int = 1
    _column: int = 0
    _cell: tuple[int, bool, bool] | None = None  # repeated, filled, computed

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self.sheets.append(OdsSheet(attributes.get("table:name", "")))
            self._row = 0
        elif name == "table-row":
            self._rows_repeated = _times(attributes, "rows")
            self._column = 0
        elif name in _CELLS:
            filled = any(key in attributes for key in _FILLED_BY)
            self._cell = (_times(attributes, "columns"), filled, "table:formula" in attributes)
        elif name == "p" and self._cell:
            self._cell = (self._cell[0], True, self._cell[2])

    def end(self, name: str) -> None:
        if name == "table-row":
            self._row += self._rows_repeated
        elif name in _CELLS and self._cell and self.sheets:
            repeated, filled, computed = self._cell
            if filled:
                self._fill(repeated, computed=computed)
            self._column += repeated
            self._cell = None

    def _fill(self, repeated: int, *, computed: bool) -> None:
        sheet = self.sheets[-1]
        sheet.rows = max(sheet.rows, self._row + self._rows_repeated)
        sheet.columns = max(sheet.columns, self._column + repeated)
        check_extent(sheet.rows, sheet.columns)
        if computed and len(sheet.formulas) < MAX_AREA:
            rows = range(self._row, self._row + self._rows_repeated)
            columns = range(self._column, self._column + repeated)
            sheet.formulas.update((row, column) for row in rows for column in columns)


def _times(attributes: dict[str, str], what: str) -> int:
    text = attributes.get(f"table:number-{what}-repeated", "1")
    return int(text) if text.isdecimal() and len(text) < 8 else 1
