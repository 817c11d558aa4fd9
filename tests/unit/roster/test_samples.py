"""The samples come out exactly as their README says."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from reminder.policy.model import Role
from reminder.roster.reading import read_roster

if TYPE_CHECKING:
    from reminder.roster.model import Roster

SAMPLES = Path(__file__).parents[2] / "samples"
TODAY = date(2026, 12, 1)


def read(name: str) -> Roster:
    return read_roster((SAMPLES / name).read_bytes(), file_name=name, today=TODAY)


def test_the_clean_roster_is_taken_whole() -> None:
    roster = read("roster-clean.csv")

    assert [(row.row, row.name, row.reset_on) for row in roster.rows] == [
        (2, "Alma Reyes", date(2026, 10, 5)),
        (3, "Ben Okafor", date(2026, 11, 2)),
        (4, "Chlo\u00e9 Dubois", date(2026, 10, 12)),
        (5, "Dmitri Volkov", date(2026, 9, 30)),
        (6, "Erin O'Brien", date(2026, 11, 20)),
        (7, "Farah Haddad", None),
        (8, "Grace Nguy\u1ec5n", date(2026, 11, 30)),
        (9, "Hiro Tanaka", date(2026, 10, 17)),
    ]
    assert roster.rows[-1].role is Role.ACCESS_MANAGER
    assert roster.rejected == ()


def test_of_the_excel_export_five_are_taken() -> None:
    roster = read("roster-excel-export.csv")

    assert [(row.row, row.name, row.email, row.role, row.reset_on) for row in roster.rows] == [
        (5, "Iv\u00e1n Mu\u00f1oz", "ivan.munoz@lakeside.example", Role.STAFF_END_USER, date(2026, 10, 28)),
        (6, "Karin J\u00e4ger", "karin.jaeger@lakeside.example", Role.SURROGATE, date(2026, 9, 3)),
        (7, "Min-Jun Lee", "minjun.lee@lakeside.example", Role.AUTHORIZED_OFFICIAL, date(2026, 11, 14)),
        (8, "John Smith", "john.smith@lakeside.example", Role.STAFF_END_USER, date(2026, 10, 3)),
        (15, "Su Tran", "su.tran@lakeside.example", Role.ACCESS_MANAGER, None),
    ]


def test_of_the_excel_export_six_are_refused_by_row_column_and_reason() -> None:
    rejected = read("roster-excel-export.csv").rejected

    assert [(fault.row, fault.column, fault.header) for fault in rejected] == [
        (9, "email", "E-mail Address"),
        (10, "email", "E-mail Address"),
        (11, "email", "E-mail Address"),
        (12, "role", "I&A Role"),
        (13, "last_reset", "Last PW Reset"),
        (14, "last_reset", "Last PW Reset"),
    ]
    reasons = (
        "same person as in row 8",
        "group mailbox",
        "incomplete",
        "Staff End User",
        "in the future",
        "no such day",
    )
    assert all(reason in fault.problem for reason, fault in zip(reasons, rejected, strict=True))


def test_of_the_excel_export_the_reading_of_its_slashes_is_told() -> None:
    assert read("roster-excel-export.csv").notes == (
        "not imported: 'Notes'",
        "column 'Last PW Reset' read as month/day/year",
    )


def test_of_the_workbook_four_are_taken() -> None:
    rows = read("roster.xlsx").rows

    assert [(row.row, row.name, row.user_id, row.reset_on, row.days_left, row.as_of) for row in rows] == [
        (5, "Vera Ito", "VITO", None, 17, TODAY),
        (6, "Wes Young", "WYOUNG", date(2026, 11, 9), None, None),
        (7, "Xiu Zhang", "1234567", None, 0, TODAY),
        (10, "Zed Brown", "ZBROWN", date(2026, 10, 4), None, None),
    ]


def test_of_the_workbook_three_are_refused() -> None:
    rejected = read("roster.xlsx").rejected

    assert [(fault.row, fault.column) for fault in rejected] == [(8, "days_left"), (11, "name"), (12, "email")]
    assert "61 is more than 60" in rejected[0].problem
    assert "is a formula" in rejected[1].problem
    assert "address already belongs to Vera Ito (row 5)" in rejected[2].problem


def test_of_the_workbook_the_passwords_are_nowhere() -> None:
    roster = read("roster.xlsx")

    assert not any(password in repr(roster) for password in ("Summer2026", "hunter2"))
    assert "'PECOS Password' looks like passwords and was dropped unread" in roster.notes[0]
    assert "sheet 'Staff' was read, not 'Old staff'" in roster.notes
