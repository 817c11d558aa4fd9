"""Mails about a practice as a whole, to its admins."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from reminder.policy.moments import local_date
from reminder.policy.window import first_try
from reminder.store.planning import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reminder.policy.model import Kind
    from reminder.store.practices import Practice


def practice_mails(
    practice: Practice,
    kind: Kind,
    told: Sequence[str],
    now: datetime,
    on: date | None = None,
) -> list[Plan]:
    """Describe one mail about a practice to each recipient: at most one of a kind per practice, day and address."""
    today = local_date(now, practice.schedule.zone)
    window = first_try(now, practice.schedule)
    day = on or local_date(window.opens_at, practice.schedule.zone)
    prefix = "trial/" if practice.is_trial else ""
    return [
        Plan(
            key=f"{prefix}{kind}/{practice.id}/{day}/{recipient}",
            kind=kind,
            practice_id=practice.id,
            cycle_on=day,
            trial=practice.is_trial,
            recipient=recipient,
            urgent_on=today + timedelta(days=1),
            next_at=window.opens_at,
            closes_at=window.closes_at,
        )
        for recipient in told
    ]
