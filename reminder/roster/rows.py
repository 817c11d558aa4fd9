"""Turns the rows of a table into people, or says by row, column and cure why not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from reminder.roster import fields
from reminder.roster.cells import without_guard
from reminder.roster.dates import (
    DateOrder,
    day_until,
    has_date_form,
    is_blank,
    text_of,
    whole_days_left,
)
from reminder.roster.fields import FieldError
from reminder.roster.model import Field, Rejection, RosterRow
from reminder.roster.safe_text import says_nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reminder.roster.dates import Cell
    from reminder.roster.table import Table

T = TypeVar("T")

NAME, FIRST, LAST, EMAIL, SECOND_EMAIL, ROLE, PRACTICE, USER_ID, LAST_RESET, DAYS_LEFT, AS_OF, EXPIRES = Field
"""Looked up once: in a loop over 100,000 rows, `Field.NAME` is a good part of the time."""
_FORMULA = "is a formula; type the plain value instead"
_NO_RESULT = "is a formula without a stored result; open the file in a spreadsheet, save it, or type the value"
_NAME_FIELDS = frozenset({NAME, FIRST, LAST})
_NO_DATE = "not a date; write it like 2026-10-28 or 10/28/2026, or leave it empty"


class RowReader:
    """Reads row after row, remembering whose address and user ID was seen where."""

    def __init__(self, table: Table, *, today: date, rule_days: int, as_of: date | None) -> None:
        """Prepare to read `table`; `as_of` is the day of days left whose row names none."""
        self.rows: list[RosterRow] = []
        self.rejected: list[Rejection] = []
        self.orders = table.date_orders()
        self.ignored = 0
        self._table = table
        self._today, self._rule_days, self._as_of = today, rule_days, as_of
        self._places = tuple((field, place) for field in Field if (place := table.place_of(field)) is not None)
        self._known: dict[tuple[Field, Cell], Any] = {}
        self._owners: dict[str, tuple[str, int]] = {}
        self._memberships: dict[tuple[str, str], int] = {}
        self._user_ids: dict[str, tuple[str, str, int]] = {}
        self._row, self._faults = 0, list[Rejection]()
        self._given: dict[Field, Cell] = {}

    def read(self, row: int, cells: Sequence[Cell]) -> None:
        """Add `row` (the spreadsheet's number) to the rows, or its faults to the rejected; pass over what is no person."""
        width = len(cells)
        given = {field: cells[place] for field, place in self._places if place < width and cells[place] != ""}
        mail = given.get(EMAIL, "")
        if not (isinstance(mail, str) and "@" in mail) and self._table.is_no_person(cells):
            self.ignored += 1
            return
        self._row, self._given, self._faults = row, given, []
        if self._table.grid.formulas:
            self._refuse_formulas()
        person = self._person()
        if person and not self._faults:
            self._remember(person)
            self.rows.append(person)
        self.rejected.extend(self._faults)

    def _person(self) -> RosterRow | None:
        """Return the row's person, or None with the reasons in the faults. All cells are tried, to name all faults."""
        given = self._given
        name = self._name()
        email = self._checked(EMAIL, fields.email_address)
        role = self._repeated(ROLE, fields.role)
        second_email = self._optional(SECOND_EMAIL, fields.email_address)
        practice = self._repeated(PRACTICE, fields.plain_text) if PRACTICE in given else None
        user_id = self._optional(USER_ID, fields.user_id)
        reset_on, days_left, as_of = self._reset_on(), self._days_left(), self._day(AS_OF)
        if not (name and email and role):
            return None
        person = RosterRow(
            row=self._row,
            name=name,
            email=email,
            role=role,
            second_email=None if second_email == email else second_email,
            practice=practice,
            user_id=user_id,
            reset_on=reset_on,
            days_left=days_left,
            as_of=None if days_left is None else as_of or self._as_of,
        )
        self._refuse_if_taken(person)
        return person

    def _name(self) -> str | None:
        if NAME in self._given:
            return self._checked(NAME, fields.person_name)
        parts = [_text(self._given.get(field, "")) for field in (FIRST, LAST)]
        try:
            return fields.person_name(" ".join(parts).strip())
        except FieldError as error:
            heading = self._table.heading_of(NAME) or self._table.heading_of(LAST)
            self._refuse(NAME, error.value, error.problem, heading)
            return None

    def _checked(self, field: Field, check: Callable[[str, str], T]) -> T | None:
        """Return the checked cell of `field`, or None and remember the fault."""
        try:
            return check(_text(self._given.get(field, "")), field)
        except FieldError as error:
            self._refuse(field, error.value, error.problem)
            return None

    def _optional(self, field: Field, check: Callable[[str, str], T]) -> T | None:
        """Return the checked cell of `field`, None if it is left open or faulty."""
        if field not in self._given or says_nothing(_text(self._given[field])):
            return None
        return self._checked(field, check)

    def _repeated(self, field: Field, check: Callable[[str, str], T]) -> T | None:
        """Do as `_checked`, looking up what the same cell gave in an earlier row."""
        key = (field, self._given.get(field, ""))
        value = self._known.get(key)
        if value is None:
            value = self._known[key] = self._checked(field, check)
        return value

    def _reset_on(self) -> date | None:
        if EXPIRES not in self._given:
            return self._day(LAST_RESET)
        expires_on = self._day(EXPIRES)
        if expires_on is None:
            return None
        ahead = (expires_on - self._today).days
        if ahead > self._rule_days:
            problem = f"{expires_on} is {ahead} days ahead; a password lives {self._rule_days} days; correct it"
            self._refuse(EXPIRES, str(expires_on), problem)
        return expires_on - timedelta(days=self._rule_days)

    def _days_left(self) -> int | None:
        if DAYS_LEFT not in self._given:
            return None
        try:
            return whole_days_left(self._given[DAYS_LEFT], rule_days=self._rule_days)
        except FieldError as error:
            self._refuse(DAYS_LEFT, error.value, error.problem)
            return None

    def _day(self, field: Field) -> date | None:
        """Return the day in a date column. What is not written like a date may be a password: it is not repeated."""
        if field not in self._given:
            return None
        cell = self._given[field]
        known: date | None = self._known.get((field, cell))
        if known or is_blank(cell):
            return known
        order = self.orders[field] or DateOrder.MONTH_FIRST
        latest = date.max if field is EXPIRES else self._today
        try:
            day = day_until(cell, latest=latest, order=order, field=field)
        except FieldError as error:
            dated = has_date_form(cell)
            self._refuse(field, error.value if dated else "", error.problem if dated else _NO_DATE)
            return None
        self._known[field, cell] = day
        return day

    def _refuse_formulas(self) -> None:
        for field, place in self._places:
            if (self._row - 1, place) not in self._table.grid.formulas:
                continue
            if field in _NAME_FIELDS:
                result = fields.shown(_text(self._given.get(field, "")))
                self._refuse(NAME, result, _FORMULA, self._table.heading_of(field))
            elif field not in self._given:
                self._refuse(field, "", _NO_RESULT)

    def _refuse_if_taken(self, person: RosterRow) -> None:
        """Refuse an address or user ID that an earlier row gave to somebody else, and a repeated person."""
        self._refuse_foreign(EMAIL, person.email, person)
        if person.second_email:
            self._refuse_foreign(SECOND_EMAIL, person.second_email, person)
        first = self._memberships.get(_membership(person))
        if first:
            problem = f"duplicate: the same person as in row {first}; remove one of the two rows"
            self._refuse(EMAIL, person.email, problem)
        holder = self._user_ids.get(person.user_id.casefold()) if person.user_id else None
        if holder and holder[0] != person.email:
            problem = f"user ID already belongs to {holder[1]} (row {holder[2]}); each person has their own"
            self._refuse(USER_ID, person.user_id or "", problem)

    def _refuse_foreign(self, field: Field, address: str, person: RosterRow) -> None:
        owner = self._owners.get(address)
        if owner and owner[0].casefold() != person.name.casefold():
            problem = f"address already belongs to {owner[0]} (row {owner[1]}); each person needs their own"
            self._refuse(field, address, problem)

    def _remember(self, person: RosterRow) -> None:
        self._owners.setdefault(person.email, (person.name, person.row))
        if person.second_email:
            self._owners.setdefault(person.second_email, (person.name, person.row))
        self._memberships[_membership(person)] = person.row
        if person.user_id:
            self._user_ids.setdefault(person.user_id.casefold(), (person.email, person.name, person.row))

    def _refuse(self, field: Field, value: str, problem: str, heading: str = "") -> None:
        if any(fault.column == field.value for fault in self._faults):
            return
        header = heading or self._table.heading_of(field)
        self._faults.append(
            Rejection(row=self._row, column=field.value, value=value, problem=problem, header=header),
        )


def _membership(person: RosterRow) -> tuple[str, str]:
    return person.email, (person.practice or "").casefold()


def _text(cell: Cell) -> str:
    """Return a cell as text, without the guard that our own export puts before what might run as a formula."""
    if not isinstance(cell, str):
        return text_of(cell)
    text = cell.strip()
    return without_guard(text) if "'" in text else text
