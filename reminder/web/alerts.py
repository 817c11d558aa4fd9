"""What every page says at its top while it is true: nothing runs, nothing is sent, nobody is mailed yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from reminder.jobs.tick import LAST_TICK
from reminder.store import system

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.store.practices import Practice

LATE = timedelta(minutes=10)
"""A pass runs each minute; after this long without one the reminders count as not running."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One line at the top of a page, with the one thing to do about it. `is_trouble`: nobody is being reminded."""

    words: str
    href: str = ""
    link: str = ""
    is_trouble: bool = True


def alerts(
    connection: Connection,
    practices: Iterable[Practice],
    now: datetime,
    *,
    mail_is_set_up: bool = True,
    is_owner: bool = False,
) -> list[Alert]:
    """Return what is wrong with the installation and which of these practices are in trial, the worst first."""
    found = []
    last = system.get_instant(connection, LAST_TICK)
    if last is None or now - last > LATE:
        since = f"since {last:%b %d, %H:%M} UTC" if last else "so far"
        words = f"The reminders have not run {since}. Is the program running on your server?"
        found.append(Alert(words=words, href="/diagnostics" if is_owner else "", link="Find out why"))
    held = system.hold(connection)
    if held is not None:
        found.append(Alert(words=f"Sending is held: {held.reason}.", href="/messages", link="See what waits"))
    if not mail_is_set_up:
        words = "No mail server is set up: mails are written to a folder and reach nobody."
        found.append(Alert(words=words, href="/settings/mail" if is_owner else "", link="Set up mail"))
    for practice in practices:
        if practice.is_trial:
            words = f"{practice.name} is in trial: its mails go to its admins only."
            href = f"/settings?practice={practice.id}"
            found.append(Alert(words=words, href=href, link="Turn reminders on", is_trouble=False))
    return found
