"""A practice's daily checks run ahead: its weekly digests, and its coverage alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reminder.jobs import standing
from reminder.policy.coverage import COVERING_ROLES, Login, coverage_of
from reminder.policy.digest import digest_due, monday_of
from reminder.policy.model import Kind
from reminder.policy.moments import local_date
from reminder.policy.status import status_of
from reminder.policy.window import next_window, window_after_today
from reminder.store import coming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.look_ahead import Known
    from reminder.store.people import Person
    from reminder.store.practices import Practice


def run_practice(
    connection: Connection, known: Known, practice: Practice, horizon: datetime
) -> Iterator[tuple[datetime, Kind]]:
    """Yield when a practice's admins would get a digest or a coverage alarm, up to `horizon`."""
    done = coming.digests_of(connection, practice.id)
    officials = _officials(known, practice)
    at_risk = practice.at_risk
    look_at = known.now
    if practice.next_check_at is not None and practice.next_check_at > look_at:
        look_at = max(look_at, practice.next_check_at)
    while look_at < horizon:
        window = next_window(look_at, practice.schedule)
        today = standing.today_of(practice, look_at)
        monday = monday_of(today)
        if (
            window.opens_at <= look_at
            and monday not in done
            and digest_due(today, practice.schedule, practice.created_at)
        ):
            done.add(monday)
            yield look_at, Kind.DIGEST
        found = coverage_of((_login(known, person, look_at) for person in officials), today).at_risk
        if found and not at_risk:
            yield max(window.opens_at, look_at), Kind.COVERAGE
        at_risk = found
        look_at = (
            window.opens_at if window.opens_at > look_at else window_after_today(look_at, practice.schedule).opens_at
        )


def _officials(known: Known, practice: Practice) -> Sequence[Person]:
    """Return the AOs and AMs of a practice."""
    return [
        known.people[person_id]
        for person_id, parts in known.memberships.items()
        if any(where == practice.id and role in COVERING_ROLES for where, role in parts)
    ]


def _login(known: Known, person: Person, at: datetime) -> Login:
    """Return an AO's or AM's login as it would stand at an instant."""
    schedule = known.practices[person.home_id or 0].schedule
    away = known.absences.get(person.id, ())
    status = status_of(person.expires_on, local_date(at, schedule.zone), schedule, away)
    return Login(person_id=person.id, status=status, expires_on=person.expires_on)
