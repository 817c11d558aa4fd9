"""Rule 10: the admins' weekly digest."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from reminder.policy.business_days import ONE_DAY, is_business_day, walk
from reminder.policy.moments import instant

if TYPE_CHECKING:
    from reminder.policy.model import Schedule

HORIZON_DAYS = 14
"""The digest names who expires within this many days."""


def monday_of(day: date) -> date:
    """Return the Monday of the week of `day`; it names the week's digest."""
    return day - timedelta(days=day.weekday())


def digest_on(day: date, schedule: Schedule) -> date | None:
    """Return the day on which the digest of the week of `day` goes: Monday, or the next business day if closed."""
    return walk(monday_of(day), ONE_DAY, lambda candidate: is_business_day(candidate, schedule.closures))


def digest_due(today: date, schedule: Schedule, since_at: datetime) -> bool:
    """Tell whether this week's digest should exist by `today`; not for a practice that is younger than its instant."""
    on = digest_on(today, schedule)
    return on is not None and on <= today and instant(on, schedule.send_time, schedule.zone) >= since_at
