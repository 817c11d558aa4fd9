"""What waits to be sent in a practice, read ahead of its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from reminder.store.outbox import ABOUT_THE_CLOCK, IS_STEP, Reminder, _reminder
from reminder.store.tables import WAITING, reminder

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection


def apart_from_steps(connection: Connection, practice_ids: Collection[int]) -> list[Reminder]:
    """Return what waits in these practices and is no step: mails to admins, receipts, what was asked for by hand."""
    query = select(reminder).where(
        reminder.c.state.in_((*WAITING, "claimed", "sending")),
        reminder.c.practice_id.in_(practice_ids),
        or_(reminder.c.kind.not_in(ABOUT_THE_CLOCK), ~IS_STEP),
        reminder.c.next_at.is_not(None),
    )
    return [_reminder(row) for row in connection.execute(query.order_by(reminder.c.urgent_on, reminder.c.id))]
