"""The coming days with their mails, in weeks: the strip on the first page and above the schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from reminder.policy.business_days import ONE_DAY, closed_because
from reminder.policy.digest import monday_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reminder.store.practices import Practice

DAYS = 60


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day of the strip. `closed`: why nothing goes that day, in a word or two; `is_ahead`: not over yet."""

    on: date
    mails: int
    closed: str | None
    is_today: bool
    is_ahead: bool


@dataclass(frozen=True, kw_only=True)
class Week:
    """The days from a Monday on."""

    days: tuple[Day, ...]

    @property
    def begins_on(self) -> date:
        """Return the Monday."""
        return self.days[0].on

    @property
    def mails(self) -> int:
        """Return the mails of the week."""
        return sum(day.mails for day in self.days)


def weeks_ahead(mails: Mapping[date, int], practices: Iterable[Practice], today: date) -> list[Week]:
    """Return the weeks that hold the coming 60 days, by how many mails go on which day."""
    calendars = [practice.schedule.closures for practice in practices]
    last = today + timedelta(days=DAYS - 1)
    weeks = []
    monday = monday_of(today)
    while monday <= last:
        dates = [monday + timedelta(days=number) for number in range(7)]
        days = (
            Day(
                on=on,
                mails=mails.get(on, 0),
                closed=_closed(on, calendars),
                is_today=on == today,
                is_ahead=today <= on <= last,
            )
            for on in dates
        )
        weeks.append(Week(days=tuple(days)))
        monday += 7 * ONE_DAY
    return weeks


def _closed(on: date, calendars: Iterable[frozenset[date]]) -> str | None:
    """Return why every practice is closed on a day, or None if one of them is open."""
    causes = [closed_because(on, closures) for closures in calendars]
    return None if None in causes else next(iter(causes), None)
