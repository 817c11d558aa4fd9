from __future__ import annotations

import pytest

from reminder.roster.headers import fields_in, guess_columns, is_secret
from reminder.roster.model import Field


@pytest.mark.parametrize(
    ("headings", "field"),
    [
        (
            "Name|Full Name|EMPLOYEE|Employee name|Staff member|Staff|Last, First|Name (Last, First)|team member",
            Field.NAME,
        ),
        ("First|First Name|first_name|FirstName|Given name|FNAME|Forename", Field.FIRST),
        ("Last|Last Name|last-name|Surname|Family name|LNAME", Field.LAST),
        (
            "Email|E-mail|E-Mail Address|e mail|eMail|Work email|Personal e-mail|Mail|Email (work)|I&A email",
            Field.EMAIL,
        ),
        ("Second email|2nd E-mail|Email 2|Alternate email address|Backup e-mail|Other email", Field.SECOND_EMAIL),
        ("Role|I&A Role|IA role|Role in I&A|User type|User role|PECOS role", Field.ROLE),
        ("Practice|Practice name|Clinic|Location|Organization|Facility", Field.PRACTICE),
        ("User ID|user_id|UserID|I&A user ID|IA user|Login|Username|User name|Login ID|PECOS user id", Field.USER_ID),
        (
            (
                "Last reset|last_reset|Last PW Reset|Password last changed|PW changed on|Reset date|Last change|Date changed"
                "|pwdLastSet|PASSWORDLASTSET|Last Password Change Date|Password date|Password updated|Secret last set|Reset"
            ),
            Field.LAST_RESET,
        ),
        (
            "Days left|DAYS LEFT|Days remaining|Days until expiration|Expires in|Expires in (days)|days to go",
            Field.DAYS_LEFT,
        ),
        ("As of|as-of date|Seen on|Date seen|Checked on", Field.AS_OF),
        ("Expires|Expires on|Expiration date|Expiry|PW expiry date", Field.EXPIRES),
    ],
)
def test_a_heading_is_understood_in_its_many_forms(headings: str, field: Field) -> None:
    for heading in headings.split("|"):
        assert [column.field for column in guess_columns([heading])] == [field], heading


@pytest.mark.parametrize(
    "heading",
    [
        "", "Notes", "NPI", "Employee ID", "ID", "Date", "Date of birth", "Last login", "Phone", "Title", "Status",
        "Practice email", "Supervisor email", "Email sent", "Days since last change", "Days worked", "Hire date",
        "Expires (for information)", "Days left (for information)", "x" * 500,
    ],
)  # fmt: skip
def test_other_headings_are_left_alone(heading: str) -> None:
    assert [(column.field, column.dropped) for column in guess_columns([heading])] == [(None, False)]


@pytest.mark.parametrize(
    "heading",
    [
        "Password", "PASSWORD", "Passwords", "PECOS Password", "I&A pw", "PW", "p w d PWD", "pwd:", "Passwd", "Pass",
        "Secret", "Secret answer", "Contrase\u00f1a", "Contrasena", "Contrasen\u0303a", "iaPassword", "IAPASSWORD", "P\u00e1ss pw",
        "Current\nPassword", "Password (current)", "Password expires", "PW days left", "Passphrase", "pass-word / pass",
    ],
)  # fmt: skip
def test_a_heading_that_announces_passwords_is_dropped(heading: str) -> None:
    assert [(column.field, column.dropped) for column in guess_columns([heading])] == [(None, True)]


@pytest.mark.parametrize(
    "heading", ["Passport", "Compass", "Password last changed", "PW set", "Password date", "By-pass road?"]
)
def test_a_date_word_or_another_word_is_no_password_column(heading: str) -> None:
    assert is_secret(heading) is (heading == "By-pass road?")


def test_first_and_last_name_go_before_a_full_name() -> None:
    columns = guess_columns(["Name", "First name", "Last name"])

    assert [column.field for column in columns] == [None, Field.FIRST, Field.LAST]


def test_a_name_beside_a_last_name_is_the_first_name() -> None:
    assert [column.field for column in guess_columns(["Name", "Last name"])] == [Field.FIRST, Field.LAST]


def test_a_further_column_of_addresses_is_the_second_address() -> None:
    columns = guess_columns(["Personal email", "Work email", "Login email"])

    assert [column.field for column in columns] == [Field.EMAIL, Field.SECOND_EMAIL, None]


def test_the_plainer_heading_wins_then_the_first() -> None:
    columns = guess_columns(["Password set by", "Last reset", "Reset date"])

    assert [column.field for column in columns] == [None, Field.LAST_RESET, None]


def test_an_expiry_date_counts_only_where_nothing_better_is_there() -> None:
    assert [column.field for column in guess_columns(["Expires on", "Last reset"])] == [None, Field.LAST_RESET]
    assert [column.field for column in guess_columns(["Expires on", "Days left"])] == [None, Field.DAYS_LEFT]
    assert [column.field for column in guess_columns(["Expires on"])] == [Field.EXPIRES]


@pytest.mark.parametrize(
    ("row", "strength"),
    [
        (["Name", "Email", "Role"], 3),
        (["Email", "Notes"], 0),
        (["Role", "Practice"], 0),
        (["Role", "Email"], 2),
        ([], 0),
    ],
)
def test_a_header_row_names_somebody_and_something(row: list[str], strength: int) -> None:
    assert fields_in(row) == strength
