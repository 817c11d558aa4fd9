"""Plan: for every clock whose time has come, record which step goes out and which are overtaken.

One transaction handles a batch of people: it locks them, reads what is recorded of their cycles, asks the policy,
and writes. Running it twice, or on two machines, plans nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from reminder.jobs import recipients
from reminder.policy.asking import ask_steps
from reminder.policy.escalation import escalates
from reminder.policy.ladder import steps
from reminder.policy.model import Absence, Kind, Role, State, Step
from reminder.policy.moments import local_date
from reminder.policy.plan import decide
from reminder.policy.status import mails_stopped
from reminder.policy.window import Window, first_try
from reminder.store import absences, by_hand, memberships, outbox, people, practices, skips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from reminder.jobs.services import Tally
    from reminder.store.engine import Store
    from reminder.store.outbox import Plan, Reminder
    from reminder.store.people import Person
    from reminder.store.practices import Practice

BATCH = 500
"""People planned in one transaction: enough to be quick, few enough not to hold up a web request on SQLite."""

DONE = (State.SENT, State.SENDING, State.IN_DOUBT, State.CLAIMED)
"""A step with a reminder in one of these states is not planned again, whatever becomes of the address."""

WAITING = (State.PLANNED, State.DEFERRED)


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What the planner must know of a batch of people."""

    homes: dict[int, Practice]
    absences: dict[int, tuple[Absence, ...]]
    skipped: dict[int, dict[int, str]]
    recorded: dict[int, list[Reminder]]
    last_sending: dict[int, datetime]
    memberships: dict[int, list[tuple[int, Role]]]
    told: dict[int, recipients.Told]


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
    gathered = _gather(connection, batch)
    look_again: dict[int, datetime | None] = {}
    fresh: list[Plan] = []
    for person in batch:
        home = gathered.homes.get(person.home_id or 0)
        if home is None:
            tally.cancelled += outbox.cancel_clock(connection, person.id, reason="left the practice", now=now)
            look_again[person.id] = None
            continue
        clock = ClockPlanner(person=person, home=home, gathered=gathered, now=now)
        look_again[person.id] = clock.look_again_at
        fresh += clock.apply(connection, tally)
    tally.planned += outbox.add(connection, [plan for plan in fresh if plan.state is State.PLANNED], now)
    tally.superseded += outbox.add(connection, [plan for plan in fresh if plan.state is State.SUPERSEDED], now)
    tally.cancelled += outbox.add(connection, [plan for plan in fresh if plan.state is State.CANCELLED], now)
    people.look_again_at(connection, look_again)


def _gather(connection: Connection, batch: Sequence[Person]) -> Gathered:
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
        last_sending=by_hand.last_mail(connection, ids),
        memberships=parts,
        told=recipients.load(connection, homes.values()),
    )


class ClockPlanner:
    """Decides and applies what one person's clock needs now."""

    def __init__(self, *, person: Person, home: Practice, gathered: Gathered, now: datetime) -> None:
        """Place the steps of the person's cycle, or the questions to somebody without one."""
        self.person, self.home, self.gathered, self.now = person, home, gathered, now
        self.today = local_date(now, home.schedule.zone)
        absences = gathered.absences.get(person.id, ())
        self.skipped = gathered.skipped.get(person.id, {})
        self.asking = person.expires_on is None
        if person.expires_on is None:
            placed = ask_steps(person.registered_at, home.schedule, absences)
            self.cycle_on = placed[0].on if placed else self.today
        else:
            placed = steps(person.expires_on, home.schedule, absences, self.skipped)
            self.cycle_on = person.expires_on
        self.rows = [
            row
            for row in gathered.recorded.get(person.id, [])
            if row.trial == home.is_trial and row.cycle_on == self.cycle_on
        ]
        self.decision = decide(placed, {row.step for row in self.rows if row.step is not None}, now)
        self.look_again_at = self.decision.look_again_at
        stopped = mails_stopped(absences, self.today)
        self.silent_because = "paused" if stopped else None if person.address else "no address that works"

    def apply(self, connection: Connection, tally: Tally) -> list[Plan]:
        """Bring the recorded rows in line with the decision; return the rows to be added."""
        newest = self.decision.newest
        self._end_others(connection, tally, newest.step if newest else None)
        plans = [
            self._row(step, self.person.address or self.person.email, State.SUPERSEDED) for step in self.decision.missed
        ]
        if newest is None:
            return plans
        first_time = not any(row.step == newest.step for row in self.rows)
        plans += self._stand(connection, tally, newest)
        if first_time and not self.asking and escalates(newest, self._known_on()):
            plans += self._escalations()
        return plans

    def _end_others(self, connection: Connection, tally: Tally, newest: int | None) -> None:
        """Take rows of other steps out of the queue: overtaken ones as superseded, not yet reached ones as cancelled."""
        waiting = [row for row in self.gathered.recorded.get(self.person.id, []) if row.state in outbox.UNSENT]
        stray = [row.id for row in waiting if row not in self.rows]
        tally.cancelled += outbox.end(connection, stray, State.CANCELLED, "the plan has changed", self.now)
        mine = [row for row in waiting if row in self.rows]
        for step, by in self.skipped.items():
            unwanted = [row.id for row in mine if row.step == step]
            tally.cancelled += outbox.end(connection, unwanted, State.CANCELLED, skips.reason(by), self.now)
        others = [row for row in mine if row.step != newest and row.step not in self.skipped]
        ahead = [row.id for row in others if newest is None or self._is_ahead(row, newest)]
        behind = [row.id for row in others if row.id not in ahead]
        tally.cancelled += outbox.end(connection, ahead, State.CANCELLED, "moved to a later day", self.now)
        tally.superseded += outbox.end(connection, behind, State.SUPERSEDED, "a newer step was reached", self.now)

    def _is_ahead(self, row: Reminder, newest: int) -> bool:
        if row.step is None:
            return False
        return row.step > newest if self.asking else row.step < newest

    def _stand(self, connection: Connection, tally: Tally, newest: Step) -> list[Plan]:
        """Let the newest step go to everyone it concerns, unless it has gone or must not."""
        mine = [row for row in self.rows if row.step == newest.step]
        wanted = self._recipients()
        unwanted = [row.id for row in mine if row.state in outbox.UNSENT and row.recipient not in wanted]
        tally.cancelled += outbox.end(
            connection, unwanted, State.CANCELLED, self.silent_because or "another address", self.now
        )
        if self.silent_because and not mine:
            return [self._row(newest, self.person.email, State.CANCELLED, reason=self.silent_because)]
        if not self.home.is_trial and any(row.state in DONE for row in mine if row.id not in unwanted):
            return []
        window = self._window()
        by_recipient = {row.recipient: row for row in mine}
        for row in (by_recipient[address] for address in wanted if address in by_recipient):
            if row.state in (State.PLANNED, State.CANCELLED, State.SUPERSEDED):
                tally.planned += row.state is not State.PLANNED
                outbox.place(
                    connection,
                    row.id,
                    practice_id=self.home.id,
                    next_at=window.opens_at,
                    closes_at=window.closes_at,
                    now=self.now,
                )
        return [self._row(newest, address, State.PLANNED) for address in wanted if address not in by_recipient]

    def _recipients(self) -> list[str]:
        if self.silent_because:
            return []
        if self.home.is_trial:
            return list(self.gathered.told[self.home.id].admins)
        return [self.person.address] if self.person.address else []

    def _window(self) -> Window:
        last = self.gathered.last_sending.get(self.person.id)
        today_used = last is not None and local_date(last, self.home.schedule.zone) == self.today
        return first_try(
            self.now,
            self.home.schedule,
            self.person.expires_on,
            today_used=today_used and not self.home.is_trial,
        )

    def _known_on(self) -> date:
        registered_on = local_date(self.person.registered_at, self.home.schedule.zone)
        return max(registered_on, self.person.known_on or registered_on)

    def _row(self, step: Step, recipient: str, state: State, reason: str | None = None) -> Plan:
        """Describe the reminder of one step to one address."""
        window = self._window() if state is State.PLANNED else None
        kind = Kind.ASK if self.asking else Kind.WARNING if step.step >= 0 else Kind.EXPIRED
        family = "ask" if self.asking else "clock"
        prefix = "trial/" if self.home.is_trial else ""
        return outbox.Plan(
            key=f"{prefix}{family}/{self.person.id}/{self.cycle_on}/{step.step}/{recipient}",
            kind=kind,
            practice_id=self.home.id,
            person_id=self.person.id,
            cycle_on=self.cycle_on,
            step=step.step,
            trial=self.home.is_trial,
            recipient=recipient,
            state=state,
            reason="a newer step was reached" if state is State.SUPERSEDED else reason,
            urgent_on=self.cycle_on + timedelta(days=30 if self.asking else 0),
            next_at=window.opens_at if window else None,
            closes_at=window.closes_at if window else None,
        )

    def _escalations(self) -> list[Plan]:
        """Tell the admins of every practice of the person; who is named is gathered when the mail is frozen."""
        plans: list[Plan] = []
        for practice_id, _ in self.gathered.memberships.get(self.person.id, []):
            told = [to for to in self.gathered.told[practice_id].escalation if not recipients.is_about(self.person, to)]
            plans += practice_mails(self.gathered.homes[practice_id], Kind.ESCALATION, told, self.now)
        return plans


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
        outbox.Plan(
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
