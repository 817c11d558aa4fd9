"""What one person's clock needs now: which reminder is made, which get a time, which are over. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from reminder.jobs import recipients
from reminder.jobs.practice_mails import practice_mails
from reminder.policy.asking import ask_steps
from reminder.policy.escalation import escalates
from reminder.policy.ladder import steps
from reminder.policy.model import Absence, Kind, Role, State, Step
from reminder.policy.moments import local_date
from reminder.policy.plan import decide
from reminder.policy.status import mails_stopped
from reminder.policy.window import Window, first_try
from reminder.store import outbox, planning, skips

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime

    from reminder.policy.model import Schedule
    from reminder.store.outbox import Reminder
    from reminder.store.people import Person
    from reminder.store.planning import Plan
    from reminder.store.practices import Practice

DONE = (State.SENT, State.SENDING, State.IN_DOUBT, State.CLAIMED)
"""A step with a reminder in one of these states is not planned again, whatever becomes of the address."""


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
    steps: Callable[[date, Schedule, tuple[Absence, ...], frozenset[int]], list[Step]] = field(
        default_factory=lambda: cache(steps)
    )
    """The ladder's steps of a cycle; many people's cycles are alike, so each is placed once a batch."""


class End(NamedTuple):
    """How a reminder that was still to be sent comes out of the queue, and why."""

    state: State
    reason: str


@dataclass
class Changes:
    """What is to be written: reminders to be made, the present ones that get a time, and those that are over, by how."""

    made: list[Plan] = field(default_factory=list)
    placed: list[planning.Placing] = field(default_factory=list)
    ended: dict[End, list[int]] = field(default_factory=dict)

    def end(self, rows: Iterable[Reminder], state: State, reason: str) -> None:
        """Take rows out of the queue."""
        for row in rows:
            self.ended.setdefault(End(state, reason), []).append(row.id)


class ClockPlanner:
    """Decides what one person's clock needs now."""

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
            placed = gathered.steps(person.expires_on, home.schedule, absences, frozenset(self.skipped))
            self.cycle_on = person.expires_on
        self.recorded = gathered.recorded.get(person.id, [])
        self.rows = [row for row in self.recorded if row.trial == home.is_trial and row.cycle_on == self.cycle_on]
        self.decision = decide(placed, {row.step for row in self.rows if row.step is not None}, now)
        self.look_again_at = self.decision.look_again_at
        stopped = mails_stopped(absences, self.today)
        self.silent_because = "paused" if stopped else None if person.address else "no address that works"

    def plan(self, changes: Changes) -> None:
        """Add what brings the recorded rows in line with the decision."""
        newest = self.decision.newest
        self._end_others(changes, newest.step if newest else None)
        address = self.person.address or self.person.email
        changes.made += [self._row(step, address, State.SUPERSEDED) for step in self.decision.missed]
        if newest is None:
            return
        self._stand(changes, newest)
        first_time = not any(row.step == newest.step for row in self.rows)
        if first_time and not self.asking and escalates(newest, self._known_on()):
            changes.made += self._escalations()

    def _end_others(self, changes: Changes, newest: int | None) -> None:
        """Take rows of other steps out of the queue: overtaken ones as superseded, not yet reached ones as cancelled."""
        for row in self.recorded:
            if row.state not in outbox.UNSENT:
                continue
            if row not in self.rows:
                changes.end([row], State.CANCELLED, "the plan has changed")
            elif row.step in self.skipped:
                changes.end([row], State.CANCELLED, skips.reason(self.skipped[row.step]))
            elif newest is None or self._is_ahead(row.step or 0, newest):
                changes.end([row], State.CANCELLED, "moved to a later day")
            elif row.step != newest:
                changes.end([row], State.SUPERSEDED, "a newer step was reached")

    def _is_ahead(self, step: int, newest: int) -> bool:
        return step > newest if self.asking else step < newest

    def _stand(self, changes: Changes, newest: Step) -> None:
        """Let the newest step go to everyone it concerns, unless it has gone or must not."""
        mine = [row for row in self.rows if row.step == newest.step]
        wanted = self._recipients()
        unwanted = [row for row in mine if row.state in outbox.UNSENT and row.recipient not in wanted]
        changes.end(unwanted, State.CANCELLED, self.silent_because or "another address")
        if self.silent_because and not mine:
            changes.made.append(self._row(newest, self.person.email, State.CANCELLED, reason=self.silent_because))
            return
        if not self.home.is_trial and any(row.state in DONE for row in mine if row not in unwanted):
            return
        by_recipient = {row.recipient: row for row in mine}
        for address in wanted:
            row = by_recipient.get(address)
            if row is None:
                changes.made.append(self._row(newest, address, State.PLANNED))
            elif row.state in (State.PLANNED, State.CANCELLED, State.SUPERSEDED) and not _is_sent_again(row):
                window = self._window()
                changes.placed.append(
                    planning.Placing(
                        row=row, practice_id=self.home.id, next_at=window.opens_at, closes_at=window.closes_at
                    )
                )

    def _recipients(self) -> Sequence[str]:
        if self.silent_because:
            return ()
        if self.home.is_trial:
            return self.gathered.told[self.home.id].admins
        return (self.person.address,) if self.person.address else ()

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
        return planning.Plan(
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


def _is_sent_again(row: Reminder) -> bool:
    """Tell whether somebody has just had a mail sent again: it keeps its time."""
    return row.state is State.PLANNED and row.next_at is not None and row.closes_at is None
