"""The bugs by which other queues left mails orphaned or sent them twice, made in ours on purpose."""

from __future__ import annotations

import functools
import os
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import and_, bindparam, create_engine, not_, or_, tuple_, update

from reminder.jobs import deliver
from reminder.jobs import tick as passes
from reminder.store import engine, outbox, sending
from reminder.store.tables import is_leased, reminder

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from reminder.store.engine import Store

Bug = Callable[[pytest.MonkeyPatch], None]
"""Makes the product wrong for one test."""

HERE = socket.gethostname()
SAME_TOKEN = "the same"


def sound(patch: pytest.MonkeyPatch) -> None:
    """No bug: the product as it is."""


def spares(mine: ColumnElement[bool]) -> Bug:
    """Make the rescue renew some leases instead of ending them, as a heartbeat or a join with a table of workers does."""

    def seed(patch: pytest.MonkeyPatch) -> None:
        real = sending.expire_leases

        def expire(connection: Connection, now: datetime) -> int:
            spared = update(reminder).where(and_(is_leased, mine))
            connection.execute(spared.values(lease_until=now + sending.LEASE))
            return real(connection, now)

        patch.setattr(sending, "expire_leases", expire)

    return seed


spares_the_living = spares(reminder.c.owner.startswith(f"{HERE}/{os.getpid()}/"))
spares_the_unlisted = spares(not_(reminder.c.owner.startswith(f"{HERE}/")))
spares_the_namesake = spares(reminder.c.owner.endswith(f"/{SAME_TOKEN}"))


def rescues_as_a_job(patch: pytest.MonkeyPatch) -> None:
    """Let the rescue be a job that runs once at a time, and is believed to run until it says that it is done."""
    real = sending.expire_leases
    running: list[datetime] = []

    def expire(connection: Connection, now: datetime) -> int:
        if running:
            return 0
        running.append(now)
        rescued = real(connection, now)
        running.clear()
        return rescued

    patch.setattr(sending, "expire_leases", expire)


def claims_of_the_first_page(patch: pytest.MonkeyPatch) -> None:
    """Take the most urgent page first, and only then leave out what cannot go now."""
    real = sending.claim

    def claim(connection: Connection, owner: str, now: datetime, limit: int) -> Any:
        page = outbox.waiting(connection, limit)
        return real(connection, owner, now, sum(row.next_at is not None and row.next_at <= now for row in page))

    patch.setattr(sending, "claim", claim)


def rescues_by_age(patch: pytest.MonkeyPatch) -> None:
    """Take every mail back that was begun a while ago, whether its sender may still be at it or not."""
    real = sending.expire_leases
    patch.setattr(sending, "expire_leases", lambda connection, now: real(connection, now + timedelta(minutes=10)))


def has_no_fence(patch: pytest.MonkeyPatch) -> None:
    """Let whoever once had a mail write down what became of it."""

    def marking(columns: Any, states: Any) -> Any:
        pair = tuple_(reminder.c.id, reminder.c.fence)
        same = reminder.c.id.in_(bindparam("numbers", expanding=True))
        values = {name: bindparam(f"new_{name}", type_=reminder.c[name].type) for name in columns}
        of_anybody = or_(same, pair.in_(bindparam("fences", expanding=True)))
        return update(reminder).where(of_anybody).values(values).returning(reminder.c.id)

    patch.setattr(sending, "_marking", marking)


def keeps_a_failed_transaction(patch: pytest.MonkeyPatch) -> None:
    """Put a connection back as it is: a transaction that could not be committed stays open in it."""
    patch.setattr(engine, "create_engine", functools.partial(create_engine, pool_reset_on_return=None))


def renews_by_a_dead_thread(patch: pytest.MonkeyPatch) -> None:
    """Leave the lease to a thread that has died, and begin mails however little of it is left."""
    real = sending.mark_sending

    def mark(connection: Connection, rows: Any, now: datetime) -> set[int]:
        marked = real(connection, rows, now)
        for row in rows:
            values = {"lease_until": row.claimed_at + sending.LEASE}
            connection.execute(update(reminder).where(reminder.c.id == row.id).values(values))
        return marked

    patch.setattr(sending, "mark_sending", mark)
    patch.setattr(deliver, "LEASE_MARGIN", timedelta(0))


def sweeps_at_start(patch: pytest.MonkeyPatch) -> None:
    """Let a starting process take back everything that is claimed, its own or not."""

    def refresh(store: Store, now: datetime) -> None:
        with store.write() as connection:
            sending.expire_leases(connection, now + sending.LEASE)

    patch.setattr(passes, "refresh_calendars", refresh)


def keeps_the_demoted(patch: pytest.MonkeyPatch) -> None:
    """Take a server that no longer writes for one that will soon."""
    patch.setattr(engine, "READ_ONLY", "never")


def leaves_the_far_ahead(patch: pytest.MonkeyPatch) -> None:
    """Release the queue without looking at times that a wrong clock set."""
    patch.setattr(sending, "bring_back", lambda *_: None)


def leaves_the_missed(patch: pytest.MonkeyPatch) -> None:
    """Look only for mails whose window is open."""
    patch.setattr(deliver, "reschedule_missed", lambda *_: None)
