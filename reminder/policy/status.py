"""Where a person stands today."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from reminder.policy.business_days import SEARCH_DAYS
from reminder.policy.ladder import FURTHEST_DAYS, first_step_on
from reminder.policy.model import Absence, Schedule, Status

if TYPE_CHECKING:
    from collections.abc import Sequence


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


@lru_cache(maxsize=4096)
def due_until(today: date, schedule: Schedule) -> date:
    """Return the latest expiry date of which the first step has come by `today`, for somebody who is never away.

    A later expiry date never has an earlier first step, so everybody who expires from tomorrow until then is due.
    """
    candidates = range(today.toordinal(), today.toordinal() + FURTHEST_DAYS + SEARCH_DAYS)
    reached = bisect_right(candidates, today, key=lambda day: first_step_on(date.fromordinal(day), schedule))
    return date.fromordinal(candidates[reached - 1])


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
