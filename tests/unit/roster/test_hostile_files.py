"""Whatever bytes come, only UsageError goes out."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminder.errors import UsageError
from reminder.roster.reading import read_columns, read_roster
from tests.faults.damaged_files import damaged

TODAY = date(2026, 12, 1)


def read(data: bytes) -> None:
    """Read, and let a UsageError of one line pass."""
    for reading in (lambda: read_roster(data, file_name="x", today=TODAY), lambda: read_columns(data, file_name="x")):
        try:
            reading()
        except UsageError as error:
            assert str(error).isprintable()  # noqa: PT017 - a refusal is one of the two good outcomes


@pytest.mark.parametrize(
    ("kind", "files", "seed"),
    [*(("csv", 4_000, seed) for seed in range(4)), ("xlsx", 2_000, 4), ("ods", 1_000, 5), ("xls", 1_000, 6)],
)
def test_a_damaged_file_is_read_or_refused(kind: str, files: int, seed: int) -> None:
    counts, faults = damaged(kind, files, seed)

    assert faults == []
    assert counts[f"{kind} read"] > files / 10
    assert counts[f"{kind} refused"] > files / 10


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
