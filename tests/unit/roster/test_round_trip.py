"""What an export writes, an import reads back unchanged, and nothing in it runs."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from reminder.policy.model import Role
from reminder.roster import fields
from reminder.roster.cells import guarded, without_guard
from reminder.roster.fields import FieldError
from reminder.roster.model import Field
from reminder.roster.reading import read_roster
from reminder.roster.writing import HEADINGS, ExportRow, write_csv, write_xlsx
from tests.faults.hostile_rosters import round_trips

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

TODAY = date(2026, 12, 1)
HOSTILE = "=+-@\t\r\n'\"\uff1d\uff0b,;|\u00a0 a1_x\u00e9<>()&/\\"
FORMATS = [write_csv, write_xlsx]


def accepted(check: Callable[[str], str], alphabet: str) -> st.SearchStrategy[str]:
    """Texts that pass the border, as every stored value has."""

    def passed(text: str) -> str | None:
        try:
            return check(text)
        except FieldError:
            return None

    return st.text(alphabet, min_size=1, max_size=12).map(passed).filter(bool).map(str)


def is_address(text: str) -> bool:
    """Tell whether the border lets an address in; names of desks, for one, it does not."""
    try:
        return fields.email_address(text) == text
    except FieldError:
        return False


addresses = st.from_regex(r"[a-z0-9=+'|-]{1,6}@lakeside\.example", fullmatch=True).filter(is_address)
rows = st.builds(
    ExportRow,
    name=accepted(fields.person_name, "AbC'.,-() \u00e9\"-+"),
    email=addresses,
    role=st.sampled_from(Role),
    second_email=st.none(),
    user_id=st.none() | accepted(fields.user_id, HOSTILE),
    practice=st.none() | accepted(lambda text: fields.plain_text(text, "practice"), HOSTILE),
    reset_on=st.none() | st.dates(date(2000, 1, 1), TODAY),
    expires_on=st.none() | st.dates(),
    days_left=st.none() | st.integers(-400, 60),
    status=st.sampled_from(["ok", "due", "expired", ""]),
)


@pytest.mark.parametrize("write", FORMATS)
@settings(deadline=None)
@given(
    people=st.lists(
        rows,
        min_size=1,
        max_size=5,
        unique_by=(lambda row: row.email, lambda row: (row.user_id or row.email).casefold()),
    )
)
def test_an_exported_row_is_read_back_unchanged(
    write: Callable[[Sequence[ExportRow], BinaryIO], None], people: list[ExportRow]
) -> None:
    stream = io.BytesIO()

    write(people, stream)
    roster = read_roster(stream.getvalue(), file_name="export", today=TODAY)

    assert roster.rejected == ()
    assert [
        (row.name, row.email, row.second_email, row.role, row.user_id, row.practice, row.reset_on)
        for row in roster.rows
    ] == [(row.name, row.email, row.second_email, row.role, row.user_id, row.practice, row.reset_on) for row in people]
    assert {(row.days_left, row.as_of) for row in roster.rows} == {(None, None)}


@pytest.mark.parametrize(("kind", "bases"), [("csv", 850), ("xlsx", 150)])
def test_a_thousand_practices_come_back_as_they_went_out(kind: str, bases: int) -> None:
    assert round_trips(kind, bases, seed=41)[1] == []


@settings(deadline=None)
@given(st.text(HOSTILE, max_size=20))
def test_the_guard_comes_off_exactly(text: str) -> None:
    assert without_guard(guarded(text)) == text


@settings(deadline=None)
@given(st.text(HOSTILE, max_size=20))
def test_no_guarded_cell_starts_like_a_formula_however_it_is_split(text: str) -> None:
    for delimiter in ",;\t|\r\n":
        for part in guarded(text).split(delimiter):
            assert not part.startswith(tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20"))


@pytest.mark.parametrize("text", ["", "Ana", "O'Brien", "'t Hooft", "a-b", "1+1", "ana@lakeside.example"])
def test_harmless_texts_need_no_guard(text: str) -> None:
    assert guarded(text) == text
    assert without_guard(text) == text


def test_what_is_only_for_information_is_headed_so_and_passed_over() -> None:
    stream = io.BytesIO()
    write_csv([ExportRow(name="Ana", email="ana@x.example", role=Role.SURROGATE, days_left=17, status="ok")], stream)

    columns = read_roster(stream.getvalue(), file_name="x", today=TODAY).columns

    assert [column.header for column in columns] == list(HEADINGS)
    assert [column.field for column in columns] == [
        Field.NAME,
        Field.EMAIL,
        Field.SECOND_EMAIL,
        Field.ROLE,
        Field.USER_ID,
        Field.PRACTICE,
        Field.LAST_RESET,
        None,
        None,
        None,
    ]


def test_a_csv_export_opens_in_excel_with_its_accents_and_long_role_names() -> None:
    stream = io.BytesIO()
    person = ExportRow(
        name="Iv\u00e1n",
        email="ivan@x.example",
        role=Role.STAFF_END_USER,
        user_id="=1+1",
        reset_on=date(2026, 10, 5),
        expires_on=date(2026, 12, 4),
        days_left=3,
    )
    write_csv([person], stream)

    assert stream.getvalue().startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(stream.getvalue().decode("utf-8-sig"))))[1] == [
        "Iv\u00e1n", "ivan@x.example", "", "Staff End User (SEU)", "'=1+1", "", "2026-10-05", "2026-12-04", "3", "",
    ]  # fmt: skip


def test_an_xlsx_export_holds_texts_as_texts_and_dates_as_dates() -> None:
    stream = io.BytesIO()
    write_xlsx(
        [
            ExportRow(
                name="Ana", email="ana@x.example", role=Role.SURROGATE, user_id="00042", reset_on=date(2026, 10, 5)
            )
        ],
        stream,
    )

    row = CalamineWorkbook.from_filelike(io.BytesIO(stream.getvalue())).get_sheet_by_index(0).to_python()[1]

    assert row[:7] == ["Ana", "ana@x.example", "", "Surrogate", "00042", "", date(2026, 10, 5)]


@pytest.mark.parametrize("write", FORMATS)
def test_an_export_of_nobody_has_its_headings(write: Callable[[Sequence[ExportRow], BinaryIO], None]) -> None:
    stream = io.BytesIO()

    write([], stream)

    assert read_roster(stream.getvalue(), file_name="x", today=TODAY).rows == ()
