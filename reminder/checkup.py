"""What `reminder doctor` and the page of diagnostics look at: one finding a line, with what to do about each fault."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reminder import __version__
from reminder.errors import ReminderError, UnreachableError
from reminder.installation import in_force
from reminder.jobs.tick import LAST_TICK, MOST_BEHIND
from reminder.mail.diagnosis import in_plain_words
from reminder.mail.redaction import redacted
from reminder.mail.servers import transport_from_url
from reminder.mail.transport import ConnectFault
from reminder.settings import ENTRIES, Settings, prepare
from reminder.store import outbox, people, practices, rules, schema, system
from reminder.store import reconcile as reconciling
from reminder.store.backups import LAST_BACKUP
from reminder.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reminder.mail.transport import Transport

RULE_AGE = timedelta(days=365)
"""A rule that nobody has checked against CMS's own pages for a year is due for a look."""

LATE_TICK = timedelta(minutes=5)
LATE_BACKUP = timedelta(hours=26)
"""A backup is made each day; this leaves two hours for making it."""

LEAST_FREE = 500 * 10**6
"""So many bytes must be free: backups need room, and SQLite stops at a full disk."""

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was checked. `unreachable`: the database or the mail server did not answer.

    `support`: the same for people who help, without names, addresses, hosts and secrets.
    """

    name: str
    ok: bool
    detail: str
    unreachable: bool = False
    support: str = ""


def run(settings: Settings, now: datetime, *, reconcile: bool = False) -> list[Finding]:
    """Check the installation; with `reconcile` also whether the records agree with each other."""
    settings = prepare(settings)
    store = Store(settings.database_url)
    try:
        findings = look(store, settings, now)
        if reconcile and findings[0].ok:
            findings.append(_records(store))
        return [*findings, mail_server_of(_in_force(store, settings))]
    finally:
        store.close()


def look(store: Store, settings: Settings, now: datetime) -> list[Finding]:
    """Check everything but the mail server, changing nothing. The database comes first; without it little can be said."""
    findings = [_database(store, now)]
    if findings[0].ok:
        checks: list[Callable[[Store, datetime], Finding]] = [_clock, _last_tick, _queue, _rule, _backup]
        findings += [check(store, now) for check in checks]
    findings.append(_disk(store, settings))
    findings.append(_public_url(_in_force(store, settings).public_url))
    tzdata = importlib.metadata.version("tzdata")
    findings.append(Finding(name="time zones", ok=True, detail=f"tzdata {tzdata}", support=f"tzdata {tzdata}"))
    return [*findings, _versions(store)]


def _in_force(store: Store, settings: Settings) -> Settings:
    """Return the settings with what was saved on a page; as they were read at start if the database is out of reach."""
    try:
        with store.read() as connection:
            return in_force(connection, settings)
    except ReminderError:
        return settings


class _TakenBackError(Exception):
    """A write that is only tried is rolled back by this."""


def _database(store: Store, now: datetime) -> Finding:
    """Try a write and take it back: a full disk and a database that only reads are seen, and nothing is changed."""
    try:
        schema.require_newest(store)
        with suppress(_TakenBackError), store.write() as connection:
            system.put(connection, "doctor_at", now.isoformat())
            raise _TakenBackError
    except ReminderError as error:
        unreachable = isinstance(error, UnreachableError)
        support = "cannot be reached" if unreachable else "not at this program's schema"
        return Finding(name="database", ok=False, detail=str(error), unreachable=unreachable, support=support)
    words = f"answers and takes writes, schema {schema.NEWEST}"
    return Finding(name="database", ok=True, detail=words, support=f"{_kind_of(store)}, schema {schema.NEWEST}")


def _kind_of(store: Store) -> str:
    return "SQLite" if store.is_sqlite else "PostgreSQL"


def _clock(store: Store, now: datetime) -> Finding:
    with store.read() as connection:
        newest = outbox.newest_moment(connection)
    behind = newest is not None and newest - now > MOST_BEHIND
    detail = f"{now:%Y-%m-%d %H:%M} UTC"
    if behind:
        detail += f" is behind what is recorded ({newest:%Y-%m-%d %H:%M} UTC); set the machine's clock"
    return Finding(name="clock", ok=not behind, detail=detail, support=f"{now:%Y-%m-%d %H:%M} UTC")


def _last_tick(store: Store, now: datetime) -> Finding:
    with store.read() as connection:
        last = system.get_instant(connection, LAST_TICK)
    if last is None:
        detail = "never; start: reminder serve, or run: reminder tick"
        return Finding(name="last pass", ok=False, detail=detail, support="never")
    late = now - last > LATE_TICK
    detail = f"{last:%Y-%m-%d %H:%M} UTC" + ("; is `reminder serve` or `reminder worker` running?" if late else "")
    return Finding(name="last pass", ok=not late, detail=detail, support=f"{_age(now - last)} ago")


def _age(gap: timedelta) -> str:
    """Return a length of time in the largest unit that fits."""
    minutes = int(gap.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def _queue(store: Store, now: datetime) -> Finding:
    with store.read() as connection:
        held = system.hold(connection)
        failed = outbox.failed(connection)
    if held is not None:
        whose = "tried again by itself" if held.probe_at else "waits for an admin"
        support = f"held for {_age(now - held.since_at)}, {whose}"
        return Finding(name="queue", ok=False, detail=f"held: {held.reason}. {held.cure}", support=support)
    if failed:
        support = f"{len(failed)} mails failed"
        return Finding(name="queue", ok=False, detail=f"{support}; see: reminder queue", support=support)
    words = "not held, nothing failed"
    return Finding(name="queue", ok=True, detail=words, support=words)


def _rule(store: Store, now: datetime) -> Finding:
    with store.read() as connection:
        rule = rules.load(connection)
    old = now.date() - rule.checked_on > RULE_AGE
    words = f"{rule.versions[-1].days} days, checked on {rule.checked_on}"
    cure = "; that is over a year ago: compare it with CMS's own pages, or install a newer release" if old else ""
    return Finding(name="rule", ok=not old, detail=f"{words}{cure}", support=words)


def _backup(store: Store, now: datetime) -> Finding:
    with store.read() as connection:
        last = system.get_instant(connection, LAST_BACKUP)
        oldest = min((found.created_at for found in practices.load(connection).values()), default=now)
    if last is None:
        late = now - oldest > LATE_BACKUP
        cure = "is `reminder serve` or `reminder worker` running?" if late else "the first one is made within a day"
        return Finding(name="backup", ok=not late, detail=f"none yet; {cure}", support="none")
    late = now - last > LATE_BACKUP
    cure = "; one is due each day: look for its fault in the log, or make one now" if late else ""
    age = f"{_age(now - last)} ago"
    return Finding(name="backup", ok=not late, detail=f"{age}{cure}", support=age)


def _disk(store: Store, settings: Settings) -> Finding:
    """Look at the disk of the database file, or of the backups."""
    wanted = Path(store.url.database or "." if store.is_sqlite else settings.backup_dir or ".").absolute()
    place = next(folder for folder in (wanted, *wanted.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    words = f"{free / 10**9:.1f} GB free"
    ok = free >= LEAST_FREE
    cure = "" if ok else f"; make room: at {LEAST_FREE // 10**6} MB and less, backups and the database may fail"
    return Finding(name="disk", ok=ok, detail=f"{words}{cure}", support=words)


def _records(store: Store) -> Finding:
    with store.read() as connection:
        differences = reconciling.differences(connection)
    if not differences:
        return Finding(name="records", ok=True, detail="agree with each other", support="agree")
    support = f"{len(differences)} differences"
    return Finding(name="records", ok=False, detail="; ".join(differences[:20]), support=support)


def mail_server_of(settings: Settings) -> Finding:
    """Connect to the mail server that the settings name and sign in; nothing is sent."""
    try:
        transport = transport_from_url(settings.mail_url)
    except ReminderError as error:
        return Finding(name="mail server", ok=False, detail=str(error), support="its address cannot be used")
    return mail_server(transport)


def mail_server(transport: Transport) -> Finding:
    """Connect to the mail server and sign in; nothing is sent."""
    try:
        transport.connect().close()
    except ConnectFault as fault:
        verdict = fault.verdict
        code = f"{verdict.code or ''}".strip()
        detail = f"{verdict.stage}: {code} {verdict.reply}. {in_plain_words(verdict)}"
        enhanced = re.match(r"[245]\.\d{1,3}\.\d{1,3}", verdict.reply)
        support = f"refused at {verdict.stage}: {code} {enhanced[0] if enhanced else ''}".strip()
        return Finding(name="mail server", ok=False, detail=detail, unreachable=True, support=support)
    except ReminderError as error:
        return Finding(name="mail server", ok=False, detail=str(error), support="cannot be used")
    return Finding(name="mail server", ok=True, detail=f"accepts us ({transport.describe()})", support="accepts us")


def _public_url(url: str) -> Finding:
    parts = urlsplit(url)
    name = "public address"
    if parts.scheme == "https":
        return Finding(name=name, ok=True, detail=url, support="https")
    if parts.hostname in LOCAL:
        detail = f"{url} (only this machine can follow the links in mails)"
        return Finding(name=name, ok=True, detail=detail, support="this machine only")
    return Finding(name=name, ok=False, detail=f"{url} is not https; put the pages behind TLS", support="plain http")


def seen_address(public_url: str, host: str) -> Finding:
    """Compare the public address with the host under which a browser reaches these pages just now."""
    name = "address in your browser"
    if urlsplit(public_url).netloc.lower() == host.lower():
        return Finding(name=name, ok=True, detail="the same as in the links of mails", support="the same")
    detail = f"{host}, but the links in mails lead to {public_url}; make the public address the one that people use"
    return Finding(name=name, ok=False, detail=detail, support="another one")


def _versions(store: Store) -> Finding:
    words = f"reminder {__version__}, Python {platform.python_version()}, {_kind_of(store)}, {platform.system()}"
    return Finding(name="versions", ok=True, detail=words, support=words)


def support_text(store: Store, settings: Settings, findings: Iterable[Finding]) -> str:
    """Return a text that helps others to help: nothing in it names a person, a practice, a host or a secret.

    It is put together from what is known to be harmless; the redaction at the end is a second net.
    """
    lines = [f"{'ok   ' if found.ok else 'FAULT'} {found.name}: {found.support}" for found in findings]
    lines.append(f"mail: {urlsplit(settings.mail_url).scheme or 'not set'}")
    lines += [f"setting {entry.name}: {settings.origin(entry.name)}" for entry in ENTRIES]
    lines += _counts(store)
    return redacted("\n".join(lines)) + "\n"


def _counts(store: Store) -> Iterator[str]:
    with suppress(ReminderError), store.read() as connection:
        yield f"practices: {practices.count(connection)}"
        yield f"people: {people.registered_count(connection)}"
