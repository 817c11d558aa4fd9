"""Plan: for every clock whose time has come, record which step goes out and which are overtaken.

One transaction handles a batch of people: it locks them, reads what is recorded of their cycles, asks the policy,
and writes. Running it twice, or on two machines, plans nothing twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reminder.jobs import recipients
from reminder.jobs.clock_plan import Changes, ClockPlanner, Gathered
from reminder.policy.model import State
from reminder.store import absences, by_hand, memberships, outbox, people, planning, practices, skips

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.services import Tally
    from reminder.store.engine import Store
    from reminder.store.people import Person

BATCH = 500
"""People planned in one transaction: enough to be quick, few enough not to hold up a web request on SQLite."""


def plan_people(store: Store, now: datetime, tally: Tally) -> None:
    """Plan every clock that is to be looked at by `now`."""
    while True:
        with store.write() as connection:
            batch = people.due(connection, now, BATCH)
            if batch:
                _plan_batch(connection, batch, now, tally)
        if len(batch) < BATCH:
            return


def _plan_batch(connection: Connection, batch: Sequence[Person], now: datetime, tally: Tally) -> None:
    gathered = _gather(connection, batch, now)
    look_again: dict[int, datetime | None] = {}
    changes = Changes()
    for person in batch:
        home = gathered.homes.get(person.home_id or 0)
        if home is None:
            tally.cancelled += planning.cancel_clock(connection, person.id, reason="left the practice", now=now)
            look_again[person.id] = None
            continue
        clock = ClockPlanner(person=person, home=home, gathered=gathered, now=now)
        look_again[person.id] = clock.look_again_at
        clock.plan(changes)
    _write(connection, changes, now, tally)
    people.look_again_at(connection, look_again)


def _write(connection: Connection, changes: Changes, now: datetime, tally: Tally) -> None:
    """Write what a batch needs, all of one kind at once."""
    counts = dict.fromkeys((State.PLANNED, State.SUPERSEDED, State.CANCELLED), 0)
    for how, ids in changes.ended.items():
        counts[how.state] += planning.end(connection, ids, how.state, how.reason, now)
    counts[State.PLANNED] += planning.place(connection, changes.placed, now)
    for state in counts:
        counts[state] += planning.add(connection, [plan for plan in changes.made if plan.state is state], now)
    tally.planned += counts[State.PLANNED]
    tally.superseded += counts[State.SUPERSEDED]
    tally.cancelled += counts[State.CANCELLED]


def _gather(connection: Connection, batch: Sequence[Person], now: datetime) -> Gathered:
    ids = [person.id for person in batch]
    parts = memberships.practices_of(connection, ids)
    practice_ids = {practice_id for found in parts.values() for practice_id, _ in found}
    practice_ids |= {person.home_id for person in batch if person.home_id}
    homes = practices.load(connection, practice_ids)
    return Gathered(
        homes=homes,
        absences=absences.of_people(connection, ids),
        skipped=skips.of_present_cycles(connection, ids),
        recorded=outbox.of_present_cycles(connection, ids),
        last_sending=by_hand.last_mail(connection, ids, now),
        memberships=parts,
        told=recipients.load(connection, homes.values()),
    )
