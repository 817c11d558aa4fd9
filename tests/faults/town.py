"""What the loops run on: a database with many people whose mail is due, and what must have reached the mail server."""

from __future__ import annotations

import ssl
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from reminder.clock import SharedClock
from reminder.jobs.import_terms import Request
from reminder.jobs.importing import import_roster
from reminder.jobs.plan import plan_people
from reminder.jobs.services import MailLimits, Tally
from reminder.jobs.tick import tick
from reminder.mail.folder import FolderTransport
from reminder.mail.smtp import Security, SmtpTransport
from reminder.roster.reading import read_roster
from reminder.store import migrate, outbox, reconcile
from reminder.store import practices as stored
from reminder.store.engine import Store
from tests.faults.virtual_time import VirtualTime
from tests.world import CHICAGO, World, chicago

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from reminder.jobs.services import Services
    from reminder.mail.transport import Transport
    from tests.faults.sink import Taken

START = chicago("2026-12-01")  # a Tuesday; everybody's mail stands until Friday
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Spares each connection the time to read the certificates of the system."""

AFTER_A_LEASE = timedelta(minutes=16)


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where a sender works: the database, the mail server (or a folder for mails), the time, and by how much its own
    clock is wrong.
    """

    url: str
    port: int
    time: Path
    skew: timedelta = timedelta(0)
    connections: int = 1
    folder: Path | None = None

    def services(self) -> Services:
        """Put a sender's parts together as `wiring.build` does: on PostgreSQL it goes by the shared clock."""
        store, time = Store(self.url), VirtualTime(self.time)

        def machine() -> datetime:
            return time.now() + self.skew

        services = World(store, START).services
        services.clock = machine if store.is_sqlite else SharedClock(time.now, machine)
        services.installation = replace(
            services.installation,
            transport=self._transport(),
            limits=MailLimits(connections=self.connections),
        )
        return services

    def _transport(self) -> Transport:
        if self.folder is not None:
            return FolderTransport(str(self.folder))
        return SmtpTransport(host="127.0.0.1", port=self.port, security=Security.PLAIN, context=NO_TLS)


def settle(url: str, people: int, start: datetime = START, zone: str = CHICAGO, left: int = 8) -> list[str]:
    """Make a practice whose people have so many days left at `start`: each has one mail due then, and none for days.

    Return their addresses.
    """
    store = Store(url)
    migrate.upgrade(store)
    world = World(store, start)
    world.practice(zone=zone, ladder=(14, -7))
    today = start.astimezone(ZoneInfo(zone)).date()
    addresses = [f"person.{number}@lakeside.example" for number in range(people)]
    rows = [f"Person {number},{to},SEU,{today - timedelta(days=60 - left)}" for number, to in enumerate(addresses)]
    data = "\n".join(["name,email,role,last reset", *rows]).encode()
    with store.read() as connection:
        practice = stored.load(connection, [1])[1]
    roster = read_roster(data, file_name="staff.csv", today=today)
    wanted = Request(
        practice=practice, allowed=[practice], roster=roster, file_name="staff.csv", by="Dana", actor="admin:1"
    )
    assert import_roster(store, wanted, start).added == people
    plan_people(store, start, Tally())  # in peace: a sender that is killed again and again never gets to it
    store.close()
    return addresses


def pass_a_lease(clock: VirtualTime, zone: str = CHICAGO) -> None:
    """Let every lease run out; mails stop at 18:00, so the last minutes of a day are followed by the next morning."""
    clock.advance(AFTER_A_LEASE)
    local = clock.now().astimezone(ZoneInfo(zone))
    if local.hour >= 17:
        clock.move_to(local.replace(hour=8, minute=0) + timedelta(days=1))


def drain(site: Site, clock: VirtualTime, zone: str = CHICAGO) -> None:
    """Let one sender that nobody disturbs finish what the others left."""
    services = site.services()
    for _ in range(40):
        pass_a_lease(clock, zone)
        tick(services)
        with services.store.read() as connection:
            if not outbox.waiting(connection, 1):
                break
    services.store.close()


def judge(url: str, addresses: Sequence[str], taken: Sequence[Taken]) -> tuple[dict[str, int], list[str]]:
    """Compare what the mail server took with who had a mail due and with the records; return counts and faults."""
    store = Store(url)
    with store.read() as connection:
        rows = {row.message_id: row for row in outbox.history(connection, limit=10**6) if row.message_id}
        faults = reconcile.differences(connection)
    store.close()
    by_id: defaultdict[str, list[Taken]] = defaultdict(list)
    for mail in taken:
        by_id[mail.message_id].append(mail)
    by_recipient = Counter(copies[0].recipient for copies in by_id.values())
    lost = [address for address in addresses if not by_recipient[address]]
    faults += [f"lost: {address}" for address in lost]
    faults += [f"{count} different mails: {address}" for address in addresses if (count := by_recipient[address]) > 1]
    for message_id, copies in by_id.items():
        row = rows.get(message_id)
        if row is None or row.recipient != copies[0].recipient:
            faults.append(f"a mail that no record knows: {message_id}")
        elif len({mail.sha256 for mail in copies}) > 1:
            faults.append(f"copies that differ: {message_id}")
        elif len(copies) > 1 and (row.in_doubt_at is None or row.in_doubt_at.isoformat() > copies[1].at):
            faults.append(f"a second copy that was not in doubt beforehand: {message_id}")
    faults += [
        f"said to be sent, but never taken: {key}" for key, row in rows.items() if row.sent_at and key not in by_id
    ]
    doubted = sum(row.in_doubt_at is not None for row in rows.values())
    extra = sum(len(copies) - 1 for copies in by_id.values())
    return {"mails": len(addresses), "lost": len(lost), "extra": extra, "in_doubt": doubted}, faults
