"""Rules 1 to 3: where the steps of a ladder fall, once weekends, holidays, closures and absences are known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.policy.business_days import ONE_DAY, is_business_day, walk
from reminder.policy.model import Absence, Schedule, Step
from reminder.policy.moments import instant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

AFTER_EXPIRY = (-1, -7, -14, -28, -42, -56)
"""The steps after expiry that a practice keeps when it names only the ones before it."""

FURTHEST_DAYS = 365
"""No step lies further than this from the expiry date."""


def ladder_from_text(text: str) -> tuple[int, ...]:
    """Read `14,7,3,1,0` (days before expiry; negative after it); without negative ones the default ones are kept.

    Raises UsageError for anything else.
    """
    try:
        steps = {int(part) for part in text.replace(" ", "").split(",")}
    except ValueError:
        message = f"ladder: {text!r} is not a list of whole days; write it like 14,7,3,1,0"
        raise UsageError(message) from None
    if max(map(abs, steps)) > FURTHEST_DAYS:
        message = f"ladder: {text!r} has a step more than {FURTHEST_DAYS} days away; write it like 14,7,3,1,0"
        raise UsageError(message)
    if min(steps) >= 0:
        steps |= set(AFTER_EXPIRY)
    return tuple(sorted(steps, reverse=True))


def bounded(absences: Iterable[Absence]) -> tuple[Absence, ...]:
    """Return the absences that have an end; an open-ended pause moves no step, it stops the mails."""
    return tuple(absence for absence in absences if absence.to_on is not None)


def open_day(day: date, *, later: bool, schedule: Schedule, absences: Sequence[Absence]) -> date | None:
    """Return the nearest day, `day` itself or before it (or after it if `later`), that is a business day of the
    practice and on which the person is not away.
    """

    def fits(candidate: date) -> bool:
        return is_business_day(candidate, schedule.closures) and not any(a.covers(candidate) for a in absences)

    return walk(day, ONE_DAY if later else -ONE_DAY, fits)


def steps(
    expires_on: date, schedule: Schedule, absences: Iterable[Absence] = (), skipped: Collection[int] = ()
) -> list[Step]:
    """Return the steps of one cycle in the order of their instants.

    Steps up to day 0 move earlier, after-expiry steps later. Of steps that meet on one day only the one nearer to
    the end (the smaller number) is left. `skipped` ones are as if the ladder did not hold them; a step that met one
    of them on its day does not come back, or skipping a mail would bring another on the same morning.
    """
    away = bounded(absences)
    by_day: dict[date, int] = {}
    for step in schedule.ladder:
        moved_to = _moved(step, expires_on, schedule, away)
        if moved_to is not None:
            by_day[moved_to] = min(step, by_day.get(moved_to, step))
    return [
        Step(step=step, on=day, at=instant(day, schedule.send_time, schedule.zone))
        for day, step in sorted(by_day.items())
        if step not in skipped
    ]


def _moved(step: int, expires_on: date, schedule: Schedule, away: Sequence[Absence]) -> date | None:
    """Return the day on which a step falls once it has moved; None if there is none for years."""
    return open_day(expires_on - timedelta(days=step), later=step < 0, schedule=schedule, absences=away)


def first_step_on(expires_on: date, schedule: Schedule, absences: Iterable[Absence] = ()) -> date:
    """Return the day from which a person counts as `due`: that of the first step, or the expiry date without any.

    A step of more days never falls after one of fewer, wherever the two move, so the first that has a day is looked for.
    Skipped or not makes no difference: the password runs out all the same.
    """
    away = bounded(absences)
    placed = (_moved(step, expires_on, schedule, away) for step in sorted(schedule.ladder, reverse=True))
    return min(next((day for day in placed if day is not None), expires_on), expires_on)
