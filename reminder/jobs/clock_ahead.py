"""One person's clock run ahead: which steps will be reached if nobody does anything, and which of them send a mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.policy.model import State
from reminder.policy.moments import local_date
from reminder.policy.plan import decide
from reminder.policy.status import mails_stopped
from reminder.policy.window import first_try

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from reminder.policy.model import Absence, Step
    from reminder.store.outbox import Reminder
    from reminder.store.practices import Practice

MAY_GO = (State.PLANNED, State.DEFERRED, State.CANCELLED, State.SUPERSEDED)
"""The states of a step's row from which the planner would let it go (again)."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """One person's clock: its end (None: they are asked), its home, its placed steps, what is recorded of them, and
    when a mail about it last went.
    """

    expires_on: date | None
    home: Practice
    placed: Sequence[Step]
    absences: Sequence[Absence]
    rows: Sequence[Reminder]
    last_sending: datetime | None


@dataclass(frozen=True, kw_only=True)
class Due:
    """A step that would go to a person at `at`, reached at `reached_at`; `first`: nothing is recorded of it yet."""

    step: Step
    at: datetime
    reached_at: datetime
    first: bool


def run_ahead(clock: Clock, now: datetime, horizon: datetime) -> Iterator[tuple[Due, bool]]:
    """Yield each step that is newly reached from `now` to `horizon`, and whether a mail goes out for it."""
    states = {row.step: row for row in clock.rows if row.step is not None}
    last = clock.last_sending
    waiting: Due | None = None
    for look_at in [now, *(step.at for step in clock.placed if now < step.at < horizon)]:
        if waiting is not None and waiting.at < look_at:
            yield waiting, True
            last, waiting = waiting.at, None
        newest = decide(clock.placed, states, look_at).newest
        if newest is None:
            continue
        row = states.get(newest.step)
        if row is not None and row.state not in MAY_GO:
            continue
        if mails_stopped(clock.absences, local_date(look_at, clock.home.schedule.zone)):
            waiting = None
            if row is None:
                yield Due(step=newest, at=look_at, reached_at=look_at, first=True), False
            continue
        if waiting is not None:
            yield waiting, False
        waiting = Due(step=newest, at=_goes_at(clock, row, last, look_at), reached_at=look_at, first=row is None)
    if waiting is not None and waiting.at < horizon:
        yield waiting, True


def _goes_at(clock: Clock, row: Reminder | None, last: datetime | None, look_at: datetime) -> datetime:
    """Return when the mail of a step reached at `look_at` would go."""
    if row is not None and row.state is State.DEFERRED and row.next_at is not None:
        return max(row.next_at, look_at)
    schedule = clock.home.schedule
    today_used = (
        last is not None
        and local_date(last, schedule.zone) == local_date(look_at, schedule.zone)
        and not clock.home.is_trial
    )
    window = first_try(look_at, schedule, clock.expires_on, today_used=today_used)
    return max(window.opens_at, look_at)
