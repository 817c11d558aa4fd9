"""When the first mails go to people who were just registered, by the same forecast as the schedule's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.jobs.forecast import forecast
from reminder.store.outbox import ABOUT_THE_CLOCK

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

DAYS = 60


@dataclass(frozen=True, kw_only=True)
class FirstMails:
    """When the first of them go (UTC), in which time zone they are read, and to how many people at that moment."""

    at: datetime
    zone: str
    count: int


def first_mails(
    connection: Connection, person_ids: Collection[int], practice_ids: Collection[int], now: datetime
) -> FirstMails | None:
    """Return the first mails about their clocks to these people of these practices; None if none go in 60 days."""
    wanted = set(person_ids)
    mails = [
        mail
        for mail in forecast(connection, now, days=DAYS, practice_ids=practice_ids)
        if mail.kind in ABOUT_THE_CLOCK and mail.person_id in wanted
    ]
    if not mails:
        return None
    together = [mail for mail in mails if mail.at == mails[0].at]
    return FirstMails(at=mails[0].at, zone=mails[0].zone, count=len({mail.person_id for mail in together}))
