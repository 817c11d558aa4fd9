"""No cell of a password column, and none of a date column that is no date, is kept or repeated anywhere."""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING

import pytest

from reminder.errors import UsageError
from reminder.roster.model import Field
from reminder.roster.reading import read_columns, read_roster

if TYPE_CHECKING:
    from collections.abc import Callable

    from reminder.roster.model import Roster

    ReadCsv = Callable[..., Roster]

TODAY = date(2026, 12, 1)
SECRET = "Tr0ub4dor&3"


@pytest.mark.parametrize(
    "heading", ["Password", "I&A pw", "PECOS Passwd", "pass", "Secret", "Contrase\u00f1a", "Pwd expires"]
)
def test_a_password_column_is_dropped_with_a_warning_and_its_cells_are_nowhere(
    read_csv: ReadCsv, heading: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    roster = read_csv(f"name,email,role,{heading}", f"Ana,ana@lakeside.example,AO,{SECRET}", f"Bo,x,y,{SECRET}")

    assert [row.name for row in roster.rows] == ["Ana"]
    assert [note.partition(";")[0] for note in roster.notes] == [
        f"column '{heading}' looks like passwords and was dropped unread"
    ]
    assert SECRET not in repr(roster) + caplog.text


@pytest.mark.parametrize(
    "heading", ["Last PW reset", "Password changed", "Password set", "pw updated", "Last reset", "Reset date"]
)
def test_a_date_column_repeats_no_cell_that_is_no_date(read_csv: ReadCsv, heading: str) -> None:
    roster = read_csv(
        f"name,email,role,{heading}", f"Ana,ana@lakeside.example,AO,{SECRET}", "Bo,bo@lakeside.example,AO,10/1/2026"
    )

    assert [row.name for row in roster.rows] == ["Bo"]
    assert [(fault.row, fault.column, fault.value) for fault in roster.rejected] == [(2, "last_reset", "")]
    assert roster.rejected[0].problem.startswith("not a date")
    assert SECRET not in repr(roster)


def test_a_number_in_a_date_column_of_a_workbook_is_not_repeated(read_xlsx: Callable[..., Roster]) -> None:
    roster = read_xlsx([["name", "email", "role", "Password date"], ["Ana", "ana@lakeside.example", "AO", 83461729]])

    assert [(fault.value, fault.problem[:10]) for fault in roster.rejected] == [("", "not a date")]
    assert "83461729" not in repr(roster)


def test_a_second_date_column_with_a_password_word_shows_only_dates(read_csv: ReadCsv) -> None:
    roster = read_csv(
        "name,email,role,last reset,password set",
        f"Ana,ana@lakeside.example,AO,,{SECRET}",
        "Bo,bo@x.example,AO,,1/2/2026",
    )

    assert roster.columns[4].samples == ("1/2/2026",)
    assert SECRET not in repr(roster)


def test_the_mapping_page_sees_no_passwords() -> None:
    columns = read_columns(f"name,email,pass\nAna,x,{SECRET}\n".encode(), file_name="x")

    assert [(column.field, column.dropped, column.samples) for column in columns][2] == (None, True, ())
    assert SECRET not in repr(columns)


@pytest.mark.parametrize(
    "text",
    [
        f"login,password\nana,{SECRET}",
        f"email,password\nana@x.example,{SECRET}",
        f'name,email,role,password\nAna,a@x.example,AO,"{SECRET}',
        f"{SECRET}\n" * 40,
    ],
)
def test_an_error_about_the_whole_file_repeats_no_cell(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_roster(text.encode(), file_name="x", today=TODAY)

    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_password_column_cannot_be_chosen_as_anything() -> None:
    data = f"name,email,role,pass\nAna,ana@lakeside.example,AO,{SECRET}".encode()
    mapping = {0: Field.NAME, 1: Field.EMAIL, 2: Field.ROLE, 3: Field.USER_ID}

    with pytest.raises(UsageError, match="looks like passwords and cannot be imported"):
        read_roster(data, file_name="x", today=TODAY, mapping=mapping)


def test_a_total_below_a_password_column_is_not_looked_at(read_csv: ReadCsv) -> None:
    roster = read_csv("name,email,role,pw", "Ana,ana@lakeside.example,AO,Total", "Bo,,,Total")

    assert [fault.row for fault in roster.rejected] == [3, 3]
