"""One person's clock run ahead: which steps will be reached if nobody does anything, and which of them send a mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from reminder.policy.asking import ask_steps
from reminder.policy.ladder import steps
from reminder.policy.model import State
from reminder.policy.moments import local_date
from reminder.policy.plan import decide
from reminder.policy.status import mails_stopped
from reminder.policy.window import first_try

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from reminder.policy.model import Absence, Schedule, Step

MAY_GO = (State.PLANNED, State.DEFERRED, State.CANCELLED, State.SUPERSEDED)
"""The states of a step's row from which the planner would let it go (again)."""


class Recorded(NamedTuple):
    """What is recorded of a step; `next_at` is when a deferred mail is tried again."""

    step: int
    state: State
    next_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Clock:
    """All that decides when a person's mails go. Many people have equal ones, so that each is run ahead only once.

    `expires_on` is None for those who are asked, and `registered_at` for all others. `last_on` is the local day of
    the last mail about the clock, if that is today or later.
    """

    expires_on: date | None
    registered_at: datetime | None
    schedule: Schedule
    is_trial: bool
    absences: tuple[Absence, ...]
    skipped: frozenset[int]
    recorded: tuple[Recorded, ...]
    last_on: date | None

    def placed(self) -> list[Step]:
        """Return the steps of the cycle, or the questions to somebody without one."""
        if self.expires_on is not None:
            return steps(self.expires_on, self.schedule, self.absences, self.skipped)
        return ask_steps(self.registered_at, self.schedule, self.absences) if self.registered_at else []


@dataclass(frozen=True, kw_only=True)
class Due:
    """A step that would go to a person at `at`, reached at `reached_at`; `first`: nothing is recorded of it yet."""

    step: Step
    at: datetime
    reached_at: datetime
    first: bool


def run_ahead(clock: Clock, now: datetime, horizon: datetime) -> Iterator[tuple[Due, bool]]:
    """Yield each step that is newly reached from `now` to `horizon`, and whether a mail goes out for it."""
    zone = clock.schedule.zone
    placed = clock.placed()
    recorded = {row.step: row for row in clock.recorded}
    last_on = clock.last_on
    waiting: Due | None = None
    for look_at in [now, *(step.at for step in placed if now < step.at < horizon)]:
        if waiting is not None and waiting.at < look_at:
            yield waiting, True
            last_on, waiting = local_date(waiting.at, zone), None
        newest = decide(placed, recorded, look_at).newest
        if newest is None:
            continue
        row = recorded.get(newest.step)
        if row is not None and row.state not in MAY_GO:
            continue
        today = local_date(look_at, zone)
        if mails_stopped(clock.absences, today):
            waiting = None
            if row is None:
                yield Due(step=newest, at=look_at, reached_at=look_at, first=True), False
            continue
        if waiting is not None:
            yield waiting, False
        goes_at = _goes_at(clock, row, look_at, today_used=last_on == today and not clock.is_trial)
        waiting = Due(step=newest, at=goes_at, reached_at=look_at, first=row is None)
    if waiting is not None and waiting.at < horizon:
        yield waiting, True


def _goes_at(clock: Clock, row: Recorded | None, look_at: datetime, *, today_used: bool) -> datetime:
    """Return when the mail of a step reached at `look_at` would go."""
    if row is not None and row.state is State.DEFERRED and row.next_at is not None:
        return max(row.next_at, look_at)
    return max(first_try(look_at, clock.schedule, clock.expires_on, today_used=today_used).opens_at, look_at)
