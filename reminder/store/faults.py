"""What failed and has not worked since: a pass, a backup, the mail server, a way to raise the alarm."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from reminder.policy.condition import Fault
from reminder.store import system

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.store.engine import Store

KEPT = "fault."
"""Under this and its name a fault stands in the table of facts about the installation."""

PASS, BACKUP, MAIL_SERVER, ALARM = "pass", "backup", "mail-server", "alarm."
"""The names of faults; that of an alarm is followed by its channel."""


def note(connection: Connection, name: str, detail: str, now: datetime) -> None:
    """Keep that something failed; one that lasts is as old as its first failure."""
    known = system.get(connection, KEPT + name)
    since = json.loads(known)["since"] if known else now.isoformat()
    system.put(connection, KEPT + name, json.dumps({"since": since, "detail": detail}))


def settle(store: Store, name: str, now: datetime, detail: str = "") -> None:
    """Keep that something failed, or without `detail` that it works again; nothing is written if nothing changed."""
    with store.read() as connection:
        known = every(connection).get(name)
    if (known.detail if known else "") == detail:
        return
    with store.write() as connection:
        if detail:
            note(connection, name, detail, now)
        else:
            clear(connection, name)


def clear(connection: Connection, name: str) -> bool:
    """Forget a fault, since it works again; tell whether there was one."""
    return system.remove(connection, KEPT + name)


def every(connection: Connection) -> dict[str, Fault]:
    """Return the faults that last, by name."""
    found = {}
    for key, value in system.starting_with(connection, KEPT).items():
        kept = json.loads(value)
        since = datetime.fromisoformat(kept["since"])
        found[key.removeprefix(KEPT)] = Fault(since=since, detail=kept["detail"])
    return found
