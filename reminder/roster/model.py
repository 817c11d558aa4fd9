"""What a roster file turns into: rows to import, rows refused with their reason, and what became of each column."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from reminder.policy.model import Role


class Field(StrEnum):
    """What a column can hold. The values are the column names in `Rejection.as_json`."""

    NAME = "name"
    FIRST = "first"
    LAST = "last"
    EMAIL = "email"
    SECOND_EMAIL = "second_email"
    ROLE = "role"
    PRACTICE = "practice"
    USER_ID = "user_id"
    LAST_RESET = "last_reset"
    DAYS_LEFT = "days_left"
    AS_OF = "as_of"
    EXPIRES = "expires"


@dataclass(frozen=True, kw_only=True, slots=True)
class RosterRow:
    """One person as the file gives them, every value checked. `row` is the number the spreadsheet shows.

    If a row has both a date and days left, both are handed on: which one counts is a rule, not a matter of reading.
    """

    row: int
    name: str
    email: str
    role: Role
    second_email: str | None = None
    practice: str | None = None
    user_id: str | None = None
    reset_on: date | None = None
    days_left: int | None = None
    as_of: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """A cell that keeps its row out: the spreadsheet's row number, the field, the cell's text, what is wrong and the cure.

    `header` is the column's heading in the file, for people; `column` is the field's fixed name, for scripts.
    """

    row: int
    column: str
    value: str
    problem: str
    header: str = ""

    def as_json(self) -> dict[str, int | str]:
        """Return the form promised by `reminder staff import --json`."""
        return {"row": self.row, "column": self.column, "value": self.value, "problem": self.problem}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of the file: its place (from 0), its heading, the field it is read as (None: not imported).

    `samples` holds up to three of its values for the mapping page. A column that looks like passwords is
    `dropped`: its cells are never looked at and it has no samples.
    """

    index: int
    header: str
    field: Field | None = None
    samples: tuple[str, ...] = ()
    dropped: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Roster:
    """A roster file, read: good rows, refused cells, remarks worth showing, and what each column was taken for.

    `ignored` counts the rows that hold no person: blank ones, totals, the header over again.
    """

    rows: tuple[RosterRow, ...]
    rejected: tuple[Rejection, ...]
    notes: tuple[str, ...]
    columns: tuple[Column, ...]
    ignored: int = 0
