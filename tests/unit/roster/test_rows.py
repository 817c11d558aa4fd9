from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from reminder.errors import UsageError
from reminder.policy.model import Role
from reminder.roster.model import Field, RosterRow
from reminder.roster.reading import read_columns, read_roster

if TYPE_CHECKING:
    from collections.abc import Callable

    from reminder.roster.model import Roster

    ReadCsv = Callable[..., Roster]

    ReadOne = Callable[..., Roster]

TODAY = date(2026, 12, 1)
HEADER = "name,email,role,user id,practice,second email"
ANA = "Ana Gil,ana@lakeside.example,AO,AGIL,North,ana@home.example"


def test_a_row_carries_all_that_its_cells_say(read_csv: ReadCsv) -> None:
    roster = read_csv(HEADER + ",last reset,days left,as of", ANA + ",10/3/2026,17,11/30/2026")

    assert roster.rows == (
        RosterRow(
            row=2,
            name="Ana Gil",
            email="ana@lakeside.example",
            role=Role.AUTHORIZED_OFFICIAL,
            second_email="ana@home.example",
            practice="North",
            user_id="AGIL",
            reset_on=date(2026, 10, 3),
            days_left=17,
            as_of=date(2026, 11, 30),
        ),
    )


def test_a_rejection_is_told_to_scripts_with_four_keys(read_one: ReadOne) -> None:
    assert read_one(email="x").rejected[0].as_json() == {
        "row": 2,
        "column": "email",
        "value": "x",
        "problem": "is no mail address: it has no @",
    }


def test_every_fault_of_a_row_is_reported_and_the_row_is_out(read_one: ReadOne) -> None:
    roster = read_one(
        name="=x", email="info@lakeside.example", role="Boss", user_id="a\x00", days_left="61", last_reset="x"
    )

    assert roster.rows == ()
    assert [fault.column for fault in roster.rejected] == [
        "name", "email", "role", "user_id", "last_reset", "days_left",
    ]  # fmt: skip


@pytest.mark.parametrize("column", ["name", "email", "role"])
def test_a_row_needs_name_address_and_role(read_one: ReadOne, column: str) -> None:
    roster = read_one(**{column: ""})

    assert [(fault.column, "is empty" in fault.problem) for fault in roster.rejected] == [(column, True)]


@pytest.mark.parametrize("word", ["", "-", "n/a", "unknown", "None", "\u2014", " "])
def test_a_word_for_nothing_in_an_open_cell_is_nothing(read_one: ReadOne, word: str) -> None:
    roster = read_one(user_id=word, second_email=word, last_reset=word, days_left=word, as_of=word)

    assert roster.rejected == ()
    assert (roster.rows[0].user_id, roster.rows[0].second_email, roster.rows[0].reset_on) == (None, None, None)


@pytest.mark.parametrize(
    "total",
    ["Total: 11", "Totals", "TOTAL", "Count", "count = 3", "Grand total", "Sub-total: 4", "Total staff: 11", "11 people",
     "Number of staff: 3", "Sum", "Total,,,,11"],
)  # fmt: skip
def test_blank_and_total_rows_are_passed_over_without_a_word(read_csv: ReadCsv, total: str) -> None:
    roster = read_csv(HEADER, "", ",,,,,", ANA, " ,\u00a0,-,,,", total, "")

    assert [row.row for row in roster.rows] == [4]
    assert (roster.rejected, roster.notes) == ((), ())


@pytest.mark.parametrize("name", ["Total Recall", "Count Basie", "Exported by Kim"])
def test_a_row_that_only_sounds_like_a_total_is_not_lost(read_csv: ReadCsv, name: str) -> None:
    assert [fault.row for fault in read_csv(HEADER, name).rejected] == [2, 2]


def test_a_person_called_count_with_an_address_is_a_person(read_one: ReadOne) -> None:
    assert read_one(name="Count").rows[0].name == "Count"


def test_the_header_over_again_is_passed_over(read_csv: ReadCsv) -> None:
    roster = read_csv(HEADER, ANA, HEADER, ANA.replace("ana", "ann").replace("AGIL", "AN"))

    assert ([row.row for row in roster.rows], roster.rejected) == ([2, 4], ())


def test_a_row_filled_only_where_nothing_is_imported_is_passed_over(read_csv: ReadCsv) -> None:
    roster = read_csv("#," + HEADER, "1," + ANA, "2,,,,,,")

    assert (len(roster.rows), roster.rejected) == (1, ())


def test_the_same_person_again_is_a_duplicate_of_the_first_row(read_csv: ReadCsv) -> None:
    roster = read_csv(HEADER, ANA, ANA, "ANA  GIL,Ana@Lakeside.example,SEU,AGIL,north")

    assert [row.row for row in roster.rows] == [2]
    assert [(fault.row, "duplicate: the same person as in row 2" in fault.problem) for fault in roster.rejected] == [
        (3, True),
        (4, True),
    ]


def test_the_same_person_in_another_practice_is_no_duplicate(read_csv: ReadCsv) -> None:
    roster = read_csv(HEADER, ANA, ANA.replace("North", "South"))

    assert [row.practice for row in roster.rows] == ["North", "South"]


def test_an_address_belongs_to_one_name(read_csv: ReadCsv) -> None:
    roster = read_csv(
        HEADER,
        ANA,
        "Bob Hale,ana@lakeside.example,AO",
        "Cy Dow,ana@home.example,AO",
        "Di Ray,di@lakeside.example,AO,,,ana@lakeside.example",
        "Ed Poe,ed@lakeside.example,AO",
    )

    assert [row.row for row in roster.rows] == [2, 6]
    assert [(fault.row, fault.column) for fault in roster.rejected] == [(3, "email"), (4, "email"), (5, "second_email")]
    assert all("address already belongs to Ana Gil (row 2)" in fault.problem for fault in roster.rejected)


def test_a_user_id_belongs_to_one_person(read_csv: ReadCsv) -> None:
    roster = read_csv(HEADER, ANA, "Bob Hale,bob@lakeside.example,AO,agil")

    assert "user ID already belongs to Ana Gil (row 2)" in roster.rejected[0].problem


def test_a_row_that_was_refused_owns_nothing(read_csv: ReadCsv) -> None:
    roster = read_csv(HEADER, ANA.replace("AO", "Boss"), "Bob Hale,ana@lakeside.example,AO,AGIL")

    assert [row.name for row in roster.rows] == ["Bob Hale"]


def test_a_second_address_equal_to_the_first_is_none(read_one: ReadOne) -> None:
    assert read_one(second_email="ANA@lakeside.example").rows[0].second_email is None


def test_a_group_mailbox_is_refused_as_second_address_too(read_one: ReadOne) -> None:
    assert [fault.column for fault in read_one(second_email="billing@lakeside.example").rejected] == ["second_email"]


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [("Ana", "Gil", "Ana Gil"), (" Ana Maria ", "Gil Jr.", "Ana Maria Gil Jr."), ("", "Cher", "Cher")],
)
def test_first_and_last_name_are_joined(read_csv: ReadCsv, first: str, last: str, name: str) -> None:
    roster = read_csv("last,first,email,role", f"{last},{first},ana@lakeside.example,AO")

    assert roster.rows[0].name == name


def test_a_fault_in_a_name_of_two_columns_names_the_name(read_csv: ReadCsv) -> None:
    roster = read_csv("last,first,email,role", "evil.com,Ana,ana@lakeside.example,AO")

    assert [(fault.column, fault.header) for fault in roster.rejected] == [("name", "last")]


@pytest.mark.parametrize(("days", "taken"), [("0", True), ("60", True), ("61", False), ("-1", False)])
def test_days_left_run_from_0_to_the_rule(read_one: ReadOne, days: str, taken: bool) -> None:
    assert bool(read_one(days_left=days).rows) is taken


def test_the_rule_may_have_another_length() -> None:
    data = b"name,email,role,days left\nAna,ana@lakeside.example,AO,120"

    assert read_roster(data, file_name="x", today=TODAY, rule_days=120).rows[0].days_left == 120


@pytest.mark.parametrize(
    ("day", "taken"), [("12/1/2026", True), ("12/2/2026", False), ("1/1/2000", True), ("12/31/1999", False)]
)
def test_a_reset_lies_between_2000_and_today(read_one: ReadOne, day: str, taken: bool) -> None:
    assert bool(read_one(last_reset=day).rows) is taken


def test_a_date_and_days_left_that_differ_are_both_handed_on(read_one: ReadOne) -> None:
    row = read_one(last_reset="2026-10-01", days_left="50").rows[0]

    assert (row.reset_on, row.days_left, row.as_of) == (date(2026, 10, 1), 50, None)


def test_an_expiry_date_is_read_as_the_reset_before_it(read_one: ReadOne) -> None:
    assert read_one(expires_on="1/30/2027").rows[0].reset_on == TODAY
    assert "61 days ahead" in read_one(expires_on="1/31/2027").rejected[0].problem
    assert read_one(expires_on="").rows[0].reset_on is None
    assert [fault.column for fault in read_one(expires_on="soon").rejected] == ["expires"]


def test_a_column_is_read_day_first_as_a_whole(read_csv: ReadCsv) -> None:
    roster = read_csv(
        "name,email,role,last reset", "A A,a@lakeside.example,AO,13/10/2026", "B B,b@lakeside.example,AO,4/5/2026"
    )

    assert [row.reset_on for row in roster.rows] == [date(2026, 10, 13), date(2026, 5, 4)]
    assert "column 'last reset' read as day/month/year" in roster.notes


def test_a_column_with_both_readings_is_month_first_and_the_impossible_rows_are_refused(read_csv: ReadCsv) -> None:
    roster = read_csv(
        "name,email,role,last reset", "A A,a@lakeside.example,AO,13/10/2026", "B B,b@lakeside.example,AO,10/13/2026"
    )

    assert [row.row for row in roster.rows] == [3]
    assert [(fault.row, "no such day (read as month/day/year)" in fault.problem) for fault in roster.rejected] == [
        (2, True)
    ]


@pytest.mark.parametrize(
    "titles",
    [
        ["Logins as of 11/30/2026,,,"],
        ["as of,11/30/2026,,"],
        ["Seen on:,,2026-11-30,"],
        ["Practice,North,,", ",,As of,Nov 30 2026"],
        ["checked on,30/11/2026"],
    ],
)
def test_an_as_of_date_in_or_beside_a_title_dates_the_days_left(read_csv: ReadCsv, titles: list[str]) -> None:
    roster = read_csv(
        *titles, "name,email,role,days left", "Ana,ana@lakeside.example,AO,17", "Bo,bo@lakeside.example,AO,"
    )

    assert [row.as_of for row in roster.rows] == [date(2026, 11, 30), None]


def test_an_as_of_date_in_the_heading_dates_the_days_left(read_csv: ReadCsv) -> None:
    roster = read_csv("name,email,role,Days left as of 11/30/2026", "Ana,ana@lakeside.example,AO,17")

    assert (roster.rows[0].days_left, roster.rows[0].as_of) == (17, date(2026, 11, 30))


def test_an_as_of_date_in_the_row_goes_before_the_title(read_csv: ReadCsv) -> None:
    roster = read_csv(
        "as of,11/30/2026",
        "name,email,role,days left,seen on",
        "Ana,ana@lakeside.example,AO,17,11/28/2026",
        "Bo,bo@lakeside.example,AO,18,",
    )

    assert [row.as_of for row in roster.rows] == [date(2026, 11, 28), date(2026, 11, 30)]


def test_an_as_of_date_in_the_future_is_refused(read_csv: ReadCsv, read_one: ReadOne) -> None:
    assert [fault.column for fault in read_one(days_left="17", as_of="12/2/2026").rejected] == ["as_of"]
    with pytest.raises(UsageError, match="the title says 'as of' 2026-12-02, which cannot be"):
        read_csv("as of 12/2/2026", "name,email,role,days left", "Ana,ana@lakeside.example,AO,17")


@pytest.mark.parametrize("title", ["as of,,,", "as of,soon", "as of 2/30/2026", "as of"])
def test_an_as_of_title_without_a_date_says_nothing(read_csv: ReadCsv, title: str) -> None:
    assert read_csv(title, "name,email,role,days left", "Ana,ana@lakeside.example,AO,17").rows[0].as_of is None


def test_a_title_date_without_days_left_is_only_a_title(read_csv: ReadCsv) -> None:
    assert len(read_csv("as of 12/2/2026", "name,email,role", "Ana,ana@lakeside.example,AO").rows) == 1


def test_columns_show_their_guess_and_three_samples() -> None:
    data = b"name,notes,,last reset\nA,x,q,soon\nB,x,q,1/2/2026\nC,y,q,\nD,z,q,2/2/2026\nE,w,q,"

    columns = read_columns(data, file_name="x")

    assert [(column.header, column.field, column.samples) for column in columns] == [
        ("name", Field.NAME, ("A", "B", "C")),
        ("notes", None, ("x", "y", "z")),
        ("", None, ()),
        ("last reset", Field.LAST_RESET, ("1/2/2026", "2/2/2026")),
    ]
    with pytest.raises(UsageError, match="x: no header row"):
        read_columns(b"q,w", file_name="x")


def test_a_chosen_mapping_takes_the_place_of_the_guess() -> None:
    data = b"Who,name,email,What,pw\nAna Gil,x,ana@lakeside.example,AO,hunter2"
    mapping = {0: Field.NAME, 2: Field.EMAIL, 3: Field.ROLE}

    roster = read_roster(data, file_name="x", today=TODAY, mapping=mapping)

    assert roster.rows[0].name == "Ana Gil"
    assert [column.field for column in roster.columns] == [Field.NAME, None, Field.EMAIL, Field.ROLE, None]


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ({3: Field.NAME}, "'pw' looks like passwords and cannot be imported"),
        ({9: Field.NAME}, "there is no column 10"),
        ({-1: Field.NAME}, "there is no column 0"),
        ({0: Field.NAME, 1: Field.NAME}, "two columns were chosen"),
        ({0: Field.NAME}, "no column for the address"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(mapping: dict[int, Field], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        read_roster(b"name,email,role,pw\n", file_name="x", today=TODAY, mapping=mapping)


def test_an_apostrophe_put_before_a_formula_by_an_export_is_taken_off(read_one: ReadOne) -> None:
    assert read_one(user_id="'=1+1").rows[0].user_id == "=1+1"
    assert read_one(user_id="'90s").rows[0].user_id == "'90s"
    assert "formula" in read_one(name="'=Ana").rejected[0].problem
