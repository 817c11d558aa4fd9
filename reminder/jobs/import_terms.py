"""What an import is asked for, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reminder.roster.model import Rejection, Roster
    from reminder.store.practices import Practice


@dataclass
class Outcome:
    """What an import did, or would do. `fates` holds a line for each row that was read, by its number."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    fates: dict[int, str] = field(default_factory=dict)
    import_id: int | None = None

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
    """Who imports what, and where to: rows without a practice go to `practice`; the others may name one of `allowed`."""

    practice: Practice
    allowed: Sequence[Practice]
    roster: Roster
    file_name: str
    by: str
    actor: str
    dry_run: bool = False
    all_or_nothing: bool = False
