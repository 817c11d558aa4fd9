"""Skip once: an admin takes one mail about a clock out of the present cycle, or takes that back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.jobs.forecast import foretold_mail
from reminder.policy.ladder import steps
from reminder.policy.model import Kind, State
from reminder.policy.moments import local_date
from reminder.store import absences, events, outbox, planning, practices, skips

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import Connection

    from reminder.jobs.forecast import Forecast
    from reminder.store.people import Person

CALLED_OFF = (State.PLANNED, State.CLAIMED, State.DEFERRED)
"""The states in which nothing of a mail has left yet."""

TOO_LATE = {
    State.SENDING: "is being sent right now",
    State.IN_DOUBT: "may have arrived already",
    State.SENT: "has been sent already",
    State.FAILED: "was tried already and could not be sent",
}


@dataclass(frozen=True, kw_only=True)
class Skip:
    """One step of the cycle of a person that ends on `cycle_on`. `by` is the colleague whom the mail's record names,
    `actor` who it was for the audit log, `practice_id` where they are an admin.
    """

    person: Person
    cycle_on: date
    step: int
    by: str
    actor: str
    practice_id: int


def skipped_ahead(connection: Connection, practice_ids: Collection[int], now: datetime) -> list[tuple[Forecast, str]]:
    """Return the mails of the present cycles that are skipped and whose day has not passed, in the order of time, and
    who skipped each.
    """
    found = []
    homes = practices.load(connection, practice_ids)
    every = skips.in_practices(connection, practice_ids)
    away = absences.of_people(connection, {person.id for person, _, _ in every})
    for person, number, by in every:
        home = homes[person.home_id or 0]
        placed = steps(person.expires_on, home.schedule, away.get(person.id, ())) if person.expires_on else []
        for step in placed:
            if step.step == number and step.on >= local_date(now, home.schedule.zone):
                kind = Kind.WARNING if number >= 0 else Kind.EXPIRED
                found.append((foretold_mail(home, step.at, person.address or person.email, kind, person, step), by))
    return sorted(found, key=lambda entry: entry[0].at)


def skip_step(connection: Connection, skip: Skip, now: datetime) -> None:
    """Skip the mail of a step.

    Raise UsageError for a cycle that is over, a step that is not placed in it, and a mail that may have left.
    """
    person = skip.person
    home = practices.load(connection, [person.home_id]).get(person.home_id) if person.home_id else None
    away = absences.of_people(connection, [person.id]).get(person.id, ())
    placed = steps(skip.cycle_on, home.schedule, away) if home and person.expires_on == skip.cycle_on else []
    if home is None or skip.step not in {found.step for found in placed}:
        message = f"{person.name}: this mail is not planned any more; look at the schedule again"
        raise UsageError(message)
    if not skips.add(connection, person.id, skip.cycle_on, skip.step, by=skip.by, now=now):
        return
    recorded = outbox.of_present_cycles(connection, [person.id]).get(person.id, [])
    rows = [row for row in recorded if row.step == skip.step and row.trial == home.is_trial]
    late = next((TOO_LATE[row.state] for row in rows if row.state in TOO_LATE), None)
    waiting = [row.id for row in rows if row.state in CALLED_OFF]
    if late is None and planning.end(connection, waiting, State.CANCELLED, skips.reason(skip.by), now) != len(waiting):
        late = TOO_LATE[State.SENDING]
    if late is not None:
        message = f"{person.name}: this mail {late}, so it cannot be skipped"
        raise UsageError(message)
    _record(connection, "step.skipped", skip, now)


def take_back_skip(connection: Connection, skip: Skip, now: datetime) -> None:
    """Let a skipped mail go after all; the next pass plans it if its day has come. Raise UsageError if none is skipped."""
    if not skips.remove(connection, skip.person.id, skip.cycle_on, skip.step, now=now):
        message = f"{skip.person.name}: this mail is not skipped; look at the schedule again"
        raise UsageError(message)
    _record(connection, "step.unskipped", skip, now)


def _record(connection: Connection, action: str, skip: Skip, now: datetime) -> None:
    events.record(
        connection,
        action,
        actor=skip.actor,
        now=now,
        practice_id=skip.practice_id,
        person_id=skip.person.id,
        cycle_on=skip.cycle_on.isoformat(),
        step=skip.step,
    )
