"""Takes one stream out of an OLE2 compound file, the container of .xls and of encrypted .xlsx files, and packs it anew."""

from __future__ import annotations

import struct
from itertools import islice
from typing import TYPE_CHECKING

from reminder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_END = 0xFFFFFFFA
"""Sector numbers from here on mean: no sector."""
_IN_HEADER = 109
_DAMAGED = "is damaged; open it and save it again as XLSX"


class CompoundFile:
    """The streams of a compound file by name. Every chain of sectors is followed at most once around the file."""

    def __init__(self, data: bytes) -> None:
        """Read the tables of sectors and the directory; raise UsageError if they make no sense."""
        try:
            self._read(data)
        except (struct.error, IndexError, ValueError):
            raise UsageError(_DAMAGED) from None

    def __contains__(self, name: str) -> bool:
        """Tell whether there is a stream or storage called `name`."""
        return name in self._entries

    def stream(self, name: str) -> bytes:
        """Return the bytes of a stream; raise UsageError if its sectors are not there."""
        start, size = self._entries[name]
        try:
            if size >= self._cutoff:
                return self._chain(start)[:size]
            pieces = [self._mini[64 * number : 64 * number + 64] for number in self._numbers(self._mini_fat, start)]
        except IndexError:
            raise UsageError(_DAMAGED) from None
        return b"".join(pieces)[:size]

    def _read(self, data: bytes) -> None:
        self._data = data
        shift, _ = struct.unpack_from("<HH", data, 30)
        if shift not in {9, 12}:
            raise ValueError(shift)
        self._size = 1 << shift
        directory, _, self._cutoff, mini_start, _, extra_start, _ = struct.unpack_from("<7I", data, 48)
        self._fat: Sequence[int] = [
            entry for number in self._table_sectors(extra_start) for entry in self._integers(number)
        ]
        self._entries = dict(_entries(self._chain(directory)))
        self._mini_fat = _as_integers(self._chain(mini_start))
        root = self._entries.get("Root Entry")
        self._mini = self._chain(root[0]) if root else b""

    def _table_sectors(self, extra: int) -> Iterator[int]:
        yield from (number for number in struct.unpack_from(f"<{_IN_HEADER}I", self._data, 76) if number < _END)
        for _ in range(len(self._data) // self._size):
            if extra >= _END:
                return
            *numbers, extra = self._integers(extra)
            yield from (number for number in numbers if number < _END)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        if start >= len(self._data):
            raise IndexError(number)
        return self._data[start : start + self._size]

    def _integers(self, number: int) -> Sequence[int]:
        return _as_integers(self._sector(number))

    def _numbers(self, table: Sequence[int], start: int) -> Iterator[int]:
        for _ in range(len(table)):
            if start >= _END:
                return
            yield start
            start = table[start]

    def _chain(self, start: int) -> bytes:
        most = len(self._data) // self._size + 1
        return b"".join(self._sector(number) for number in islice(self._numbers(self._fat, start), most))


def _as_integers(data: bytes) -> Sequence[int]:
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])


def _entries(directory: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
    for place in range(0, len(directory) - 127, 128):
        length = struct.unpack_from("<H", directory, place + 64)[0]
        start, size = struct.unpack_from("<II", directory, place + 116)
        if 2 <= length <= 64:
            yield directory[place : place + length - 2].decode("utf-16-le", "replace"), (start, size)


_PAGE = 4096
_FREE, _CHAIN_END, _OF_TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def packed_alone(stream: bytes, name: str = "Workbook") -> bytes:
    """Return a compound file of version 4 that holds a stream of at least one byte, and nothing else ([MS-CFB] 2).

    Readers believe the tables and counts of a container, and fill the memory or go round for ever if these are wrong.
    """
    pages = max(1, -(-len(stream) // _PAGE))
    tables = next(count for count in range(1, _IN_HEADER + 1) if count * _PAGE // 4 >= pages + 1 + count)
    header = struct.pack(
        "<8s16x5H6x9I",
        *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 4, 0xFFFE, 12, 6),
        *(1, tables, pages, 0, _PAGE, _CHAIN_END, 0, _CHAIN_END, 0),
    )
    places = [*range(pages + 1, pages + 1 + tables), *[_FREE] * (_IN_HEADER - tables)]
    chain = [*range(1, pages), _CHAIN_END, _CHAIN_END, *[_OF_TABLE] * tables]
    table = [*chain, *[_FREE] * (tables * _PAGE // 4 - len(chain))]
    directory = _entry("Root Entry", kind=5, child=1, start=0, size=0) + _entry(
        name, kind=2, child=_FREE, start=0, size=pages * _PAGE
    )
    return b"".join(
        (
            (header + struct.pack(f"<{_IN_HEADER}I", *places)).ljust(_PAGE, b"\0"),
            stream.ljust(pages * _PAGE, b"\0"),
            directory.ljust(_PAGE, b"\0"),
            struct.pack(f"<{len(table)}I", *table),
        )
    )


def _entry(name: str, *, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    return struct.pack("<64sHBB3I36xIQ", text, len(text) + 2, kind, 1, _FREE, _FREE, child, start, size)
