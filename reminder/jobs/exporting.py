"""People as a file shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reminder.roster.writing import ExportRow

if TYPE_CHECKING:
    from reminder.jobs.standing import Standing
    from reminder.store.practices import Practice


def export_row(found: Standing, practice: Practice) -> ExportRow:
    """Return one person of a practice as a row that import reads back."""
    person = found.person
    return ExportRow(
        name=person.name,
        email=person.email,
        second_email=person.second_email,
        role=found.role,
        user_id=person.user_id,
        practice=practice.name,
        reset_on=person.reset_on,
        expires_on=person.expires_on,
        days_left=found.days_left,
        status=found.status,
    )
