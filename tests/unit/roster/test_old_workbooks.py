"""XLS files that would make the cell reader fill the memory, which ends the process, or go round for ever."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

import pytest

from reminder.errors import UsageError
from reminder.roster import xls_records
from reminder.roster.ole import CompoundFile, packed_alone
from tests.unit.roster.test_workbooks import OLD_EXCEL, read, record, with_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def patched(stream: bytes, kind: int, change: Callable[[bytes], bytes]) -> bytes:
    """Return the old workbook, its first record of a kind changed; `change` keeps its length."""
    made, place = bytearray(stream), 0
    while True:
        found, length = struct.unpack_from("<HH", made, place)
        if found == kind:
            made[place + 4 : place + 4 + length] = change(bytes(made[place + 4 : place + 4 + length]))
            return packed_alone(bytes(made))
        place += 4 + length


OLD_STREAM = CompoundFile(OLD_EXCEL).stream("Workbook")
BOUNDLESS = struct.pack("<IIHHH", 0x12000000, 1, 0, 256, 0)
"""From row 301,989,889 to row 1: the reader would make room for 160 GB, which ends the process."""


def names(data: bytes) -> list[str]:
    return [row.name for row in read(data, "roster.xls").rows]


def with_header(place: int, value: int) -> bytes:
    """Return the old workbook with a number in its container's header changed ([MS-CFB] 2.2)."""
    made = bytearray(OLD_EXCEL)
    made[place : place + 4] = value.to_bytes(4, "little")
    return bytes(made)


@pytest.mark.parametrize(
    "data",
    [
        patched(OLD_STREAM, 0x200, lambda _: BOUNDLESS),
        patched(OLD_STREAM, 0x200, lambda _: struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 0xFFFF, 0)),
        with_header(44, 0xFFFFFFFF),
        with_header(62, 0xFFFFFFFF),
        with_header(72, 0xFFFFFFFF),
        with_stream("Workbook", more=0xFFFFFFFF),
    ],
    ids=["backwards", "as far as can be", "tables", "mini table", "further tables", "size"],
)
def test_what_an_xls_file_says_of_its_size_is_not_believed(data: bytes) -> None:
    assert names(data) == ["Ana Gil", "Bob Hale"]


def test_a_chain_of_sectors_that_goes_round_ends() -> None:
    directory = int.from_bytes(OLD_EXCEL[48:52], "little")
    table = 512 * (int.from_bytes(OLD_EXCEL[76:80], "little") + 1)
    data = bytearray(OLD_EXCEL)
    data[table + 4 * directory : table + 4 * directory + 4] = directory.to_bytes(4, "little")

    assert names(bytes(data)) == ["Ana Gil", "Bob Hale"]


@pytest.mark.parametrize("size", [1, 4_096, 4_097, 1_022 * 4_096, 1_023 * 4_096, 20 * 1024 * 1024])
def test_a_stream_that_is_packed_alone_is_read_again(size: int) -> None:
    stream = random.Random(size).randbytes(size)
    packed = packed_alone(stream)

    assert CompoundFile(packed).stream("Workbook").rstrip(b"\0") == stream.rstrip(b"\0")
    assert len(packed) <= size + 4_096 * 8


BOF, EOF = record(0x809, bytes(16)), record(0x0A, b"")


def book(*sheets: bytes, starts: Sequence[int] | None = None, texts: bytes = b"") -> bytearray:
    """Return the records of a workbook with these sheets; `starts`: where it says they begin."""
    before = len(BOF) + 12 * len(starts or sheets) + len(texts) + len(EOF)
    places = starts or [before + sum(map(len, sheets[:number])) for number in range(len(sheets))]
    tabs = [record(0x85, place.to_bytes(4, "little") + bytes(4)) for place in places]
    return bytearray(BOF + b"".join(tabs) + texts + EOF + b"".join(sheets))


def number(row: int, column: int) -> bytes:
    return record(0x203, struct.pack("<HHHd", row, column, 0, 1.0))


def test_what_follows_a_chart_in_an_xls_sheet_belongs_to_the_sheet() -> None:
    sheet = BOF + BOF + EOF + record(0x200, BOUNDLESS) + number(4, 3) + EOF
    stream = book(sheet)
    (found,) = xls_records._sheets(stream)

    assert (found.rows, found.columns) == (5, 4)
    assert BOUNDLESS not in stream


def test_sheets_of_an_xls_file_that_lie_in_the_same_place_are_refused() -> None:
    sheet = BOF + number(0, 0) * 99 + EOF
    first = len(book(sheet, sheet)) - 2 * len(sheet)

    assert len(xls_records._sheets(book(sheet, sheet))) == 2
    with pytest.raises(UsageError, match="damaged"):
        xls_records._sheets(book(sheet, starts=[first] * 2))


@pytest.mark.parametrize("inside", [0, 4, 20])
def test_a_sheet_of_an_xls_file_that_lies_in_another_or_before_all_is_refused(inside: int) -> None:
    sheet = BOF + number(0, 0) * 9 + EOF
    first = len(book(sheet, sheet)) - 2 * len(sheet)

    for starts in ([first + inside, first], [first, first + inside], [inside, first]):
        with pytest.raises(UsageError, match="damaged"):
            xls_records._sheets(book(sheet, starts=starts))


def test_sheets_of_an_xls_file_may_lie_in_another_order_than_their_tabs() -> None:
    one, two = BOF + number(0, 0) + EOF, BOF + number(1, 1) + EOF
    first = len(book(one, two)) - len(one) - len(two)
    found = xls_records._sheets(book(one, two, starts=[first + len(one), first]))

    assert [sheet.rows for sheet in found] == [2, 1]


def test_sheets_of_an_xls_file_that_are_too_large_together_are_refused() -> None:
    sheet = BOF + number(49_999, 39) + EOF

    assert len(xls_records._sheets(book(sheet, sheet))) == 2
    with pytest.raises(UsageError, match="too large together"):
        xls_records._sheets(book(sheet, sheet, BOF + number(0, 0) + EOF))


def test_a_table_of_texts_that_holds_more_than_it_says_is_counted_whole() -> None:
    table = bytes(4) + (1).to_bytes(4, "little") + b"\1\0\0a" + b"\2\0\0bc"

    assert xls_records._text_lengths([table]) == [1, 2]


def test_of_two_tables_of_texts_the_last_one_holds() -> None:
    long, short = (bytes(8) + size.to_bytes(2, "little") + b"\0" + b"x" * size for size in (8_000, 1))
    uses = b"".join(record(0xFD, struct.pack("<HHHI", row, 0, 0, 0)) for row in range(12_501))
    sheet = BOF + uses + EOF

    assert xls_records._sheets(book(sheet, texts=record(0xFC, long) + record(0xFC, short)))[0].rows == 12_501
    with pytest.raises(UsageError, match="same long text"):
        xls_records._sheets(book(sheet, texts=record(0xFC, short) + record(0xFC, long)))
