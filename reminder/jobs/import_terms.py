"""What an import is asked for, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reminder.roster.model import Rejection, Roster
    from reminder.store.practices import Practice


class Verdict(StrEnum):
    """What becomes of a row that was read."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One value of a person that a row changes, in words; `field` is a name of `roster.model.Field`."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """What becomes of one row: what it changes of somebody who is registered, and why other values of it count less."""

    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()


NEW = Fate(verdict=Verdict.ADDED)
"""The fate of everybody who was not registered in the practice."""


@dataclass
class Outcome:
    """What an import did, or would do. `fates` says what became of each row that was read, by its number."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    fates: dict[int, Fate] = field(default_factory=dict)
    import_id: int | None = None

    @property
    def to_import(self) -> int:
        """Return how many rows would be written, or were."""
        return self.added + self.updated

    @property
    def to_fix(self) -> int:
        """Return how many rows were refused."""
        return len({rejection.row for rejection in self.rejected})

    def as_json(self) -> dict[str, Any]:
        """Return the form that `reminder staff import --json` prints."""
        return {
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": [rejection.as_json() for rejection in self.rejected],
            "notes": self.notes,
            "import": self.import_id,
        }


@dataclass(frozen=True, kw_only=True)
class Request:
    """Who imports what, and where to: rows without a practice go to `practice`; the others may name one of `allowed`.

    `expected`: the fates somebody was shown and agreed to; if they hold no longer, nothing is written.
    """

    practice: Practice
    allowed: Sequence[Practice]
    roster: Roster
    file_name: str
    by: str
    actor: str
    dry_run: bool = False
    all_or_nothing: bool = False
    expected: Mapping[int, Fate] | None = None
