"""One pass: plan what is due, send what is planned. What is due comes from the database; a missed pass heals itself."""

from __future__ import annotations

import importlib.metadata
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from reminder.jobs.checks import check_practices
from reminder.jobs.deliver import deliver
from reminder.jobs.holding import hold_for_admin
from reminder.jobs.link_check import check_links
from reminder.jobs.plan import plan_people
from reminder.jobs.services import Services, Tally
from reminder.policy.pace import SEEN_WITHIN
from reminder.policy.troubles import MOST_BEHIND
from reminder.store import outbox, people, planning, sending, system
from reminder.store.epoch import begin_pass

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from reminder.store.engine import Store

log = logging.getLogger(__name__)

LAST_TICK = "last_tick_at"
CALENDARS = "calendars"
TRUSTED_FROM = "clock_trusted_from"
"""When an admin last released the queue: a clock that they have seen is right, whatever a wrong one left behind."""


def tick(services: Services) -> Tally:
    """Run one pass and return what it did. The settings that hold as it begins hold to its end."""
    services.refresh()
    services = replace(services)
    tally = Tally()
    now = services.clock()
    if services.mark is not None and not begin_pass(services.store, services.mark, now):
        log.error("sending is held: an older copy of the database is in its place", extra={"action": "queue.held"})
    check_links(services, now)
    if clock_is_trusted(services.store, now):
        with services.store.write() as connection:
            sending.expire_leases(connection, now)  # first, so that the plan sees what a dead sender left
            tally.cancelled += planning.call_off_ended(connection, now)
        plan_due(services.store, now, tally)
        deliver(services, tally)
    with services.store.write() as connection:
        system.put(connection, LAST_TICK, now.isoformat())
    return tally


def tick_within_limits(services: Services, every: timedelta) -> None:
    """Run a pass, and further ones at once as long as more waits than a run may take.

    While a limit a minute holds mails back, run further ones as room comes free, until the next is due: a batch that
    took some seconds still fills its minute when the pass of the next minute looks, so with one pass a minute every
    other would send nothing.
    """
    until = services.clock() + every - SEEN_WITHIN
    while (tally := tick(services)).delayed and not services.stopping.is_set():
        if tally.was_cut_short:
            continue
        if services.limits.minute is None or services.clock() >= until:
            return
        services.stopping.wait(SEEN_WITHIN.total_seconds())


def plan_due(store: Store, now: datetime, tally: Tally) -> None:
    """Plan what is due and send nothing; so the list that releases a held queue is whole."""
    plan_people(store, now, tally)
    check_practices(store, now, tally)


def clock_is_trusted(store: Store, now: datetime) -> bool:
    """Tell whether the clock fits what is recorded; hold the queue if it does not."""
    with store.read() as connection:
        newest = recorded_ahead(connection, now)
    if newest is None:
        return True
    hold_for_clock(
        store, now, f"the clock says {now:%Y-%m-%d %H:%M} UTC, but work was recorded at {newest:%Y-%m-%d %H:%M} UTC"
    )
    return False


def recorded_ahead(connection: Connection, now: datetime) -> datetime | None:
    """Return when work was recorded, if that is so far ahead of `now` that no honest clock would say so."""
    trusted_from = system.get_instant(connection, TRUSTED_FROM)
    recorded = (outbox.newest_moment(connection), system.get_instant(connection, LAST_TICK))
    newest = max(filter(None, recorded), default=now)
    is_trusted = trusted_from is not None and trusted_from - now <= MOST_BEHIND
    return None if is_trusted or newest - now <= MOST_BEHIND else newest


def hold_for_clock(store: Store, now: datetime, reason: str) -> None:
    """Hold the queue because the clock cannot be trusted."""
    hold_for_admin(store, now, reason, "set the clock right, and look at the list")


def refresh_calendars(store: Store, now: datetime) -> None:
    """At start: have every clock looked at again if the holiday or time zone data are not those of the last start."""
    versions = f"holidays {importlib.metadata.version('holidays')}, tzdata {importlib.metadata.version('tzdata')}"
    with store.write() as connection:
        known = system.get(connection, CALENDARS)
        if known == versions:
            return
        system.put(connection, CALENDARS, versions)
        if known is not None:
            people.look_again_all(connection, now)
