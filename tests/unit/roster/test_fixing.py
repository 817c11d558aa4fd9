"""The rows to fix go back as a file that can be corrected and dropped again."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING

import pytest

from reminder.roster.fixing import rows_to_fix
from reminder.roster.reading import read_people, read_roster, read_table
from reminder.roster.sheets import Sheet, save_csv, save_xlsx
from reminder.roster.table import without_secrets
from reminder.roster.writing import empty_list

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    Save = Callable[[Sheet, BinaryIO], None]

TODAY = date(2026, 12, 1)
SECRET = "Tr0ub4dor&3"
FORMATS = [save_csv, save_xlsx]


def to_fix(*lines: str) -> Sheet:
    table = without_secrets(read_table("\n".join(lines).encode(), file_name="x"))
    roster = read_people(table, file_name="x", today=TODAY)
    return rows_to_fix(table, roster.rejected, TODAY)


def saved(sheet: Sheet, save: Save) -> bytes:
    stream = io.BytesIO()
    save(sheet, stream)
    return stream.getvalue()


def test_the_rows_to_fix_have_the_columns_of_the_file_and_their_problems() -> None:
    sheet = to_fix(
        "Name,Notes,Email,Role",
        "Ana Gil,tea,ana@lakeside.example,AO",
        "Bo Chen,coffee,bo@lakeside,Clerk",
    )
    ((name, notes, email, role, problem),) = sheet.rows

    assert list(sheet.headings) == ["Name", "Notes", "Email", "Role", "Problem"]
    assert (name, notes, email, role) == ("Bo Chen", "coffee", "bo@lakeside", "Clerk")
    assert str(problem).startswith("Email: is no mail address")
    assert "Role: is none of the five I&A roles" in str(problem)


@pytest.mark.parametrize("save", FORMATS)
def test_corrected_rows_are_read_as_they_were_meant(save: Save) -> None:
    sheet = to_fix(
        "Name,Email,Role,Last reset",
        "Ana Gil,ana@lakeside.example,AO,25/11/2026",
        "Bo Chen,bo@lakeside.example,Clerk,03/11/2026",
    )
    corrected = [["SEU" if cell == "Clerk" else cell for cell in row] for row in sheet.rows]
    data = saved(Sheet(name="x", headings=sheet.headings, rows=corrected), save)
    roster = read_roster(data, file_name="x", today=TODAY)

    assert [(row.name, row.reset_on) for row in roster.rows] == [("Bo Chen", date(2026, 11, 3))]


@pytest.mark.parametrize("save", FORMATS)
def test_the_day_of_the_days_left_goes_with_the_rows(save: Save) -> None:
    sheet = to_fix("As of 11/20/2026", "Name,Email,Role,Days left", "Bo Chen,bo@lakeside.example,Clerk,17")
    roster = read_roster(saved(sheet, save), file_name="x", today=TODAY)

    assert sheet.title == "Days left as of 2026-11-20"
    assert roster.rejected[0].row == 3
    corrected = Sheet(
        name="x", title=sheet.title, headings=sheet.headings, rows=[["Bo", "bo@x.example", "AO", "17", ""]]
    )
    assert read_roster(saved(corrected, save), file_name="x", today=TODAY).rows[0].as_of == date(2026, 11, 20)


@pytest.mark.parametrize("save", FORMATS)
def test_no_password_is_in_the_rows_to_fix(save: Save) -> None:
    sheet = to_fix(
        "Name,Email,Role,PECOS password,Last PW reset,,Notes",
        f"Bo Chen,bo@lakeside.example,Clerk,{SECRET},{SECRET},{SECRET},x",
    )
    data = saved(sheet, save)
    roster = read_roster(data, file_name="x", today=TODAY)

    assert SECRET not in repr(sheet.rows)
    assert [column.header for column in roster.columns] == [
        "Name",
        "Email",
        "Role",
        "Last PW reset",
        "Notes",
        "Problem",
    ]
    assert SECRET not in repr(roster)


def test_what_stood_where_a_date_belongs_is_neither_kept_nor_passed_over() -> None:
    table = without_secrets(
        read_table(f"Name,Email,Role,Last reset\nBo,bo@x.example,AO,{SECRET}\n".encode(), file_name="x")
    )
    roster = read_people(table, file_name="x", today=TODAY)

    assert SECRET not in repr(table)
    assert [fault.column for fault in roster.rejected] == ["last_reset"]


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1"])
def test_no_cell_can_run_as_a_formula(cell: str) -> None:
    sheet = Sheet(name="x", headings=["Name", "=Head"], rows=[[cell, date(2026, 12, 1)]], title="=1")
    text = saved(sheet, save_csv).decode("utf-8-sig")

    assert f"\"'{cell}" in text or f"'{cell.strip()}" in text
    assert '"\'=Head"' in text
    assert text.startswith('"\'=1"')


def test_a_file_of_rows_to_fix_is_fixed_once_more_without_a_second_problem_column() -> None:
    sheet = to_fix("Name,Email,Role,Problem", "Bo Chen,bo@lakeside.example,Clerk,as before")

    assert list(sheet.headings) == ["Name", "Email", "Role", "Problem"]


@pytest.mark.parametrize("save", FORMATS)
def test_the_empty_list_is_one_that_can_be_read(save: Save) -> None:
    roster = read_roster(saved(empty_list(), save), file_name="x", today=TODAY)

    assert roster.rows == ()
    assert all(column.field for column in roster.columns)


def test_rows_that_hold_nobody_are_counted() -> None:
    data = b"name,email,role\nAna,ana@x.example,AO\n,,\n,,\nBo,bo@x.example,AO\nTotal: 2,,\n"

    assert read_roster(data, file_name="x", today=TODAY).ignored == 3
