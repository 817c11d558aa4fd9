"""How many mails go on which day, told from the expiry dates alone: quick for any number of people, and nearly right."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from reminder.policy.ladder import FURTHEST_DAYS, steps
from reminder.policy.moments import local_date
from reminder.store import coming

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy import Connection

    from reminder.store.practices import Practice


def estimated_by_day(
    connection: Connection, practices: Iterable[Practice], now: datetime, *, days: int
) -> Counter[date]:
    """Return the mails to people on each of `days` local days, today included.

    It knows nothing of absences, skipped mails, people of two practices and refused addresses, nor of mails to admins.
    """
    found: Counter[date] = Counter()
    for practice in practices:
        first = local_date(now, practice.schedule.zone)
        last = first + timedelta(days=days - 1)
        reach = timedelta(days=FURTHEST_DAYS + 30)  # a step may move by some days, past a long closure
        members = coming.members_by_expiry(connection, practice.id, first - reach, last + reach)
        for expires_on, count in members.items():
            for step in steps(expires_on, practice.schedule):
                if step.at >= now and step.on <= last:
                    found[step.on] += count
    return found
