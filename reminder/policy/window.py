"""Rule 5: when a mail may start. Business days from the send time to 18:00 local, sooner if waiting is too late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.policy.business_days import ONE_DAY, is_business_day, walk
from reminder.policy.moments import instant, local_date, local_midnight_after

if TYPE_CHECKING:
    from reminder.policy.model import Schedule

CLOSES = time(18)
"""The local time from which no mail starts any more."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A mail may start from `opens_at` until just before `closes_at` (UTC instants)."""

    opens_at: datetime
    closes_at: datetime


def send_time_from_text(text: str) -> time:
    """Read a local send time such as `08:00`; raise UsageError if it is none or not before 18:00."""
    try:
        at = time.fromisoformat(text if ":" in text else f"{text}:00")
    except ValueError:
        message = f"send time: {text!r} is no time of day; write it like 08:00"
        raise UsageError(message) from None
    if at.tzinfo or at >= CLOSES:
        message = f"send time: {text!r} cannot be used, mails start before 18:00 local; choose a time such as 08:00"
        raise UsageError(message)
    return at.replace(microsecond=0)


def window_on(day: date, schedule: Schedule) -> Window:
    """Return the sending window of a business day."""
    return Window(
        opens_at=instant(day, schedule.send_time, schedule.zone),
        closes_at=instant(day, CLOSES, schedule.zone),
    )


def next_window(now: datetime, schedule: Schedule) -> Window:
    """Return the window that is open at `now`, else the next one to open."""
    day = local_date(now, schedule.zone)
    while found := walk(day, ONE_DAY, lambda candidate: is_business_day(candidate, schedule.closures)):
        window = window_on(found, schedule)
        if now < window.closes_at:
            return window
        day = found + ONE_DAY
    return Window(opens_at=now + timedelta(days=365), closes_at=now + timedelta(days=366))


def window_after_today(now: datetime, schedule: Schedule) -> Window:
    """Return the first window of a later local day than that of `now`."""
    return next_window(local_midnight_after(now, schedule.zone), schedule)


def first_try(now: datetime, schedule: Schedule, expires_on: date | None = None, *, today_used: bool = False) -> Window:
    """Return when the first try of a mail may be made.

    In the sending window; but at once, until local midnight, if today is before `expires_on` and the window would
    open on that day or later. `today_used`: a mail about the clock has gone to the person today, so not before tomorrow.
    """
    if today_used:
        return first_try(local_midnight_after(now, schedule.zone), schedule, expires_on)
    window = next_window(now, schedule)
    if expires_on is None or window.opens_at <= now:
        return window
    today = local_date(now, schedule.zone)
    if today < expires_on <= local_date(window.opens_at, schedule.zone):
        return Window(opens_at=now, closes_at=local_midnight_after(now, schedule.zone))
    return window


def next_try(at: datetime, schedule: Schedule | None, started_at: datetime) -> Window:
    """Return when a retry wanted at `at` may be made: until midnight local of the day it started, then at the next
    window. Without a schedule (receipts, tests, sign-in mails) at any time.
    """
    if schedule is None:
        return Window(opens_at=at, closes_at=at + timedelta(days=365))
    midnight = local_midnight_after(started_at, schedule.zone)
    if at < midnight:
        return Window(opens_at=at, closes_at=midnight)
    window = next_window(at, schedule)
    return Window(opens_at=max(at, window.opens_at), closes_at=window.closes_at)
