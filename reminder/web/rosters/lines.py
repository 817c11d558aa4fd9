"""What became of each row of a list, as its page shows it: in groups, and problems with their rows together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reminder.jobs.import_terms import Verdict
from reminder.roster.dates import text_of
from reminder.roster.fields import shown
from reminder.roster.matching import FIELD_NAMES
from reminder.roster.model import Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reminder.jobs.import_terms import Difference
    from reminder.roster.model import Rejection
    from reminder.roster.table import Table
    from reminder.web.rosters.drafts import Read


class Group(StrEnum):
    """The rows of a list by what becomes of them, in the order in which they are shown."""

    TO_FIX = "fix"
    CHANGED = "changed"
    NEW = "new"
    UNCHANGED = "unchanged"


GROUP_WORDS = {
    Group.TO_FIX: "To fix",
    Group.CHANGED: "Changed",
    Group.NEW: "New",
    Group.UNCHANGED: "Unchanged",
}
_OF_VERDICT = {Verdict.ADDED: Group.NEW, Verdict.UPDATED: Group.CHANGED, Verdict.UNCHANGED: Group.UNCHANGED}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row: its number in the spreadsheet, who it is about, what it would change, or what is wrong with it."""

    row: int
    group: Group
    name: str
    email: str = ""
    differences: tuple[tuple[str, str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    problems: tuple[Rejection, ...] = ()

    @property
    def word(self) -> str:
        """Return what becomes of the row in a word."""
        return GROUP_WORDS[self.group]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong in some rows, with its cure."""

    column: str
    words: str
    places: tuple[Rejection, ...]


def lines_of(table: Table, read: Read) -> list[Line]:
    """Return a line for each row that holds somebody, grouped, by row within its group."""
    refused: dict[int, list[Rejection]] = {}
    for one in read.outcome.rejected:
        refused.setdefault(one.row, []).append(one)
    people = {person.row: person for person in read.roster.rows}
    found = [
        Line(row=row, group=Group.TO_FIX, name=_name_in(table, row), problems=tuple(problems))
        for row, problems in refused.items()
    ]
    found += [
        Line(
            row=row,
            group=_OF_VERDICT[fate.verdict],
            name=people[row].name,
            email=people[row].email,
            differences=tuple(map(_difference, fate.differences)),
            reasons=fate.reasons,
        )
        for row, fate in read.outcome.fates.items()
    ]
    order = list(Group)
    return sorted(found, key=lambda line: (order.index(line.group), line.row))


def problems_of(rejected: Sequence[Rejection]) -> list[Problem]:
    """Return what is wrong, each thing once with the rows it is wrong in, the most frequent first."""
    found: dict[tuple[str, str], list[Rejection]] = {}
    for one in rejected:
        found.setdefault((one.header or FIELD_NAMES[Field(one.column)], one.problem), []).append(one)
    problems = [Problem(column=column, words=words, places=tuple(places)) for (column, words), places in found.items()]
    return sorted(problems, key=lambda problem: -len(problem.places))


def _difference(difference: Difference) -> tuple[str, str, str]:
    return FIELD_NAMES[Field(difference.field)], difference.before, difference.after


def _name_in(table: Table, row: int) -> str:
    """Return the name in a row that could not be read, as it stands there."""
    cells = table.grid.rows[row - 1]
    places = [table.place_of(field) for field in (Field.NAME, Field.FIRST, Field.LAST)]
    return shown(" ".join(text_of(cells[place]) for place in places if place is not None and place < len(cells)))
