"""From the bytes of a text file (CSV, TSV, pasted cells) to rows of cells."""

from __future__ import annotations

import csv
import io
from itertools import chain, islice
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.roster.grid import MAX_COLUMNS, MAX_ROWS, Grid
from reminder.roster.headers import fields_in

if TYPE_CHECKING:
    from collections.abc import Iterator

DELIMITERS = ",;\t|"
HEADER_WITHIN = 30
"""The header row is looked for in so many rows; what stands above it are titles."""
_END = "\ufffe end of file \ufffe"
"""A last line that no file holds: if a quotation mark is never closed, it ends up inside a cell."""


def text_grid(data: bytes) -> Grid:
    """Return the cells of a text file; raise UsageError if it is not one, or too long, or a quote stays open."""
    text = decoded(data)
    if text[:4].lower() == "sep=" and len(text) > 4:
        delimiter, text = text[4], text[5:].lstrip("\r\n")
    else:
        delimiter = delimiter_of(text)
    try:
        rows = _all_rows(text, delimiter)
    except csv.Error as error:
        msg = f"cannot be read as a table ({error}); save it as CSV or XLSX again"
        raise UsageError(msg) from None
    return Grid(name="", rows=rows)


def decoded(data: bytes) -> str:
    """Return the text: by byte order mark, else UTF-16 by its zeros, else strict UTF-8, else Windows-1252.

    Guessing libraries take Windows-1252 for its Eastern European neighbour; a US roster is never that.
    """
    for encoding in _encodings(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    msg = "is no text file; save it as CSV (UTF-8) or XLSX"
    raise UsageError(msg)


def delimiter_of(text: str) -> str:
    """Return the delimiter under which some row near the top names the most fields; a comma if none does."""
    beginning = text[:200_000]
    return max(DELIMITERS, key=lambda delimiter: _header_strength(beginning, delimiter))


def _encodings(data: bytes) -> tuple[str, ...]:
    if data.startswith(b"\xef\xbb\xbf"):
        return ("utf-8-sig",)
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return ("utf-16",)
    beginning = data[:1000]
    if beginning[1::2].count(0) > len(beginning) // 4:
        return ("utf-16-le",)
    if beginning[0::2].count(0) > len(beginning) // 4:
        return ("utf-16-be",)
    return ("utf-8", "cp1252")


def _header_strength(text: str, delimiter: str) -> int:
    try:
        return max((fields_in(row) for row in islice(_records(text, delimiter), HEADER_WITHIN)), default=0)
    except csv.Error:
        return 0


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    lines = chain(io.StringIO(text, newline=""), (_END,))
    return csv.reader(lines, delimiter=delimiter)


def _all_rows(text: str, delimiter: str) -> list[list[str]]:
    rows = list(islice(_records(text, delimiter), MAX_ROWS + 2))
    if len(rows) > MAX_ROWS + 1:
        msg = f"has more than {MAX_ROWS:,} rows; split it"
        raise UsageError(msg)
    if rows.pop() != [_END]:
        msg = f'a quotation mark (") in row {len(rows) + 1} is never closed; close or remove it'
        raise UsageError(
            msg,
        )
    if max(map(len, rows), default=0) > MAX_COLUMNS:
        msg = f"has more than {MAX_COLUMNS} columns; remove those that are not needed"
        raise UsageError(msg)
    return rows
