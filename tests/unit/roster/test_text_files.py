from __future__ import annotations

import codecs
from datetime import date
from typing import TYPE_CHECKING

import pytest

from reminder.errors import UsageError
from reminder.roster.grid import MAX_COLUMNS, MAX_ROWS, MAX_UPLOAD
from reminder.roster.reading import read_roster
from reminder.roster.text_grid import text_grid

if TYPE_CHECKING:
    from collections.abc import Callable

    from reminder.roster.model import Roster

    ReadCsv = Callable[..., Roster]

TODAY = date(2026, 12, 1)
HEADER = "name,email,role"
IVAN = "Iv\u00e1n Mu\u00f1oz,ivan@lakeside.example,SEU"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_encodings_of_a_us_office_are_told_apart(read_csv: ReadCsv, encoding: str) -> None:
    assert [row.name for row in read_csv(HEADER, IVAN, encoding=encoding).rows] == ["Iv\u00e1n Mu\u00f1oz"]


def test_a_byte_order_mark_is_no_part_of_the_first_heading() -> None:
    grid = text_grid(b'\xef\xbb\xbf"Name, last first",Email\r\n"Smith, Ann",ann@x.example\r\n')

    assert grid.rows == [["Name, last first", "Email"], ["Smith, Ann", "ann@x.example"]]


def test_utf_16_with_its_mark_in_big_endian_is_read() -> None:
    data = codecs.BOM_UTF16_BE + f"{HEADER}\n{IVAN}".encode("utf-16-be")

    assert len(read_roster(data, file_name="x.txt", today=TODAY).rows) == 1


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_told_by_the_header(delimiter: str, newline: str) -> None:
    text = f"Title, with; marks{newline}{HEADER}{newline}{IVAN}{newline}".replace(",", delimiter)

    assert len(read_roster(text.encode(), file_name="x.csv", today=TODAY).rows) == 1


def test_commas_inside_names_do_not_make_a_semicolon_file_a_comma_file(read_csv: ReadCsv) -> None:
    roster = read_csv("Name;Email;Role", "Gil, Ana;ana@lakeside.example;AO", "Hale, Bob;bob@lakeside.example;AO")

    assert [row.name for row in roster.rows] == ["Ana Gil", "Bob Hale"]


def test_a_line_of_excel_that_names_the_delimiter_is_no_row(read_csv: ReadCsv) -> None:
    assert [row.row for row in read_csv("sep=;", "name;email;role", IVAN.replace(",", ";")).rows] == [2]


def test_line_breaks_inside_quotes_belong_to_the_cell_and_count_as_one_row(read_csv: ReadCsv) -> None:
    roster = read_csv('"Full\nname","E-\nmail",role,notes', "", IVAN + ',"two\nlines"', IVAN, "x,y,z")

    assert [row.row for row in roster.rows] == [3]
    assert [fault.row for fault in roster.rejected] == [4, 5, 5]


def test_short_and_long_rows_are_read_as_far_as_they_go(read_csv: ReadCsv) -> None:
    roster = read_csv(HEADER + ",user id", IVAN, "Ana Gil,ana@lakeside.example,AO,AGIL,extra,cells")

    assert [row.user_id for row in roster.rows] == [None, "AGIL"]


def test_a_quotation_mark_inside_a_word_is_kept(read_csv: ReadCsv) -> None:
    assert read_csv(HEADER, 'Bob "Bo" Hale,bob@lakeside.example,AO').rows[0].name == 'Bob "Bo" Hale'


def test_a_quotation_mark_that_is_never_closed_does_not_swallow_the_rest(read_csv: ReadCsv) -> None:
    with pytest.raises(UsageError, match=r"^roster.csv: a quotation mark .* in row 3 is never closed"):
        read_csv(HEADER, IVAN, '"Ana,ana@lakeside.example,AO', "Bob,bob@lakeside.example,AO")


def test_a_header_that_names_nothing_we_know_is_one_clear_error(read_csv: ReadCsv) -> None:
    with pytest.raises(UsageError, match=r"no header row in the first 30 rows; .* Name, Email, Role"):
        read_csv("foo,bar", "1,2")


@pytest.mark.parametrize(("titles", "found"), [(29, True), (30, False)])
def test_the_header_is_looked_for_in_the_first_30_rows(read_csv: ReadCsv, titles: int, found: bool) -> None:
    lines = ("title",) * titles + (HEADER, IVAN)
    if found:
        assert read_csv(*lines).rows[0].row == 31
    else:
        with pytest.raises(UsageError, match="no header row"):
            read_csv(*lines)


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        (
            "name,email",
            r"no column for the role \(Role: Individual Provider, .*\); row 1 has the columns 'name', 'email'",
        ),
        ("name,role", "no column for the address"),
        ("email,role", "no column for the name"),
        ("email,notes,user id", "no column for the name .* and for the role"),
    ],
)
def test_a_column_without_which_nobody_can_be_registered_is_missed_by_name(
    read_csv: ReadCsv, header: str, missing: str
) -> None:
    with pytest.raises(UsageError, match=missing):
        read_csv(header, "a,b,c")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b"\r\n \n", "is empty"),
        (b"\xef\xbb\xbf", "no header"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"<html><table>", "is a web page"),
        (b"{\\rtf1", "text document"),
        (b"\x89PNG\r\n", "picture"),
        (b"\xff\xd8\xff\xe0", "picture"),
        (b"name,email,role\n\x81\x8d", "no text file"),
        (b"\xff\xfe\x00", "no text file"),
        (b"x" * (MAX_UPLOAD + 1), "larger than 20 MB"),
        (b'name,email,role\n"' + b"x" * 200_000 + b'"', "field larger"),
    ],
)
def test_what_is_no_table_is_refused_with_the_cure(data: bytes, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as refused:
        read_roster(data, file_name="staff\nlist.csv", today=TODAY)

    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith("staff list.csv: ")


def test_a_file_of_the_largest_size_is_looked_at() -> None:
    line = b"x" * 999 + b"\n"
    with pytest.raises(UsageError, match="no header row"):
        read_roster((line * (MAX_UPLOAD // 1000 + 1))[:MAX_UPLOAD], file_name="x", today=TODAY)


@pytest.mark.parametrize(("rows", "fits"), [(MAX_ROWS, True), (MAX_ROWS + 1, False)])
def test_rows_are_limited(rows: int, fits: bool) -> None:
    data = f"{HEADER}\n{IVAN}\n".encode() + b"\n" * (rows - 2)
    if fits:
        assert len(read_roster(data, file_name="x", today=TODAY).rows) == 1
    else:
        with pytest.raises(UsageError, match="more than 200,000 rows"):
            read_roster(data, file_name="x", today=TODAY)


@pytest.mark.parametrize(("extra", "fits"), [(MAX_COLUMNS - 3, True), (MAX_COLUMNS - 2, False)])
def test_columns_are_limited(read_csv: ReadCsv, extra: int, fits: bool) -> None:
    if fits:
        assert len(read_csv(HEADER + "," * extra, IVAN).rows) == 1
    else:
        with pytest.raises(UsageError, match="more than 200 columns"):
            read_csv(HEADER + "," * extra, IVAN)
