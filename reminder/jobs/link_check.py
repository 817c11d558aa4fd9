"""Sees that this machine would send links that the pages do not open: it has another secret key, or no address of them.

Each machine, and each user of one, makes a secret key of its own unless it is given one. What the first sender signs with
is recorded; whoever has another key holds the queue before a mail goes.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from reminder.jobs.holding import hold_for_admin
from reminder.mail.links import is_local
from reminder.store import system

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.mail.links import Links

RECORDED = "links"

OTHER_KEY = "a machine has another secret key than the others, or than before, so the pages would not open its links"
NO_ADDRESS = "a machine does not know the address of the pages, so its links would lead nowhere"
REASONS = frozenset({OTHER_KEY, NO_ADDRESS})


def check_links(services: Services, now: datetime) -> None:
    """Record what links are made of here; hold the queue if those that went before were made of something else.

    Of several keys the first signs and every one is accepted, and an address may change: neither is strange.
    """
    made_of = _made_of(services.links)
    with services.store.read() as connection:
        recorded = system.get(connection, RECORDED)
    if recorded == made_of:
        return
    strange = strangeness(recorded, services.links)
    if strange is not None:
        hold_for_admin(services.store, now, strange, _CURES[strange].format(machine=socket.gethostname()))
        return
    with services.store.write() as connection:
        system.put(connection, RECORDED, made_of)


def strangeness(recorded: str | None, links: Links) -> str | None:
    """Say what is strange about the links that are made and opened here, beside what is recorded; None if nothing is."""
    mark, _, address = (recorded or _made_of(links)).partition(" ")
    if not links.is_mark(mark):
        return OTHER_KEY
    return NO_ADDRESS if is_local(links.base) and not is_local(address) else None


def accept_links(connection: Connection, links: Links) -> None:
    """Let the links that are made here be the right ones, if they are strange: an admin was told so, and lets them go.

    Where they are not, another machine's are; that one holds the queue again until it is set right.
    """
    if strangeness(system.get(connection, RECORDED), links) is not None:
        system.put(connection, RECORDED, _made_of(links))


def _made_of(links: Links) -> str:
    return f"{links.mark} {links.base}"


_CURES = {
    OTHER_KEY: "on {machine}, set REMINDER_SECRET_KEY to the key of the others, or to that of before, from a copy; if it is"
    " lost, release all the same: links in earlier mails then open nothing",
    NO_ADDRESS: "on {machine}, set REMINDER_PUBLIC_URL as on the others",
}
