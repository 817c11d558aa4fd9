"""What admins do to a practice as a whole: open it, change its schedule, go live, go back to trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reminder.jobs import standing
from reminder.policy.model import AdminRole, Mode, Schedule
from reminder.store import admins, events, memberships
from reminder.store import practices as store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from reminder.store.practices import Practice


def open_practice(
    connection: Connection,
    *,
    name: str,
    schedule: Schedule,
    owner: str,
    actor: str,
    now: datetime,
    live: bool = False,
) -> int:
    """Add a practice with its first owner (an e-mail address); in trial unless `live`. Return its id."""
    practice_id = store.add(connection, name=name, schedule=schedule, sender_name=name, reply_to=owner, now=now)
    admin_id = admins.add(connection, email=owner, name=owner.partition("@")[0], now=now)
    admins.grant(connection, admin_id, practice_id, AdminRole.OWNER)
    events.record(connection, "practice.added", actor=actor, now=now, practice_id=practice_id, name=name)
    if live:
        go_live(connection, practice_id, actor=actor, now=now)
    return practice_id


def go_live(connection: Connection, practice_id: int, *, actor: str, now: datetime) -> None:
    """Turn reminders on: from now on mails reach the people themselves, and everyone counts as registered now."""
    store.change(connection, practice_id, {"mode": Mode.LIVE, "live_at": now, "next_check_at": now})
    memberships.register_again(connection, practice_id, now)
    standing.settle_coverage(connection, [practice_id], now)
    events.record(connection, "practice.live", actor=actor, now=now, practice_id=practice_id)


def go_trial(connection: Connection, practice_id: int, *, actor: str, now: datetime) -> None:
    """Turn reminders off: from now on the mails go to the practice's admins only."""
    store.change(connection, practice_id, {"mode": Mode.TRIAL, "live_at": None, "next_check_at": now})
    for member in memberships.members(connection, practice_id):
        memberships.settle_home(connection, member.person.id, now)
    events.record(connection, "practice.trial", actor=actor, now=now, practice_id=practice_id)


def change_schedule(
    connection: Connection, practice: Practice, schedule: Schedule, *, actor: str, now: datetime
) -> None:
    """Keep a new zone, send time or ladder; every clock of the practice is placed anew."""
    store.set_schedule(connection, practice.id, schedule, now)
    before, after = _described(practice.schedule), _described(schedule)
    changed = [name for name in after if after[name] != before[name]]
    detail: dict[str, Any] = {
        "before": {name: before[name] for name in changed},
        "after": {name: after[name] for name in changed},
    }
    events.record(connection, "practice.schedule", actor=actor, now=now, practice_id=practice.id, **detail)


def _described(schedule: Schedule) -> dict[str, Any]:
    return {
        "zone": schedule.zone,
        "send_time": schedule.send_time.isoformat("minutes"),
        "ladder": list(schedule.ladder),
    }


def close(connection: Connection, practice: Practice, days: Sequence[date], *, actor: str, now: datetime) -> None:
    """Add days on which the practice is closed."""
    store.close_on(connection, practice.id, days, now)
    listed = [day.isoformat() for day in days]
    events.record(connection, "practice.closed", actor=actor, now=now, practice_id=practice.id, days=listed)


def reopen(connection: Connection, practice: Practice, days: Sequence[date], *, actor: str, now: datetime) -> None:
    """Take closures back."""
    store.reopen_on(connection, practice.id, days, now)
    listed = [day.isoformat() for day in days]
    events.record(connection, "practice.reopened", actor=actor, now=now, practice_id=practice.id, days=listed)
