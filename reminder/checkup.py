"""What `reminder doctor` looks at: one finding a line, with what to do about each fault."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reminder.errors import ReminderError, UnreachableError
from reminder.installation import in_force
from reminder.jobs.tick import LAST_TICK, MOST_BEHIND
from reminder.mail.diagnosis import in_plain_words
from reminder.mail.servers import transport_from_url
from reminder.mail.transport import ConnectFault
from reminder.settings import Settings, prepare
from reminder.store import outbox, rules, schema, system
from reminder.store import reconcile as reconciling
from reminder.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RULE_AGE = timedelta(days=365)
"""A rule that nobody has checked against CMS's own pages for a year is due for a look."""

LATE_TICK = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was checked. `unreachable`: the database or the mail server did not answer."""

    name: str
    ok: bool
    detail: str
    unreachable: bool = False


def run(settings: Settings, now: datetime, *, reconcile: bool = False) -> list[Finding]:
    """Check the installation; with `reconcile` also whether the records agree with each other."""
    settings = prepare(settings)
    findings = list(_database(settings, now, reconcile=reconcile))
    settings = _in_force(settings)
    findings.append(_mail_server(settings))
    findings.append(_public_url(settings.public_url))
    findings.append(Finding(name="time zones", ok=True, detail=f"tzdata {importlib.metadata.version('tzdata')}"))
    return findings


def _in_force(settings: Settings) -> Settings:
    """Return the settings with what was saved on a page; as they were read at start if the database is out of reach."""
    store = Store(settings.database_url)
    try:
        with store.read() as connection:
            return in_force(connection, settings)
    except ReminderError:
        return settings
    finally:
        store.close()


def _database(settings: Settings, now: datetime, *, reconcile: bool) -> Iterator[Finding]:
    store = Store(settings.database_url)
    try:
        schema.require_newest(store)
        with store.write() as connection:
            system.put(connection, "doctor_at", now.isoformat())
    except ReminderError as error:
        unreachable = isinstance(error, UnreachableError)
        yield Finding(name="database", ok=False, detail=str(error), unreachable=unreachable)
        store.close()
        return
    yield Finding(name="database", ok=True, detail=f"answers, schema {schema.NEWEST}")
    checks: list[Callable[[Store, datetime], Finding]] = [_clock, _last_tick, _queue, _rule]
    yield from (check(store, now) for check in checks)
    if reconcile:
        yield _records(store)
    store.close()


def _clock(store: Store, now: datetime) -> Finding:
    with store.read() as connection:
        newest = outbox.newest_moment(connection)
    behind = newest is not None and newest - now > MOST_BEHIND
    detail = f"{now:%Y-%m-%d %H:%M} UTC"
    if behind:
        detail += f" is behind what is recorded ({newest:%Y-%m-%d %H:%M} UTC); set the machine's clock"
    return Finding(name="clock", ok=not behind, detail=detail)


def _last_tick(store: Store, now: datetime) -> Finding:
    with store.read() as connection:
        last = system.get_instant(connection, LAST_TICK)
    if last is None:
        return Finding(name="last pass", ok=False, detail="never; start: reminder serve, or run: reminder tick")
    late = now - last > LATE_TICK
    detail = f"{last:%Y-%m-%d %H:%M} UTC" + ("; is `reminder serve` or `reminder worker` running?" if late else "")
    return Finding(name="last pass", ok=not late, detail=detail)


def _queue(store: Store, now: datetime) -> Finding:  # noqa: ARG001 - one signature for all checks
    with store.read() as connection:
        held = system.hold(connection)
        failed = outbox.failed(connection)
    if held is not None:
        return Finding(name="queue", ok=False, detail=f"held: {held.reason}. {held.cure}")
    if failed:
        return Finding(name="queue", ok=False, detail=f"{len(failed)} mails failed; see: reminder queue")
    return Finding(name="queue", ok=True, detail="not held, nothing failed")


def _rule(store: Store, now: datetime) -> Finding:
    with store.read() as connection:
        rule = rules.load(connection)
    old = now.date() - rule.checked_on > RULE_AGE
    detail = f"{rule.versions[-1].days} days, checked on {rule.checked_on}"
    if old:
        detail += "; that is over a year ago: compare it with CMS's own pages, or install a newer release"
    return Finding(name="rule", ok=not old, detail=detail)


def _records(store: Store) -> Finding:
    with store.read() as connection:
        differences = reconciling.differences(connection)
    if not differences:
        return Finding(name="records", ok=True, detail="agree with each other")
    return Finding(name="records", ok=False, detail="; ".join(differences[:20]))


def _mail_server(settings: Settings) -> Finding:
    try:
        transport = transport_from_url(settings.mail_url)
        transport.connect().close()
    except ConnectFault as fault:
        verdict = fault.verdict
        detail = f"{verdict.stage}: {verdict.code or ''} {verdict.reply}. {in_plain_words(verdict)}"
        return Finding(name="mail server", ok=False, detail=detail, unreachable=True)
    except ReminderError as error:
        return Finding(name="mail server", ok=False, detail=str(error))
    return Finding(name="mail server", ok=True, detail=f"accepts us ({transport.describe()})")


def _public_url(url: str) -> Finding:
    parts = urlsplit(url)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme == "https":
        return Finding(name="public address", ok=True, detail=url)
    if local:
        return Finding(
            name="public address", ok=True, detail=f"{url} (only this machine can follow the links in mails)"
        )
    return Finding(name="public address", ok=False, detail=f"{url} is not https; put the pages behind TLS")
