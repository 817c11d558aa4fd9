"""Once per business day and practice, and whenever something happened: the weekly digest and the coverage alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reminder.jobs import recipients, standing
from reminder.jobs.practice_mails import practice_mails
from reminder.policy.digest import digest_due, monday_of
from reminder.policy.model import Kind
from reminder.policy.window import next_window, window_after_today
from reminder.store import planning, practices

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.services import Tally
    from reminder.policy.coverage import Coverage
    from reminder.store.engine import Store
    from reminder.store.practices import Practice

BATCH = 100
"""Practices looked at in one transaction."""


def check_practices(store: Store, now: datetime, tally: Tally) -> None:
    """Plan the digests and coverage alarms that are due by `now`."""
    while True:
        with store.write() as connection:
            ids = practices.due_checks(connection, now, BATCH)
            found = practices.load(connection, ids).values()
            told = recipients.load(connection, found)
            officials = standing.officials(connection, ids, now)
            for practice in found:
                cover = standing.coverage(officials[practice.id], standing.today_of(practice, now))
                _check(connection, practice, cover, told[practice.id].admins, now, tally)
        if len(ids) < BATCH:
            return


def _check(
    connection: Connection, practice: Practice, cover: Coverage, told: Sequence[str], now: datetime, tally: Tally
) -> None:
    today = standing.today_of(practice, now)
    plans = []
    if (
        digest_due(today, practice.schedule, practice.created_at)
        and next_window(now, practice.schedule).opens_at <= now
    ):
        plans += practice_mails(practice, Kind.DIGEST, told, now, on=monday_of(today))
    if cover.at_risk and not practice.at_risk:
        plans += practice_mails(practice, Kind.COVERAGE, told, now)
    tally.planned += planning.add(connection, plans, now)
    window = next_window(now, practice.schedule)
    next_check_at = window.opens_at if window.opens_at > now else window_after_today(now, practice.schedule).opens_at
    practices.change(connection, practice.id, {"at_risk": cover.at_risk, "next_check_at": next_check_at})
