"""Rule 8: people without a known reset are asked at the first open window, then after 3, 7 and 14 days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from reminder.policy.ladder import bounded, open_day
from reminder.policy.model import Absence, Schedule, Step
from reminder.policy.moments import instant, local_date
from reminder.policy.window import next_window

if TYPE_CHECKING:
    from collections.abc import Iterable

ASK_AFTER_DAYS = (0, 3, 7, 14)
"""Days from the first question to each one; then the person stands in the admins' digest."""


def first_ask_on(registered_at: datetime, schedule: Schedule) -> date:
    """Return the local day of the first open window after registration."""
    return local_date(max(registered_at, next_window(registered_at, schedule).opens_at), schedule.zone)


def ask_steps(registered_at: datetime, schedule: Schedule, absences: Iterable[Absence] = ()) -> list[Step]:
    """Return the questions in order; each moves later to a business day on which the person is there.

    `step` counts the days from the first one. Of two that meet on one day the later one (the greater number) is left.
    """
    away = bounded(absences)
    first = first_ask_on(registered_at, schedule)
    by_day: dict[date, int] = {}
    for after in ASK_AFTER_DAYS:
        day = open_day(first + timedelta(days=after), later=True, schedule=schedule, absences=away)
        if day is not None:
            by_day[day] = max(after, by_day.get(day, after))
    return [
        Step(step=after, on=day, at=max(registered_at, instant(day, schedule.send_time, schedule.zone)))
        for day, after in sorted(by_day.items())
    ]
