"""What the forecast reads of the store, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.jobs import recipients
from reminder.jobs.clock_ahead import Clock, Recorded
from reminder.policy.moments import local_date
from reminder.store import absences, by_hand, coming, memberships, practices, skips

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.policy.model import Absence, Role, State
    from reminder.store.people import Person
    from reminder.store.practices import Practice


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the forecast reads of the store, once; `practices` holds the homes of everybody, too."""

    now: datetime
    practices: Mapping[int, Practice]
    told: Mapping[int, recipients.Told]
    people: Mapping[int, Person]
    memberships: Mapping[int, list[tuple[int, Role]]]
    absences: Mapping[int, tuple[Absence, ...]]
    skipped: Mapping[int, Mapping[int, str]]
    recorded: Mapping[int, list[tuple[int, State, datetime | None]]]
    last_sending: Mapping[int, datetime]

    def clock_of(self, person: Person, registered_at: datetime) -> Clock:
        """Return the clock of one of the people; `registered_at` is when they count as registered."""
        home = self.practices[person.home_id or 0]
        last = self.last_sending.get(person.id)
        last_on = local_date(last, home.schedule.zone) if last else None
        recorded = () if home.is_trial else self.recorded.get(person.id, ())
        return Clock(
            expires_on=person.expires_on,
            registered_at=registered_at if person.expires_on is None else None,
            schedule=home.schedule,
            is_trial=home.is_trial,
            absences=self.absences.get(person.id, ()),
            skipped=frozenset(self.skipped.get(person.id, ())),
            recorded=tuple(Recorded(*row) for row in recorded),
            last_on=last_on if last_on and last_on >= local_date(self.now, home.schedule.zone) else None,
        )


def gather(
    connection: Connection, wanted: Mapping[int, Practice], members: Mapping[int, Person], start: datetime
) -> Known:
    """Read what the forecast of the wanted practices and their members needs, as of `start`."""
    by_id = {key: person for key, person in members.items() if person.home_id is not None}
    homes = {person.home_id for person in by_id.values() if person.home_id} - set(wanted)
    return Known(
        now=start,
        practices={**practices.load(connection, homes), **wanted},
        told=recipients.load(connection, wanted.values()),
        people=by_id,
        memberships=memberships.practices_of(connection, by_id),
        absences=absences.of_people(connection, by_id),
        skipped=skips.of_present_cycles(connection, by_id),
        recorded=coming.recorded_steps(connection, by_id),
        last_sending=by_hand.last_mail(connection, by_id, start),
    )
