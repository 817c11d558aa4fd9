"""Gathers how the installation stands, for the rules in `policy/troubles.py`: from the database and from this machine."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reminder.clock import utc_now
from reminder.errors import ReminderError, UnreachableError, UsageError
from reminder.installation import in_force
from reminder.jobs.deliver import room_left
from reminder.jobs.link_check import RECORDED, strangeness
from reminder.jobs.services import MailLimits
from reminder.jobs.tick import LAST_TICK, recorded_ahead
from reminder.mail.links import Links
from reminder.mail.servers import reaches_people
from reminder.policy.condition import Condition, Fault
from reminder.policy.moments import zone_named
from reminder.policy.troubles import LATE_PASS, Trouble, troubles
from reminder.settings import Origin
from reminder.store import faults, progress, rules, schema, system
from reminder.store.backups import LAST_BACKUP, nearest, no_place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from reminder.clock import Clock
    from reminder.jobs.services import Installation, Services
    from reminder.settings import Settings
    from reminder.store.engine import Store

PATIENCE = LATE_PASS
"""A mail that could have gone for so long is overdue."""

LOOK_EVERY = timedelta(seconds=45)
"""What costs a write or a look at the disk is asked again after this; what stands in the database at each look."""

CHOSEN = frozenset({Origin.ENVIRONMENT, Origin.FILE})


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What costs a write, a look at the machine or at all that waits, as it was at an instant; `facts` of a Condition."""

    at: datetime
    facts: dict[str, Any]
    by_writing: bool


def look_around(
    store: Store, settings: Settings, now: datetime, limits: MailLimits | None = None, *, by_writing: bool = True
) -> Seen:
    """Try a write, unless only reading is allowed; count what waits, and look at the disk and at the time zone data."""
    facts: dict[str, Any] = {"free": free_bytes(store, settings), "no_place": no_place(Path(settings.backup_dir))}
    try:
        schema.require_newest(store)
        with store.read() as connection:
            facts |= _counted(connection, now, limits or _limits(settings))
        if by_writing:
            with store.write() as connection:
                system.put(connection, "health_checked_at", now.isoformat())
    except UsageError as error:
        facts["schema"] = Fault(since=now, detail=f"{error}.")
    except UnreachableError as error:
        if "database is locked" not in str(error):  # then somebody else writes, so it does take writes
            facts["database"] = Fault(since=now, detail=f"{error}.")
    return Seen(at=now, facts=facts, by_writing=by_writing)


def _limits(settings: Settings) -> MailLimits:
    return MailLimits(minute=settings.limits["minute"], day=settings.limits["day"])


def _counted(connection: Connection, now: datetime, limits: MailLimits) -> dict[str, Any]:
    """Return what has to be counted."""
    late = 0 if system.hold(connection) else progress.overdue(connection, now, PATIENCE)
    tried, rule = progress.last_try(connection), rules.load(connection)
    if late and ((tried and now - tried.at < PATIENCE) or not room_left(connection, limits, now)):
        late = 0  # a long queue gets on, or waits for what the mail server allows
    return {
        "late": late,
        "not_taken": progress.not_taken(connection),
        "in_doubt": progress.in_doubt(connection),
        "without_admin": progress.without_admin(connection),
        "zones_missing": _missing(progress.zones(connection)),
        "rule_days": rule.versions[-1].days,
        "rule_checked_on": rule.checked_on,
    }


def _missing(zones: Iterable[str]) -> tuple[str, ...]:
    found = []
    for zone in zones:
        try:
            zone_named(zone)
        except UsageError:
            found.append(zone)
    return tuple(found)


def free_bytes(store: Store, settings: Settings) -> int | None:
    """Return the room on the disk of the database file, or of the backups; None if it cannot be seen."""
    wanted = Path(store.url.database or "." if store.is_sqlite else settings.backup_dir or ".")
    try:
        return shutil.disk_usage(nearest(wanted)).free
    except OSError:
        return None


def gather(
    store: Store, settings: Settings, seen: Seen, now: datetime, installation: Installation | None = None
) -> Condition:
    """Put together how everything stands; `installation`: how mails leave, as the running program has it."""
    around = Condition(now=now, **seen.facts)
    if around.database is not None or around.schema is not None:
        return around
    try:
        with store.read() as connection:
            return replace(around, **_recorded(connection, now), **_settings(connection, settings, installation))
    except ReminderError as error:
        return replace(around, database=Fault(since=now, detail=f"{error}."))


def _recorded(connection: Connection, now: datetime) -> dict[str, Any]:
    """Return what stands in the records."""
    held, failed = system.hold(connection), faults.every(connection)
    tried, ticked_at = progress.last_try(connection), system.get_instant(connection, LAST_TICK)
    alive = (ticked_at, min(tried.at, now) if tried else None)
    alarms = {name.removeprefix(faults.ALARM): fault for name, fault in failed.items() if name.startswith(faults.ALARM)}
    return {
        "practices_since": progress.practices_since(connection),
        "is_live": progress.is_live(connection),
        "alive_at": max(filter(None, alive), default=None),
        "failed_pass": failed.get(faults.PASS),
        "held": Fault(since=held.since_at, detail=held.reason) if held else None,
        "is_probed": held is not None and held.probe_at is not None,
        "mail_server": failed.get(faults.MAIL_SERVER),
        "recorded_ahead": recorded_ahead(connection, now),
        "backup_at": system.get_instant(connection, LAST_BACKUP),
        "failed_backup": failed.get(faults.BACKUP),
        "mute": alarms,
    }


def _settings(connection: Connection, settings: Settings, installation: Installation | None) -> dict[str, Any]:
    """Return what the settings tell, as they hold now."""
    held = in_force(connection, settings)
    is_set_up = installation.is_set_up if installation else reaches_people(held.mail_url)
    origin = held.origin("mail_url")
    mail_set_up = True if origin is Origin.DEMO else None if not is_set_up and origin in CHOSEN else is_set_up
    unreadable = tuple(name for name, where in held.origins.items() if where is Origin.UNREADABLE)
    links = installation.links if installation else Links(held.public_url, held.secret_keys)
    return {
        "mail_set_up": mail_set_up,
        "unreadable": unreadable,
        "strange_links": strangeness(system.get(connection, RECORDED), links) is not None,
        "keeps_backups": origin is not Origin.DEMO,
    }


@dataclass
class Lookout:
    """Knows at any time what is wrong here. One for each process; the pages and the alarms share it."""

    services: Services
    settings: Settings
    _seen: Seen | None = None
    _unwritable: Fault | None = None
    _looking: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> datetime:
        """Return the present instant; by this machine's clock while the one that all share cannot be asked."""
        return _present(self.services.clock)

    def look(self, *, anew: bool = False, by_writing: bool = False) -> list[Trouble]:
        """Return what is wrong now. What costs more is asked only if the last answer is old, or with `anew`.

        A page only reads, and believes of writing what the alarms and the health check have found, which try it.
        """
        now = self.now()
        seen = self._around(now, anew=anew, by_writing=by_writing)
        return troubles(gather(self.services.store, self.settings, seen, now, self.services.installation))

    def _around(self, now: datetime, *, anew: bool, by_writing: bool) -> Seen:
        """Look around if it is time to; whoever comes meanwhile goes by the last look, so that no page waits for it."""
        known = self._seen
        suffices = known is not None and not anew and (known.by_writing or not by_writing)
        if known is not None and suffices and (abs(now - known.at) < LOOK_EVERY or self._looking.locked()):
            return known
        with self._looking:
            services = self.services
            seen = look_around(services.store, self.settings, now, services.limits, by_writing=by_writing)
            if by_writing:
                self._unwritable = seen.facts.get("database")
            elif self._unwritable is not None:
                seen.facts.setdefault("database", self._unwritable)
            self._seen = seen
            return seen


def _present(clock: Clock) -> datetime:
    try:
        return clock()
    except ReminderError:
        return utc_now()
