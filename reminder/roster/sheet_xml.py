"""Looks through the XML of workbooks for what the cell reader does not tell: formulas, and how far the cells reach."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from reminder.errors import UsageError
from reminder.roster.grid import MAX_TEXT, check_extent

if TYPE_CHECKING:
    from collections.abc import Callable

    from reminder.roster.grid import Place

_FORMULA_TAG = re.compile(rb"<(?:\w+:)?f[\s/>]")
_FAR = re.compile(rb'<c r="(?:[A-Z]{2}|[A-Z](?:1[5-9][0-9]{4}|[2-9][0-9]{5}|[1-9][0-9]{6}))')
"""Column AA or beyond, or row 150,000 or beyond: up to there the rectangle is small enough in any case."""
_CELLS_TAG = re.compile(rb"<(?:\w+:)?sheetData")
_TEXT_TAG = re.compile(rb"<(?:\w+:)?si[\s/>]")
_TEXT_USE = re.compile(rb"""t\s*=\s*["']s["'][^>]*>\s*<(?:\w+:)?v[^>]*>\s*(\d{1,9})\s*<""")
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


def parse(content: bytes, *, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None]) -> None:
    """Walk through XML with names stripped of their prefixes; a document type is refused, damage is a UsageError."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(content, True)  # noqa: FBT003 - positional only
    except expat.ExpatError:
        msg = "a sheet is damaged"
        raise UsageError(msg) from None


def visible_sheets(members: dict[str, bytes]) -> dict[str, str]:
    """Return the visible sheets of an XLSX file in the order of their tabs: by name the member that holds the cells."""
    by_lower_name = {name.lower(): name for name in members}

    def member(path: str) -> str:
        return by_lower_name.get(path.lower(), "")

    workbook = next(iter(_related(members, "_rels/.rels", "/officeDocument").values()), "xl/workbook.xml")
    if not member(workbook):
        msg = "is a zip file without a workbook in it; save the list as XLSX or CSV"
        raise UsageError(msg)
    folder, name = posixpath.split(workbook)
    targets = _related(members, member(f"{folder}/_rels/{name}.rels"), "/worksheet", folder)
    sheets = {name: member(targets.get(relation, "")) for name, relation in _tabs(members[member(workbook)]).items()}
    return {name: path for name, path in sheets.items() if path}


def _tabs(workbook: bytes) -> dict[str, str]:
    """Return the visible sheets of a workbook's XML: by name the identifier of the relation to the cells."""
    tabs: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet" and attributes.get("state", "visible") == "visible":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            tabs[attributes.get("name", "")] = relation

    parse(workbook, start=start, end=_ignore)
    return tabs


def _related(members: dict[str, bytes], source: str, kind: str, folder: str = "") -> dict[str, str]:
    """Return by identifier the paths of the members to which `source` (a .rels member) relates as `kind`."""
    paths: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("Type", "").endswith(kind):
            target = attributes.get("Target", "").replace("\\", "/")
            rooted = target.startswith(("/", "xl/"))  # some programs forget that a path starts at its folder
            path = target if rooted else posixpath.join(folder, target)
            paths[attributes.get("Id", "")] = posixpath.normpath(path).lstrip("/")

    parse(members.get(source, b"<x/>"), start=start, end=_ignore)
    return paths


def xlsx_formulas(sheet: bytes) -> frozenset[Place]:
    """Return the places of the computed cells of an XLSX sheet, counted from 0."""
    if not ((b"<f" in sheet or b":f" in sheet) and _FORMULA_TAG.search(sheet)):
        return frozenset()
    return frozenset(_XlsxWalk().over(sheet).formulas)


def check_shared_texts(members: dict[str, bytes], sheet: bytes) -> None:
    """Raise UsageError if few long texts are pointed at so often that together they would fill the memory."""
    uses = sheet.count(b'"s"') + sheet.count(b"'s'")
    for table in members.values():
        lengths = [] if holds_cells(table) else [len(text) for text in _TEXT_TAG.split(table)[1:]]
        if max(lengths, default=0) * uses <= MAX_TEXT:
            continue
        used = [int(number) for number in _TEXT_USE.findall(sheet)]
        total = sum(lengths[number] for number in used if number < len(lengths))
        if len(used) != uses or total > MAX_TEXT:
            msg = "holds the same long text too many times; save only the staff list"
            raise UsageError(msg)


def without_promise(part: bytes) -> bytes:
    """Return a part whose table of texts does not say how many there are: the reader would make room for as many."""
    return part.replace(b"uniqueCount", b"UniqueCount")


def holds_cells(part: bytes) -> bool:
    """Tell whether a part of a workbook is a sheet."""
    return bool(_CELLS_TAG.search(part))


def check_xlsx_extent(sheet: bytes) -> None:
    """Raise UsageError if the rectangle of a sheet's cells is larger than a roster can be."""
    body = sheet.find(b"<sheetData"), sheet.rfind(b"</sheetData")
    usual = min(body) >= 0 and b":c" not in sheet and sheet.count(b"<c", *body) == sheet.count(b'<c r="', *body)
    if usual and not _FAR.search(sheet):
        return  # written as all common programs write it, and near; anything else is measured cell by cell
    walk = _XlsxWalk().over(sheet)
    check_extent(walk.rows, walk.columns)


@dataclass
class _XlsxWalk:
    """Counts rows and cells as Excel does where they carry no reference of their own."""

    formulas: set[Place] = field(default_factory=set)
    rows: int = 0
    columns: int = 0
    _row: int = -1
    _column: int = -1

    def over(self, sheet: bytes) -> _XlsxWalk:
        parse(sheet, start=self._start, end=_ignore)
        return self

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            given = attributes.get("r", "")
            self._row = int(given) - 1 if given.isdecimal() and len(given) < 8 else self._row + 1
            self._column = -1
        elif name == "c":
            self._row, self._column = _place(attributes.get("r", ""), (self._row, self._column + 1))
            self.rows, self.columns = max(self.rows, self._row + 1), max(self.columns, self._column + 1)
        elif name == "f":
            self.formulas.add((self._row, self._column))


def _place(reference: str, otherwise: Place) -> Place:
    match = _REFERENCE.fullmatch(reference)
    if not match:
        return otherwise
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def _refuse_doctype(*_: object) -> None:
    msg = "a sheet carries a document type, which no workbook needs"
    raise UsageError(msg)


def _ignore(_name: str) -> None:
    return None
