"""What proves that people were reminded and what they answered: mails that left or should have, and resets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, or_, select

from reminder.policy.model import Kind, State
from reminder.store.outbox import Reminder, _reminder
from reminder.store.resets import Reset, _reset
from reminder.store.tables import membership, reminder, reset

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

PROVING = (Kind.ASK, Kind.WARNING, Kind.EXPIRED, Kind.RECEIPT, Kind.ESCALATION)
OUTCOMES = (State.SENT, State.IN_DOUBT, State.FAILED)

_at = func.coalesce(reminder.c.sent_at, reminder.c.in_doubt_at, reminder.c.failed_at)


def mails(
    connection: Connection,
    practice_ids: Collection[int],
    since: datetime,
    until: datetime,
    *,
    person_id: int | None = None,
    limit: int | None = None,
) -> list[Reminder]:
    """Return the mails of these practices that left, may have left or failed from `since` to before `until`, in the
    order of time; trial mails are none. With a person: those to them, and every escalation, which may name them.
    """
    query = select(reminder).where(
        reminder.c.practice_id.in_(practice_ids),
        reminder.c.kind.in_(PROVING),
        reminder.c.state.in_(OUTCOMES),
        reminder.c.trial.is_(False),
        _at < until,
        _at >= since,
    )
    if person_id is not None:
        query = query.where(or_(reminder.c.person_id == person_id, reminder.c.kind == Kind.ESCALATION))
    return [_reminder(row) for row in connection.execute(query.order_by(_at, reminder.c.id).limit(limit))]


def resets(
    connection: Connection,
    practice_ids: Collection[int],
    since: datetime,
    until: datetime,
    *,
    person_id: int | None = None,
    limit: int | None = None,
) -> list[Reset]:
    """Return what was recorded or taken back from `since` to before `until` about the resets of everybody in these
    practices, or of one of them, in the order of time; of who has left, up to that moment.
    """
    here = exists().where(
        membership.c.person_id == reset.c.person_id,
        membership.c.practice_id.in_(practice_ids),
        or_(membership.c.left_at.is_(None), membership.c.left_at >= reset.c.recorded_at),
    )
    query = select(reset).where(here, reset.c.recorded_at >= since, reset.c.recorded_at < until)
    if person_id is not None:
        query = query.where(reset.c.person_id == person_id)
    return [_reset(row) for row in connection.execute(query.order_by(reset.c.recorded_at, reset.c.id).limit(limit))]
