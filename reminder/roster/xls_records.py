"""Looks through the records of an XLS workbook for what the cell reader does not tell, and for what it must not believe."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.roster.grid import MAX_AREA, MAX_TEXT, check_extent
from reminder.roster.ole import CompoundFile, packed_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reminder.roster.grid import Place

_BEGIN, _END, _PASSWORD, _SHEET, _TEXTS, _CONTINUED = 0x809, 0x0A, 0x2F, 0x85, 0xFC, 0x3C
_DIMENSIONS = 0x200
_FORMULAS, _TOKENS = frozenset({0x06, 0x206, 0x406}), 20
"""Records of formulas, and where in them the formula itself begins, after its place and its last result."""
_SHARED_TEXT, _SEVERAL = 0xFD, frozenset({0xBD, 0xBE})
_CELLS = frozenset({0x201, 0x203, 0x204, 0x205, 0x27E, 0xD6, _SHARED_TEXT}) | _FORMULAS | _SEVERAL
_DAMAGED = "is damaged; open it and save it again as XLSX"


@dataclass
class XlsSheet:
    """What one sheet holds."""

    formulas: set[Place] = field(default_factory=set)
    rows: int = 0
    columns: int = 0
    shared_texts: list[int] = field(default_factory=list)


def xls_sheets(data: bytes) -> tuple[list[XlsSheet], bytes]:
    """Return the sheets in the order of their tabs, and the file with nothing in it that the cell reader would believe.

    The reader makes room for as many cells as a sheet says it has, and texts out of formulas: of both nothing is left.
    Raise UsageError if the file is protected, damaged or too large.
    """
    container = CompoundFile(data)
    if "EncryptedPackage" in container:
        msg = "is protected by a password; save it without one"
        raise UsageError(msg)
    name = next((name for name in ("Workbook", "Book") if name in container), None)
    if name is None:
        msg = "is no workbook (XLS); open it and save it as XLSX"
        raise UsageError(msg)
    try:
        stream = bytearray(container.stream(name))
        sheets = _sheets(stream)
    except (struct.error, IndexError):
        raise UsageError(_DAMAGED) from None
    return sheets, packed_alone(bytes(stream))


def _sheets(stream: bytearray) -> list[XlsSheet]:
    starts, texts, reached = _globals(stream)
    found: dict[int, XlsSheet] = {}
    for start in sorted(starts):
        if start < reached:  # sheets that lie in each other would be read as often, and otherwise than looked through
            raise UsageError(_DAMAGED)
        found[start], reached = _sheet(stream, start)
    sheets = [found[start] for start in starts]
    if sum(sheet.rows * sheet.columns for sheet in sheets) > MAX_AREA:
        msg = "holds sheets that are too large together; save only the staff list"
        raise UsageError(msg)
    lengths = _text_lengths(texts) if texts else []
    for sheet in sheets:
        if sum(lengths[number] for number in sheet.shared_texts if number < len(lengths)) > MAX_TEXT:
            msg = "holds the same long text too many times; save only the staff list"
            raise UsageError(msg)
    return sheets


def _globals(stream: bytearray) -> tuple[list[int], list[bytes], int]:
    """Return where the sheets begin, in the order of their tabs, the pieces of the table of texts, and where all ends."""
    starts: list[int] = []
    texts: list[bytes] = []
    before = end = 0
    for place, kind, body in _records(stream, 0):
        end = place + len(body)
        if kind == _END:
            break
        if kind == _PASSWORD:
            msg = "is protected by a password; save it without one"
            raise UsageError(msg)
        if kind == _SHEET:
            starts.append(struct.unpack_from("<I", body)[0])
        elif kind == _TEXTS:
            texts = [body]  # the reader goes by the last table, too
        elif kind == _CONTINUED and before == _TEXTS:
            texts.append(body)
            kind = _TEXTS  # noqa: PLW2901 - a further continuation belongs to the texts, too
        before = kind
    if not starts:
        raise UsageError(_DAMAGED)
    return starts, texts, end


def _sheet(stream: bytearray, start: int) -> tuple[XlsSheet, int]:
    """Return what a sheet holds and where it ends; empty in place what its reader is not to believe."""
    sheet, end, depth = XlsSheet(), start, 0
    for place, kind, body in _records(stream, start):
        end = place + len(body)
        depth += (kind == _BEGIN) - (kind == _END)
        if kind == _END and depth <= 0:  # what is nested, as a chart is, ends before the sheet does
            break
        if kind == _DIMENSIONS:
            stream[place:end] = bytes(len(body))
        if kind not in _CELLS:
            continue
        row, column = struct.unpack_from("<HH", body)
        last = struct.unpack_from("<H", body, len(body) - 2)[0] if kind in _SEVERAL else column
        sheet.rows, sheet.columns = max(sheet.rows, row + 1), max(sheet.columns, last + 1)
        check_extent(sheet.rows, sheet.columns)
        if kind in _FORMULAS:
            sheet.formulas.add((row, column))
            stream[min(place + _TOKENS, end) : end] = bytes(max(len(body) - _TOKENS, 0))
        elif kind == _SHARED_TEXT:
            sheet.shared_texts.append(struct.unpack_from("<I", body, 6)[0])
    return sheet, end


def _text_lengths(pieces: list[bytes]) -> list[int]:
    """Return how many characters each shared text has. A text may go on in the next piece, after a byte of flags.

    How many there are is what the reader finds, whatever their table says.
    """
    lengths: list[int] = []
    number, place = 0, 8
    while True:
        while number < len(pieces) and place >= len(pieces[number]):
            number, place = number + 1, place - len(pieces[number])
        if number == len(pieces):
            return lengths
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


def _records(stream: bytearray, start: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield place, kind and body of each record from `start` on; raise IndexError for one that is cut off."""
    while start < len(stream):
        kind, length = struct.unpack_from("<HH", stream, start)
        start += 4
        if start + length > len(stream):
            raise IndexError(start)
        yield start, kind, bytes(stream[start : start + length])
        start += length
