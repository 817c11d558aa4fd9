"""Looks through the records of an XLS workbook for what the cell reader does not tell: formulas, extent, repeated text."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.roster.grid import MAX_TEXT, check_extent
from reminder.roster.ole import CompoundFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reminder.roster.grid import Place

_END_OF_SHEET, _PASSWORD, _SHEET, _TEXTS, _CONTINUED = 0x0A, 0x2F, 0x85, 0xFC, 0x3C
_FORMULAS = frozenset({0x06, 0x206, 0x406})
_SHARED_TEXT, _SEVERAL = 0xFD, frozenset({0xBD, 0xBE})
_CELLS = frozenset({0x201, 0x203, 0x204, 0x205, 0x27E, 0xD6, _SHARED_TEXT}) | _FORMULAS | _SEVERAL


@dataclass
class XlsSheet:
    """What one sheet holds."""

    formulas: set[Place] = field(default_factory=set)
    rows: int = 0
    columns: int = 0
    shared_texts: list[int] = field(default_factory=list)


def xls_sheets(data: bytes) -> list[XlsSheet]:
    """Return the sheets in the order of their tabs; raise UsageError if the file is protected, damaged or too large."""
    container = CompoundFile(data)
    if "EncryptedPackage" in container:
        msg = "is protected by a password; save it without one"
        raise UsageError(msg)
    name = next((name for name in ("Workbook", "Book") if name in container), None)
    if name is None:
        msg = "is no workbook (XLS); open it and save it as XLSX"
        raise UsageError(msg)
    try:
        return _sheets(container.stream(name))
    except (struct.error, IndexError):
        msg = "is damaged; open it and save it again as XLSX"
        raise UsageError(msg) from None


def _sheets(stream: bytes) -> list[XlsSheet]:
    sheets: list[XlsSheet] = []
    pieces: list[bytes] = []
    before = 0
    for kind, body in _records(stream, 0):
        if kind == _PASSWORD:
            msg = "is protected by a password; save it without one"
            raise UsageError(msg)
        if kind == _SHEET:
            sheets.append(_sheet(stream, struct.unpack_from("<I", body)[0]))
        elif kind == _TEXTS or (kind == _CONTINUED and before == _TEXTS):
            pieces.append(body)
            kind = _TEXTS  # noqa: PLW2901 - a further continuation belongs to the texts, too
        before = kind
    lengths = _text_lengths(pieces) if pieces else []
    for sheet in sheets:
        if sum(lengths[number] for number in sheet.shared_texts if number < len(lengths)) > MAX_TEXT:
            msg = "holds the same long text too many times; save only the staff list"
            raise UsageError(msg)
    return sheets


def _sheet(stream: bytes, start: int) -> XlsSheet:
    sheet = XlsSheet()
    for kind, body in _records(stream, start):
        if kind not in _CELLS:
            continue
        row, column = struct.unpack_from("<HH", body)
        last = struct.unpack_from("<H", body, len(body) - 2)[0] if kind in _SEVERAL else column
        sheet.rows, sheet.columns = max(sheet.rows, row + 1), max(sheet.columns, last + 1)
        check_extent(sheet.rows, sheet.columns)
        if kind in _FORMULAS:
            sheet.formulas.add((row, column))
        elif kind == _SHARED_TEXT:
            sheet.shared_texts.append(struct.unpack_from("<I", body, 6)[0])
    return sheet


def _text_lengths(pieces: list[bytes]) -> list[int]:
    """Return how many characters each shared text has. A text may go on in the next piece, after a byte of flags."""
    lengths: list[int] = []
    number, place = 0, 8
    for _ in range(struct.unpack_from("<I", pieces[0], 4)[0]):
        if place >= len(pieces[number]):
            number, place = number + 1, 0
        left, flags = struct.unpack_from("<HB", pieces[number], place)
        lengths.append(left)
        place += 3
        runs = struct.unpack_from("<H", pieces[number], place)[0] if flags & 8 else 0
        place += 2 if flags & 8 else 0
        more = struct.unpack_from("<I", pieces[number], place)[0] if flags & 4 else 0
        place += 4 if flags & 4 else 0
        while left:
            width = 1 + (flags & 1)
            taken = min(left, (len(pieces[number]) - place) // width)
            left, place = left - taken, place + taken * width
            if left:
                number, place = number + 1, 1
                flags = pieces[number][0]
        place += runs * 4 + more
        while number + 1 < len(pieces) and place > len(pieces[number]):
            place -= len(pieces[number])
            number += 1
    return lengths


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield kind and body of each record from `start` to the end of the sheet."""
    while start + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, start)
        if kind == _END_OF_SHEET:
            return
        yield kind, stream[start + 4 : start + 4 + length]
        start += 4 + length
