"""Where a person stands today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reminder.policy.ladder import first_step_on
from reminder.policy.model import Absence, Schedule, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


def status_of(
    expires_on: date | None,
    today: date,
    schedule: Schedule,
    absences: Sequence[Absence] = (),
    *,
    removed: bool = False,
) -> Status:
    """Return the status by precedence: removed, unknown, expired, paused, due, ok. `today` is home's local date."""
    if removed:
        return Status.REMOVED
    if expires_on is None:
        return Status.UNKNOWN
    if expires_on <= today:
        return Status.EXPIRED
    if is_away(absences, today):
        return Status.PAUSED
    if today >= first_step_on(expires_on, schedule, absences):
        return Status.DUE
    return Status.OK


def is_away(absences: Sequence[Absence], day: date) -> bool:
    """Tell whether the person is absent on `day`, for a while or until further notice."""
    return any(absence.covers(day) for absence in absences)


def mails_stopped(absences: Sequence[Absence], day: date) -> bool:
    """Tell whether an open-ended pause stops the person's mails on `day`."""
    return any(absence.to_on is None and absence.covers(day) for absence in absences)


def lapses_while_away(expires_on: date | None, today: date, absences: Sequence[Absence]) -> bool:
    """Tell whether the password ends on a day in an absence that is not over yet."""
    if expires_on is None or expires_on < today:
        return False
    return is_away(absences, expires_on)
