from __future__ import annotations

import io

import pytest
import xlsxwriter

from reminder.roster.matching import questions, suggested
from reminder.roster.model import Field
from reminder.roster.reading import read_table
from reminder.roster.table import with_mapping

PEOPLE = "Ana Gil,ana@lakeside.example,AO"


def asked(*lines: str) -> list[str]:
    return questions(read_table("\n".join(lines).encode(), file_name="x"))


@pytest.mark.parametrize(
    ("headings", "row"),
    [
        ("name,email,role", PEOPLE),
        ("name,email,role,notes", f"{PEOPLE},likes tea"),
        ("name,email,role,last reset,hire date", f"{PEOPLE},10/1/2026,1/1/2020"),
        ("name,first name,last name,email,role", "Ana Gil,Ana,Gil,ana@lakeside.example,AO"),
        ("name,email,second email,role", "Ana Gil,ana@lakeside.example,ana@home.example,AO"),
        ("name,email,role,last reset,expires", f"{PEOPLE},10/1/2026,11/30/2026"),
        ("name,email,role,password", f"{PEOPLE},10/1/2026"),
        ("name,email,role,badge", f"{PEOPLE},"),
        ("name,email,role,badge", f"{PEOPLE},7731"),
    ],
)
def test_a_plain_list_raises_no_question(headings: str, row: str) -> None:
    assert asked(headings, row) == []


@pytest.mark.parametrize(
    ("headings", "row", "question"),
    [
        ("name,email,position", PEOPLE, "No heading says which column holds the role"),
        ("name,contact,role", PEOPLE, "No heading says which column holds the address"),
        ("name,email,e-mail address,role", "Ana,a@x.example,b@x.example,AO", "'email' and 'e-mail address' both look"),
        ("name,email,email,role", "Ana,a@x.example,b@x.example,AO", "'email' and 'email' both look"),
        ("name,email,role,I&A role", f"{PEOPLE},AO", "'role' and 'I&A role' both look like: Role"),
        ("name,email,role,last login", f"{PEOPLE},10/1/2026", "'last login' holds dates"),
        ("name,email,role,left", f"{PEOPLE},17", "'left' holds numbers of days"),
    ],
)
def test_what_is_unclear_is_asked(headings: str, row: str, question: str) -> None:
    (found,) = asked(headings, row)

    assert found.startswith(question)


def test_what_was_chosen_for_something_else_is_asked_about_no_more() -> None:
    table = read_table(b"name,email,e-mail address,role\nAna,a@x.example,b@x.example,AO\n", file_name="x")
    chosen = {0: Field.NAME, 1: Field.USER_ID, 2: Field.EMAIL, 3: Field.ROLE}

    assert len(questions(table)) == 1
    assert questions(with_mapping(table, chosen)) == []


def test_what_no_heading_says_is_suggested_by_the_values() -> None:
    table = read_table(b"name,contact,fax,position,pw\nAna Gil,ana@x.example,none,SEU,a@x.example\n", file_name="x")

    assert suggested(table) == {0: Field.NAME, 1: Field.EMAIL, 3: Field.ROLE}


def test_a_sheet_with_known_headings_is_preferred_to_one_with_a_single_one() -> None:
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream)
    for row in (["Staff", "How to use", "this list"], ["Name", "Email", "Role"]):
        workbook.add_worksheet().write_row(0, 0, row)
    workbook.close()

    assert read_table(stream.getvalue(), file_name="x").grid.name == "Sheet2"


def test_nothing_is_suggested_twice_or_against_a_heading() -> None:
    table = read_table(b"name,email,manager,backup\nAna,ana@x.example,bo@x.example,cy@x.example\n", file_name="x")

    assert suggested(table) == {0: Field.NAME, 1: Field.EMAIL}
