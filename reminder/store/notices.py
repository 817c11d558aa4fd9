"""What people said that an admin has to look at: a reset that was not theirs, an account they no longer need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, literal_column, or_, select

from reminder.store.tables import membership, person, reminder, reset

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

OPEN_FOR = timedelta(days=30)
"""After so long what somebody said is no task any more; it stays in the history."""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What a person said (`matter`: the word of the mail that told the admins) and when."""

    person_id: int
    name: str
    practice_id: int
    matter: str
    at: datetime


def unsettled(connection: Connection, practice_ids: Collection[int], now: datetime) -> list[Notice]:
    """Return what people of these practices said lately, the latest first, one each; a reset recorded since, or
    leaving the practice, settles it.
    """
    query = (
        select(reminder.c.person_id, person.c.name, reminder.c.practice_id, reminder.c.details, reminder.c.planned_at)
        .join(person, person.c.id == reminder.c.person_id)
        .join(
            membership,
            and_(
                membership.c.person_id == reminder.c.person_id,
                membership.c.practice_id == reminder.c.practice_id,
                membership.c.left_at.is_(None),
            ),
        )
        .outerjoin(reset, reset.c.id == person.c.reset_id)
        .where(
            reminder.c.kind == literal_column("'notice'"),  # the index holds notices alone, and must be told so
            reminder.c.practice_id.in_(practice_ids),
            reminder.c.planned_at >= now - OPEN_FOR,
            or_(reset.c.id.is_(None), reset.c.recorded_at <= reminder.c.planned_at),
        )
        .order_by(reminder.c.planned_at.desc(), reminder.c.id.desc())
    )
    found: dict[int, Notice] = {}
    for row in connection.execute(query):
        matter = row.details.get("matter", "")
        notice = Notice(
            person_id=row.person_id, name=row.name, practice_id=row.practice_id, matter=matter, at=row.planned_at
        )
        found.setdefault(row.person_id, notice)
    return list(found.values())
