"""Whether the mails get on: when the last one was handed over, how many are overdue, in doubt or not taken in a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, func, or_, select

from reminder.policy.model import Mode, State
from reminder.store.tables import admin_role, attempt, is_leased, is_waiting, practice, reminder

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

NEWEST = 20
"""Tries that are looked at: more of them in a row say no more."""

HANDED_OVER = ("accepted", "in_doubt")


@dataclass(frozen=True, kw_only=True)
class Try:
    """When a mail was last tried, and whether the mail server took it, or may have."""

    at: datetime
    was_taken: bool


def last_try(connection: Connection) -> Try | None:
    """Return what came of the newest try to hand a mail over."""
    row = connection.execute(select(attempt).order_by(attempt.c.id.desc()).limit(1)).first()
    return Try(at=row.finished_at, was_taken=row.outcome in HANDED_OVER) if row else None


def overdue(connection: Connection, now: datetime, patience: timedelta) -> int:
    """Return how many mails could have gone for so long, and how many a sender claimed and never let go."""
    open_yet = or_(reminder.c.closes_at.is_(None), reminder.c.closes_at > now)
    waiting = and_(is_waiting, reminder.c.next_at <= now - patience, open_yet)
    stuck = and_(is_leased, reminder.c.lease_until <= now - patience)
    return sum(connection.scalar(select(func.count()).select_from(reminder).where(of)) or 0 for of in (waiting, stuck))


def in_doubt(connection: Connection) -> int:
    """Return how many mails may have gone and may not."""
    mine = and_(is_waiting, reminder.c.state == State.IN_DOUBT)
    return connection.scalar(select(func.count()).select_from(reminder).where(mine)) or 0


def not_taken(connection: Connection) -> int:
    """Return how many of the newest tries, one after the other, took no mail; those of a mail that is settled end it."""
    newest = (
        select(attempt.c.outcome, reminder.c.state)
        .join(reminder, reminder.c.id == attempt.c.reminder_id)
        .order_by(attempt.c.id.desc())
        .limit(NEWEST)
    )
    count = 0
    for outcome, state in connection.execute(newest):
        if outcome in HANDED_OVER or state in (State.SENT, State.CANCELLED, State.SUPERSEDED):
            break
        count += 1
    return count


def without_admin(connection: Connection) -> int:
    """Return how many practices have no admin."""
    nobody = ~exists().where(admin_role.c.practice_id == practice.c.id)
    return connection.scalar(select(func.count()).select_from(practice).where(nobody)) or 0


def zones(connection: Connection) -> list[str]:
    """Return the time zones that practices live in."""
    return list(connection.scalars(select(practice.c.zone).distinct().order_by(practice.c.zone)))


def is_live(connection: Connection) -> bool:
    """Tell whether a practice sends to its people: in a trial mails go to its admins alone."""
    return connection.scalar(select(exists().where(practice.c.mode == Mode.LIVE))) or False


def practices_since(connection: Connection) -> datetime | None:
    """Return when the first practice was opened."""
    return connection.scalar(select(practice.c.created_at).order_by(practice.c.created_at).limit(1))
