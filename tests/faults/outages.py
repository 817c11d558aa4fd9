"""Ways of being broken, made for real where that can be done; each mends again what it broke."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import sys
import zoneinfo
from collections import namedtuple
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text

from reminder import installation, scheduler
from reminder.jobs import tick as passes
from reminder.jobs.releasing import release_queue, resend
from reminder.mail.folder import FolderTransport
from reminder.mail.links import Links
from reminder.mail.sign_in import AppSignIn, Login
from reminder.mail.smtp import Security, SmtpTransport
from reminder.mail.wire import Timeouts
from reminder.policy import moments
from reminder.policy.troubles import Matter
from reminder.settings import Settings
from reminder.store import backups, outbox, restoring, system
from reminder.store.engine import Store
from reminder.store.tables import admin_role
from tests import smtp_server
from tests.faults.listener import listening
from tests.smtp_server import AUTHORITY, client_context, drop, keeping_server, scripted_server, silence
from tests.world import KEY, PUBLIC_URL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from tests.faults.house import House

    Break = Callable[[House, pytest.MonkeyPatch], Any]

CANARY = "hunter2-canary"
"""A password, or a part of an address, that must not be told."""

NOWHERE = "mail.nowhere.example"
NAMES = ("Dora Lindt", "Emil Stone", "Fay Osman", "Gus Wall")
OFFERS_SIGN_IN = b"250-test\r\n250-AUTH LOGIN PLAIN XOAUTH2\r\n250 HELP\r\n"


@dataclass(frozen=True, kw_only=True)
class Outage:
    """One way of being broken. `page_after`: minutes until a page can say so. `is_told`: by the webhook; who is dead is
    silent, and so the dead-man's switch tells. `mended_after`: minutes until it shows that it works again.
    """

    name: str
    matter: Matter
    break_it: Break
    page_after: int = 1
    is_told: bool = True
    mended_after: int = 1


OUTAGES: list[Outage] = []


def outage(matter: Matter, **more: Any) -> Callable[[Callable[..., Iterator[None]]], Callable[..., Iterator[None]]]:
    """Put a way of being broken on the list, under the name of its function."""

    def listed(function: Callable[..., Iterator[None]]) -> Callable[..., Iterator[None]]:
        made = Outage(name=function.__name__, matter=matter, break_it=contextmanager(function), **more)
        OUTAGES.append(made)
        return function

    return listed


def server(house: House, port: int, **more: Any) -> None:
    """Send by a server on this machine from now on."""
    values: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": Security.PLAIN, **more}
    house.world.services.installation = replace(house.world.services.installation, transport=SmtpTransport(**values))


@contextmanager
def another_server(house: House) -> Iterator[None]:
    """Take the mail server of before at the end."""
    before = house.world.services.installation
    try:
        yield
    finally:
        house.world.services.installation = before


# The mail server


@outage(Matter.MAIL_SERVER)
def mail_server_down(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.due(*NAMES)
    with another_server(house):
        server(house, 1)
        yield


@outage(Matter.MAIL_SERVER, page_after=5)
def mail_server_down_with_nothing_to_send(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    with another_server(house):
        server(house, 1)
        yield


@outage(Matter.QUEUE, mended_after=16)
def sign_in_refused(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.due(*NAMES)
    with another_server(house), scripted_server(ehlo=OFFERS_SIGN_IN, auth=b"535 5.7.8 no\r\n") as port:
        server(house, port, login=Login(user="reminders", password=CANARY))
        yield


@outage(Matter.QUEUE, mended_after=16, page_after=5)
def sign_in_refused_with_nothing_to_send(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    with another_server(house), scripted_server(ehlo=OFFERS_SIGN_IN, auth=b"535 5.7.8 no\r\n") as port:
        server(house, port, login=Login(user="reminders", password=CANARY))
        yield


@outage(Matter.QUEUE, mended_after=16)
def oauth_token_refused(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.due(*NAMES)
    with another_server(house), scripted_server(ehlo=OFFERS_SIGN_IN) as port, listening() as tokens:
        tokens.status, tokens.says = 401, b'{"error": "invalid_client", "error_description": "AADSTS7000222"}'
        secret = AppSignIn(user="reminders", token_url=tokens.url, client_id="app", client_secret=CANARY)
        server(house, port, login=secret)
        yield


@outage(Matter.MAIL_SERVER)
def name_of_the_server_unknown(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.due(*NAMES)
    with another_server(house), patch.context() as broken:
        broken.setattr(socket, "getaddrinfo", _unknown)
        server(house, 25, host=NOWHERE)
        yield


LOOK_UP = socket.getaddrinfo


def _unknown(host: Any, *arguments: Any, **named: Any) -> Any:
    if host == NOWHERE:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return LOOK_UP(host, *arguments, **named)


@outage(Matter.QUEUE, mended_after=16)
def certificate_of_another_name(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.due(*NAMES)
    with another_server(house), keeping_server(tls=True) as kept:
        server(house, kept.port, security=Security.TLS, context=client_context())
        yield


@outage(Matter.QUEUE, mended_after=16)
def certificate_run_out(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.due(*NAMES)
    old = AUTHORITY.issue_cert(
        "localhost", not_before=datetime(2020, 1, 1, tzinfo=UTC), not_after=datetime(2021, 1, 1, tzinfo=UTC)
    )
    with another_server(house), patch.context() as broken:
        broken.setattr(smtp_server, "CERTIFICATE", old)
        with keeping_server(tls=True) as kept:
            server(house, kept.port, host="localhost", security=Security.TLS, context=client_context())
            yield


@outage(Matter.MAIL_SERVER)
def mail_server_says_nothing(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.due(NAMES[0])
    with another_server(house), scripted_server(greeting=silence) as port:
        server(house, port, timeouts=Timeouts(connect=0.05, command=0.05))
        yield


@outage(Matter.QUEUE, mended_after=16)
def mail_folder_cannot_be_written(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.due(NAMES[0])
    (house.folder / "a file").write_text("")
    with another_server(house):
        present = house.world.services.installation
        transport = FolderTransport(str(house.folder / "a file"))
        house.world.services.installation = replace(present, transport=transport)
        yield


@outage(Matter.NO_MAIL_SERVER)
def no_mail_server_set_up(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    with another_server(house):
        present, transport = house.world.services.installation, FolderTransport(str(house.folder / "mail"))
        house.world.services.installation = replace(present, transport=transport, is_set_up=False)
        with _settings(house, mail_url=f"folder:{house.folder / 'mail'}"):
            yield


# The mails


def _refusing(matter: Matter, name: str, **script: Any) -> None:
    def refused(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
        house.due(*NAMES)
        with another_server(house), scripted_server(**script) as port:
            server(house, port)
            yield
        with house.world.store.write() as connection:
            for row in outbox.waiting(connection):
                if row.next_at is None:  # twice in doubt: somebody has to say whether it goes once more
                    resend(connection, row.id, actor="test", now=house.world.now)
        house.due("Hal Young")  # who is reached: so it works again

    refused.__name__ = name
    outage(matter, mended_after=35)(refused)


_refusing(Matter.NOT_TAKEN, "every_recipient_refused", rcpt=b"550 5.1.1 no such user\r\n")
_refusing(Matter.NOT_TAKEN, "every_mail_refused", dot=b"554 5.7.1 spam\r\n")
_refusing(Matter.NOT_TAKEN, "every_mail_put_off", rcpt=b"451 4.7.1 later\r\n")
_refusing(Matter.IN_DOUBT, "every_connection_lost_after_the_text", dot=drop)


@outage(Matter.LATE, page_after=5)
def a_sender_that_sends_nothing(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.due(*NAMES)
    with patch.context() as broken:
        broken.setattr(passes, "deliver", lambda *_: None)
        yield


def _of_the_links(matter: Matter, name: str, key: str, url: str) -> None:
    def strange(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
        house.due(*NAMES)
        with another_server(house):
            links = Links(url, [key])
            house.world.services.installation = replace(house.world.services.installation, links=links)
            yield
        _release(house)

    strange.__name__ = name
    outage(matter)(strange)


_of_the_links(Matter.LINKS, "another_secret_key", f"{CANARY} of another machine", PUBLIC_URL)
_of_the_links(Matter.QUEUE, "address_of_the_pages_unknown", KEY, "https://localhost")


@outage(Matter.QUEUE)
def held_after_a_restore(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    store, path = house.world.store, house.folder / "copy.db"
    backups.back_up(store, path)
    restoring.restore(store, path, house.folder / "backups", house.world.now, force=True)
    yield
    _release(house)


def _release(house: House) -> None:
    with house.world.store.write() as connection:
        release_queue(connection, actor="test", now=house.world.now)


# The database


@contextmanager
def every_connection(house: House, statement: str) -> Iterator[None]:
    """Let each connection of the store begin with a statement; at the end, let none."""
    store: Any = house.world.store
    engines = [store._writers, store._readers]

    def say(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(statement)

    for engine in engines:
        event.listen(engine, "connect", say)
        engine.dispose()
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "connect", say)
            engine.dispose()


@outage(Matter.DATABASE)
def database_takes_no_writes(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    with every_connection(house, "PRAGMA query_only=1"):
        yield


@outage(Matter.LAST_PASS, page_after=4)
def disk_of_the_database_full(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    with house.world.store.read() as connection:
        pages = connection.scalar(text("pragma page_count"))
    house.due(*NAMES)
    with every_connection(house, f"PRAGMA max_page_count={pages}"):
        yield


@outage(Matter.DATABASE)
def database_gone(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    services, before = house.world.services, house.world.services.store
    services.store = Store(f"sqlite:///{house.folder / CANARY / 'reminder.db'}")
    yield
    services.store = before


@outage(Matter.DATABASE)
def database_damaged(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    services, before = house.world.services, house.world.services.store
    (house.folder / "damaged.db").write_bytes(b"not a database " * 1000)
    services.store = Store(f"sqlite:///{house.folder / 'damaged.db'}")
    yield
    services.store = before


@outage(Matter.LAST_PASS, page_after=4)
def database_held_by_another_program(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    with every_connection(house, "PRAGMA busy_timeout=20"):
        other = sqlite3.connect(house.folder / "reminder.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.close()


def _of_schema(number: str, name: str) -> None:
    def changed(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
        with house.world.store.write() as connection:
            present = connection.scalar(text("select version_num from alembic_version"))
            connection.execute(text("update alembic_version set version_num = :number"), {"number": number})
        yield
        with house.world.store.write() as connection:
            connection.execute(text("update alembic_version set version_num = :number"), {"number": present})

    changed.__name__ = name
    outage(Matter.SCHEMA)(changed)


_of_schema("0001", "schema_older_than_the_program")
_of_schema("9999", "schema_newer_than_the_program")


# The machine


@outage(Matter.DISK)
def disk_nearly_full(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil has it
    with patch.context() as broken:
        broken.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12 - 10**8, 10**8))
        yield


@outage(Matter.QUEUE)
def clock_days_ahead(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.world.now += timedelta(days=3)
    yield
    house.world.now -= timedelta(days=3)
    house.minute()
    _release(house)


@outage(Matter.CLOCK)
def clock_days_behind(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.world.now -= timedelta(days=3)
    yield
    house.world.now += timedelta(days=3)
    house.minute()
    _release(house)


@outage(Matter.TIME_ZONES)
def time_zone_data_missing(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    with patch.context() as broken:
        for name in {"tzdata", *(known for known in sys.modules if known.startswith("tzdata."))}:
            broken.setitem(sys.modules, name, None)  # a part of it that is loaded already would still be found
        broken.setattr(zoneinfo, "TZPATH", ())
        zoneinfo.reset_tzpath(to=())
        _forget_zones()
        try:
            yield
        finally:
            zoneinfo.reset_tzpath()
            _forget_zones()


def _forget_zones() -> None:
    zoneinfo.ZoneInfo.clear_cache()
    for known in (moments.zone_named, moments.instant, moments.local_date):
        known.cache_clear()


# The program


@outage(Matter.LAST_PASS, page_after=4, is_told=False)
def nothing_runs(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.stands_still |= {"passes", "backups", "alarms"}
    yield
    house.stands_still.clear()


@outage(Matter.LAST_PASS, page_after=4)
def a_pass_that_hangs(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.stands_still.add("passes")
    yield
    house.stands_still.clear()


@outage(Matter.LAST_PASS)
def a_fault_in_the_program(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    def wrong(*_: object) -> None:
        raise ZeroDivisionError(CANARY)

    with patch.context() as broken:
        broken.setattr(scheduler, "tick_within_limits", wrong)
        yield


@outage(Matter.BACKUP)
def backups_that_fail(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = house.folder / "backups"
    _last_backup(house, timedelta(hours=25))
    folder.rename(house.folder / "aside")
    folder.write_text("")
    yield
    folder.unlink()


@outage(Matter.BACKUP)
def no_backup_for_a_day(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    house.stands_still.add("backups")
    _last_backup(house, timedelta(hours=27))
    yield
    house.stands_still.clear()


def _last_backup(house: House, ago: timedelta) -> None:
    with house.world.store.write() as connection:
        system.put(connection, backups.LAST_BACKUP, (house.world.now - ago).isoformat())


@outage(Matter.SETTINGS)
def secret_key_changed(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    url = f"smtp://reminders:{CANARY}@mail.nowhere.example"
    sealing = Settings(secret_key="another key")
    with house.world.store.write() as connection:
        installation.save(connection, sealing, {"mail_url": url}, actor="test", now=house.world.now)
    yield
    with house.world.store.write() as connection:
        installation.save(connection, Settings(secret_key=KEY), {"mail_url": ""}, actor="test", now=house.world.now)


@outage(Matter.NO_ADMIN)
def a_practice_without_an_admin(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    other = house.world.practice(CANARY, owner="ann@desert.example")
    with house.world.store.write() as connection:
        gone = connection.execute(admin_role.delete().where(admin_role.c.practice_id == other).returning(*admin_role.c))
        row = dict(gone.one()._mapping)
    yield
    with house.world.store.write() as connection:
        connection.execute(admin_role.insert().values(row))


# The alarms themselves


@outage(Matter.ALARMS)
def dead_mans_switch_out_of_reach(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    with _settings(house, ping_url=f"http://127.0.0.1:1/{CANARY}"):
        yield


@outage(Matter.ALARMS, is_told=False, page_after=2)
def webhook_refuses(house: House, patch: pytest.MonkeyPatch) -> Iterator[None]:
    with ExitStack() as stack:
        refusing = stack.enter_context(listening())
        refusing.status = 500
        stack.enter_context(_settings(house, alert_url=f"{refusing.url}/{CANARY}"))
        stack.enter_context(something_to_tell(house))
        yield


@contextmanager
def something_to_tell(house: House) -> Iterator[None]:
    """Give the alarms something to tell."""
    house.stands_still.add("backups")
    _last_backup(house, timedelta(hours=27))
    try:
        yield
    finally:
        house.stands_still.clear()


@contextmanager
def _settings(house: House, **values: Any) -> Iterator[None]:
    before = house.lookout.settings
    house.change(replace(before, **values))
    try:
        yield
    finally:
        house.change(before)
