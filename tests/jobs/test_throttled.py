"""A mail server that takes 30 mails a minute (Microsoft 365), minute by minute: who goes first, when the last one goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from benchmarks.people import NOW, Crowd, make_due, populate, services
from reminder.jobs.releasing import last_leaves
from reminder.jobs.services import MailLimits
from reminder.jobs.tick import tick, tick_within_limits
from reminder.mail.memory import MemoryConnection, MemoryTransport
from reminder.policy.moments import local_date
from reminder.store.tables import person, reminder

if TYPE_CHECKING:
    from datetime import date, datetime

    from reminder.mail.transport import Verdict
    from reminder.store.engine import Store

ABOUT_A_CLOCK = reminder.c.kind == "warning"
MINUTE = timedelta(minutes=1)
CHICAGO = "America/Chicago"
LIMIT = MailLimits(minute=30)
ON_THE_WAY = timedelta(seconds=0.3)
"""What a mail takes on the way."""


@dataclass(frozen=True, kw_only=True)
class Gone:
    """A mail that went: when, and how urgent it was."""

    at: datetime
    urgent_on: date
    id: int


class Office:
    """A queue behind a throttled server, in time that passes only here: while a mail is on its way, and between passes."""

    def __init__(
        self, store: Store, people: int, *, limits: MailLimits = LIMIT, takes: timedelta = timedelta(0)
    ) -> None:
        self.store, self.now, self.limits = store, NOW, limits
        office = self

        class Slow(MemoryConnection):
            def outcome(self) -> Verdict:
                office.now += takes
                return super().outcome()

        class Pause(Event):
            def wait(self, timeout: float | None = None) -> bool:
                office.now += timedelta(seconds=timeout or 0)
                return False

        transport = MemoryTransport()
        transport.connect = lambda: Slow(transport)  # type: ignore[method-assign]
        populate(store, Crowd(people=people))
        self.services = services(store, transport)
        self.services.clock = lambda: self.now
        self.services.stopping = Pause()
        self.services.installation = replace(self.services.installation, limits=limits)

    def expire(self, first: int, count: int, days_left: int) -> None:
        """Let so many people have so many days left, and their clocks be looked at now."""
        expires_on = local_date(self.now, CHICAGO) + timedelta(days=days_left)
        known = {"expires_on": expires_on, "reset_on": expires_on - timedelta(days=60)}
        with self.store.write() as connection:
            connection.execute(update(person).where(person.c.id.between(first, first + count - 1)).values(known))
            make_due(connection, first, count)

    def minute(self) -> None:
        """Let the scheduler wake once, and the minute pass."""
        began = self.now
        tick_within_limits(self.services, MINUTE)
        self.now = max(self.now, began + MINUTE)

    def foretold(self) -> datetime | None:
        """Return when the last mail leaves by what the page says now."""
        with self.store.read() as connection:
            return last_leaves(connection, self.limits, self.now)

    def gone(self) -> list[Gone]:
        """Return what went, in the order in which it did."""
        columns = (reminder.c.sent_at, reminder.c.urgent_on, reminder.c.id)
        with self.store.read() as connection:
            rows = connection.execute(select(*columns).where(reminder.c.state == "sent", ABOUT_A_CLOCK)).all()
        return sorted((Gone(at=at, urgent_on=urgent_on, id=key) for at, urgent_on, key in rows), key=lambda g: g.at)

    def waiting(self) -> list[date]:
        with self.store.read() as connection:
            query = select(reminder.c.urgent_on).where(
                reminder.c.state == "planned", ABOUT_A_CLOCK, reminder.c.next_at <= self.now
            )
            return list(connection.scalars(query))


def most_in_a_minute(gone: list[Gone]) -> int:
    """Return the most mails that went within any sixty seconds."""
    most = first = 0
    for place, mail in enumerate(gone):
        while mail.at - gone[first].at >= MINUTE:
            first += 1
        most = max(most, place - first + 1)
    return most


def test_a_clock_that_is_set_back_by_an_hour_holds_up_no_limited_queue(sqlite_store: Store) -> None:
    office = Office(sqlite_store, 90)
    office.expire(1, 90, 3)
    office.minute()
    office.now -= timedelta(hours=1)
    seen = len(office.gone())
    office.minute()

    assert len(office.gone()) - seen >= 29  # of thirty; one may be a notice


def test_the_most_urgent_goes_first_at_any_time_and_nobody_is_left_behind(sqlite_store: Store) -> None:
    office = Office(sqlite_store, 800)
    for place, left in enumerate((14, 7, 3, 1, 0)):
        office.expire(1 + place * 120, 120, left)
    while len(office.gone()) < 800:
        if office.now in {NOW + 3 * MINUTE, NOW + 9 * MINUTE}:  # more of the most urgent come in while others wait
            office.expire(601 if office.now < NOW + 9 * MINUTE else 701, 100, 1)
        seen = len(office.gone())
        tick(office.services)
        went = [mail.urgent_on for mail in office.gone()[seen:]]
        assert went, f"nothing went at {office.now}"
        assert max(went) <= min(office.waiting(), default=max(went))
        office.now += MINUTE

    assert all(local_date(mail.at, CHICAGO) <= mail.urgent_on for mail in office.gone())
    assert office.now - NOW <= 28 * MINUTE


@pytest.mark.parametrize("takes", [timedelta(0), ON_THE_WAY])
def test_the_page_says_when_the_last_one_leaves(sqlite_store: Store, takes: timedelta) -> None:
    office = Office(sqlite_store, 200, takes=takes)
    office.expire(1, 200, 7)
    said: list[datetime | None] = []
    while not said or office.waiting():
        office.minute()
        said.append(office.foretold())
    gone = office.gone()
    last = gone[-1].at

    assert len(gone) == 200
    assert most_in_a_minute(gone) <= 30
    assert [moment for moment in said[:-1] if moment is None or not last - takes * 30 <= moment <= last + MINUTE] == []


def test_who_waits_for_days_goes_before_it_is_too_late(sqlite_store: Store) -> None:
    office = Office(sqlite_store, 150, limits=MailLimits(minute=30, day=30))
    office.expire(1, 60, 14)  # the least urgent: ever new ones come in before them
    for day in range(6):
        office.expire(61 + day * 15, 15, 3)
        for _ in range(3):
            office.minute()
        office.now = NOW + timedelta(days=day + 1, minutes=1)

    gone = office.gone()
    assert len(gone) >= 60
    assert [mail for mail in gone if local_date(mail.at, CHICAGO) > mail.urgent_on] == []
