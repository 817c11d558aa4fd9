"""What `reminder doctor` and the page of diagnostics look at: one finding a line, with what to do about each fault.

What is wrong they take from the one list of troubles; here stands what is said where nothing is.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reminder import __version__
from reminder.condition import gather, look_around
from reminder.errors import ReminderError
from reminder.installation import in_force
from reminder.mail.diagnosis import in_plain_words
from reminder.mail.links import is_local
from reminder.mail.redaction import redacted
from reminder.mail.servers import transport_from_url
from reminder.mail.transport import ConnectFault
from reminder.policy.troubles import Matter, Severity, troubles
from reminder.settings import ENTRIES, Settings, prepare
from reminder.store import outbox, people, practices, schema
from reminder.store import reconcile as reconciling
from reminder.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, timedelta

    from reminder.mail.transport import Transport
    from reminder.policy.condition import Condition
    from reminder.policy.troubles import Trouble


AREAS: dict[str, frozenset[Matter]] = {
    "database": frozenset({Matter.DATABASE, Matter.SCHEMA}),
    "clock": frozenset({Matter.CLOCK}),
    "last pass": frozenset({Matter.LAST_PASS}),
    "queue": frozenset({Matter.QUEUE, Matter.LATE, Matter.NOT_TAKEN, Matter.IN_DOUBT}),
    "sending": frozenset({Matter.NO_MAIL_SERVER, Matter.MAIL_SERVER}),
    "admins": frozenset({Matter.NO_ADMIN}),
    "rule": frozenset({Matter.RULE}),
    "backup": frozenset({Matter.BACKUP}),
    "disk": frozenset({Matter.DISK}),
    "time zones": frozenset({Matter.TIME_ZONES}),
    "links in mails": frozenset({Matter.LINKS}),
    "saved settings": frozenset({Matter.SETTINGS}),
    "alarms": frozenset({Matter.ALARMS}),
}
"""The findings in their order, each with the troubles that make it a fault."""

WITHOUT_DATABASE = frozenset({"database", "clock", "disk", "time zones"})
"""What can be told without the database."""


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
    """Check everything but the mail server. The database comes first; without it little can be said."""
    found = gather(store, settings, look_around(store, settings, now), now)
    listed, well = troubles(found), _where_all_is_well(store, found)
    findings = [
        _finding(
            found.now,
            name,
            [trouble for trouble in listed if trouble.matter in matters],
            well.get(name, "nothing is wrong"),
        )
        for name, matters in AREAS.items()
        if _is_known(found) or name in WITHOUT_DATABASE
    ]
    if (failed := _failed(store, found)) is not None:
        findings.append(failed)
    return [*findings, _public_url(_in_force(store, settings).public_url), _versions(store)]


def _is_known(found: Condition) -> bool:
    """Tell whether the database could be asked."""
    return found.database is None and found.schema is None


def _finding(now: datetime, name: str, wrong: Sequence[Trouble], well: str) -> Finding:
    """Return what is wrong in one area; that mails go to a folder which somebody chose, or in a trial, is no fault."""
    folder = next((one.words for one in wrong if _is_no_fault(one)), None)
    wrong = [one for one in wrong if not _is_no_fault(one)]
    if not wrong:
        return Finding(name=name, ok=True, detail=folder or well, support=folder or well)
    return Finding(
        name=name,
        ok=False,
        detail=" ".join(f"{_unnamed(one.detail or one.words, name)} Cure: {one.cure}." for one in wrong),
        unreachable=any(one.matter is Matter.DATABASE for one in wrong),
        support=" ".join(f"{one.words} ({_age(now - one.since)})" if one.since else one.words for one in wrong),
    )


def _unnamed(words: str, name: str) -> str:
    """Return what is said of an area without its name before it, which stands there already."""
    return words.removeprefix(f"{name}: ")


def _is_no_fault(trouble: Trouble) -> bool:
    return trouble.matter is Matter.NO_MAIL_SERVER and trouble.severity is Severity.WARNING


def _where_all_is_well(store: Store, found: Condition) -> dict[str, str]:
    """Return what is said of each area in which nothing is wrong."""
    last = f"{found.alive_at:%Y-%m-%d %H:%M} UTC" if found.alive_at else "never"
    made = (
        f"{_age(found.now - found.backup_at)} ago"
        if found.backup_at
        else "none yet; the first one is made within a day"
        if found.keeps_backups
        else "none; these people are invented"
    )
    said = {
        "database": f"answers and takes writes, {_kind_of(store)}, schema {schema.NEWEST}",
        "clock": f"{found.now:%Y-%m-%d %H:%M} UTC",
        "last pass": last,
        "queue": "not held, every mail gets on",
        "backup": made,
        "disk": f"{(found.free or 0) / 10**9:.1f} GB free",
        "time zones": f"tzdata {importlib.metadata.version('tzdata')}",
    }
    if found.rule_checked_on is not None:
        said["rule"] = f"{found.rule_days} days, checked on {found.rule_checked_on}"
    return said


def _failed(store: Store, found: Condition) -> Finding | None:
    """Return how many mails could not be sent: a matter of their people, but somebody has to look."""
    if not _is_known(found):
        return None
    with store.read() as connection:
        count = len(outbox.failed(connection))
    if not count:
        return Finding(name="failed mails", ok=True, detail="none", support="none")
    words = "1 mail failed" if count == 1 else f"{count} mails failed"
    return Finding(name="failed mails", ok=False, detail=f"{words}; see: reminder queue", support=words)


def _in_force(store: Store, settings: Settings) -> Settings:
    """Return the settings with what was saved on a page; as they were read at start if the database is out of reach."""
    try:
        with store.read() as connection:
            return in_force(connection, settings)
    except ReminderError:
        return settings


def _kind_of(store: Store) -> str:
    return "SQLite" if store.is_sqlite else "PostgreSQL"


def _age(gap: timedelta) -> str:
    """Return a length of time in the largest unit that fits."""
    minutes = int(gap.total_seconds() // 60)
    if minutes < 120:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


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
        detail = f"{verdict.stage}: {verdict.answer}. {in_plain_words(verdict)}"
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
    if is_local(url):
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
