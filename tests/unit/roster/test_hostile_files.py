"""Whatever bytes come, only UsageError goes out."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminder.errors import UsageError
from reminder.roster.reading import read_columns, read_roster

FILES = [*sorted((Path(__file__).parents[2] / "samples").glob("roster*")), Path(__file__).with_name("old-excel.xls")]
TODAY = date(2026, 12, 1)


def read(data: bytes) -> None:
    """Read, and let a UsageError of one line pass."""
    for reading in (lambda: read_roster(data, file_name="x", today=TODAY), lambda: read_columns(data, file_name="x")):
        try:
            reading()
        except UsageError as error:
            assert str(error).isprintable()  # noqa: PT017 - a refusal is one of the two good outcomes


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("seed", range(100))
def test_a_damaged_file_is_read_or_refused(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 3, 20])):
        place = chance.randrange(len(data))
        kind = chance.randrange(4)
        if kind == 0:
            data[place] = chance.randrange(256)
        elif kind == 1:
            del data[place : place + chance.randrange(1, 50)]
        elif kind == 2:
            data[place:place] = chance.randbytes(4)
        else:
            data[place : place + 4] = b"\xff\xff\xff\xff"

    read(bytes(data))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    read(data)
    read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + data)
    read(b"PK\x03\x04" + data)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_below_a_good_header_is_refused_or_read(text: str) -> None:
    read(f"name,email,role,days left,last reset,practice,user id\n{text}".encode("utf-8", "surrogatepass"))


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.text(max_size=12) | st.sampled_from(["name", "email", "role", "=?x", "1/2/2026"]), max_size=6),
        max_size=5,
    )
)
def test_any_table_is_refused_or_read(table: list[list[str]]) -> None:
    read("\n".join(",".join(row) for row in table).encode("utf-8", "replace"))
