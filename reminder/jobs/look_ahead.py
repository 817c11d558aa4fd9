"""What the forecast reads of the store, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.jobs import recipients
from reminder.jobs.clock_ahead import Clock
from reminder.policy.asking import ask_steps
from reminder.policy.ladder import steps
from reminder.store import absences, by_hand, memberships, outbox, practices, skips

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.policy.model import Absence, Role
    from reminder.store.outbox import Reminder
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
    recorded: Mapping[int, list[Reminder]]
    last_sending: Mapping[int, datetime]

    def clock_of(self, person: Person, registered_at: datetime) -> Clock:
        """Return the clock of one of the people; `registered_at` is when they count as registered."""
        home = self.practices[person.home_id or 0]
        away = self.absences.get(person.id, ())
        if person.expires_on is None:
            placed = ask_steps(registered_at, home.schedule, away)
        else:
            placed = steps(person.expires_on, home.schedule, away, self.skipped.get(person.id, ()))
        return Clock(
            expires_on=person.expires_on,
            home=home,
            placed=placed,
            absences=away,
            rows=[] if home.is_trial else [row for row in self.recorded.get(person.id, []) if not row.trial],
            last_sending=self.last_sending.get(person.id),
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
        recorded=outbox.of_present_cycles(connection, by_id),
        last_sending=by_hand.last_mail(connection, by_id),
    )
