"""The sender's side of the outbox: claim (lease and fence), mark, record. Every mark checks the fence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, func, insert, or_, select, tuple_, update

from reminder.policy.model import State
from reminder.store.outbox import ABOUT_THE_CLOCK, IS_STEP, Reminder, _reminder
from reminder.store.statements import NOW
from reminder.store.tables import Instant, attempt, is_leased, is_waiting, reminder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.sql.dml import ReturningUpdate

LEASE = timedelta(minutes=15)
"""How long a claim holds: longer than the ten minutes a server may take to answer the final dot."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try to hand a reminder to the mail server, with the server's answer."""

    finished_at: datetime
    outcome: str
    stage: str
    code: int | None
    reply: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """A reminder that was tried: the try, and the columns that follow from it."""

    row: Reminder
    tried: Attempt
    values: Mapping[str, Any]


LONGEST_AHEAD = timedelta(hours=26)
"""A lease that ends later than this was given by a wrong clock: no sender that lives holds one."""


STOPPED_ON_THE_WAY = "the sender stopped while this mail was on its way"


_over = or_(reminder.c.lease_until <= NOW, reminder.c.lease_until > bindparam("longest", type_=Instant))
_late = select(reminder.c.id).where(is_leased, _over).with_for_update(skip_locked=True).cte("late")
_was_sending, _first_doubt = reminder.c.state == State.SENDING, reminder.c.in_doubt_at
# One statement: a sender that is believed gone may commit `sending` between two of them.
_expire_leases = (
    update(reminder)
    .where(reminder.c.id.in_(select(_late.c.id)))
    .values(
        state=case((or_(_was_sending, _first_doubt.is_not(None)), State.IN_DOUBT), else_=State.PLANNED),
        in_doubt_at=case((_was_sending, func.coalesce(_first_doubt, NOW)), else_=_first_doubt),
        reason=case((_was_sending, STOPPED_ON_THE_WAY), else_=reminder.c.reason),
        owner=None,
        lease_until=None,
    )
    .returning(reminder.c.id)
)


def expire_leases(connection: Connection, now: datetime) -> int:
    """Take back what a dead sender left: claimed mails wait again, those being sent are in doubt and wait, too."""
    return len(connection.execute(_expire_leases, {"now": now, "longest": now + LONGEST_AHEAD}).all())


_missed_windows = (
    select(reminder)
    .where(is_waiting, reminder.c.closes_at <= NOW, reminder.c.next_at <= NOW)
    .order_by(reminder.c.urgent_on, reminder.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


def missed_windows(connection: Connection, now: datetime, limit: int) -> list[Reminder]:
    """Lock and return reminders whose window has closed before they could go."""
    return [_reminder(row) for row in connection.execute(_missed_windows, {"now": now, "most": limit})]


def move(connection: Connection, reminder_id: int, *, next_at: datetime, closes_at: datetime) -> None:
    """Give a waiting reminder another time without changing its state."""
    mine = and_(reminder.c.id == reminder_id, is_waiting)
    connection.execute(update(reminder).where(mine).values(next_at=next_at, closes_at=closes_at))


def bring_back(connection: Connection, now: datetime) -> None:
    """Let the next tick place the waiting mails whose time lies days ahead, as after a wrong clock.

    Planned mails about a clock are left to the planner, which knows more.
    """
    planners = and_(reminder.c.state == State.PLANNED, reminder.c.kind.in_(ABOUT_THE_CLOCK), IS_STEP)
    far = and_(is_waiting, reminder.c.next_at > now + timedelta(days=1), ~planners)
    connection.execute(update(reminder).where(far).values(next_at=now, closes_at=now))


_chosen = (
    select(reminder.c.id)
    .where(is_waiting, reminder.c.next_at <= NOW, or_(reminder.c.closes_at.is_(None), reminder.c.closes_at > NOW))
    .order_by(reminder.c.urgent_on, reminder.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("chosen")
)
_claim = (
    update(reminder)
    .where(reminder.c.id.in_(select(_chosen.c.id)))
    .values(
        state=State.CLAIMED,
        claimed_at=NOW,
        owner=bindparam("sender"),
        lease_until=bindparam("until", type_=Instant),
        fence=reminder.c.fence + 1,
    )
    .returning(*reminder.c)
)


def claim(connection: Connection, owner: str, now: datetime, limit: int) -> list[Reminder]:
    """Claim up to `limit` reminders whose time has come, most urgent first; no two senders ever get the same one."""
    values = {"sender": owner, "now": now, "until": now + LEASE, "most": limit}
    claimed = [_reminder(row) for row in connection.execute(_claim, values)]
    return sorted(claimed, key=lambda row: (row.urgent_on, row.id))


@lru_cache
def _marking(columns: tuple[str, ...], states: tuple[State, ...]) -> ReturningUpdate[tuple[int]]:
    """Return the statement that sets these columns of rows that are still ours and in one of these states.

    It is kept, since building it takes several times as long as running it.
    """
    mine = and_(
        reminder.c.id.in_(bindparam("numbers", expanding=True)),  # SQLite looks a pair up nowhere
        tuple_(reminder.c.id, reminder.c.fence).in_(bindparam("fences", expanding=True)),
        reminder.c.state.in_(states),
    )
    values = {name: bindparam(f"new_{name}", type_=reminder.c[name].type) for name in columns}
    return update(reminder).where(mine).values(values).returning(reminder.c.id)


def _mark(connection: Connection, rows: Sequence[Reminder], values: Mapping[str, Any], *states: State) -> set[int]:
    """Change rows if they are still ours and in one of these states; return the numbers of those that were."""
    given = {f"new_{name}": value for name, value in values.items()}
    ours = {"numbers": [row.id for row in rows], "fences": [(row.id, row.fence) for row in rows]}
    return set(connection.scalars(_marking(tuple(values), states), {**ours, **given}))


FROZEN = ("content", "wording", "message_id", "frozen_on", "frozen_at")


_one = update(reminder).where(reminder.c.id == bindparam("number"))


def freeze(connection: Connection, rows: Sequence[Reminder]) -> None:
    """Keep what these mails will say, so that each try has the same bytes; in the transaction that claimed them."""
    values = [{"number": row.id, **{name: getattr(row, name) for name in FROZEN}} for row in rows]
    connection.execute(_one, values)


def mark_sending(connection: Connection, rows: Sequence[Reminder], now: datetime) -> set[int]:
    """Commit to sending: from here on a crash leaves these mails in doubt.

    Return the numbers of those that may go; the others were called off or taken over.
    """
    if not rows:
        return set()
    values = {"state": State.SENDING, "sending_at": now, "lease_until": now + LEASE}
    return _mark(connection, rows, values, State.CLAIMED)


def record(connection: Connection, results: Sequence[Result]) -> set[int]:
    """Keep the server's answers and what follows from each; return the numbers of the rows that are still ours."""
    if not results:
        return set()
    connection.execute(insert(attempt), [{"reminder_id": one.row.id, **vars(one.tried)} for one in results])
    alike: dict[tuple[Any, ...], list[Result]] = {}
    for one in results:
        alike.setdefault(tuple(sorted(one.values.items())), []).append(one)
    kept: set[int] = set()
    for some in alike.values():
        # In doubt with the same fence: the lease ran out, but nobody has taken the mail over, so this still counts.
        freed = {"owner": None, "lease_until": None, **some[0].values}
        kept |= _mark(connection, [one.row for one in some], freed, State.CLAIMED, State.SENDING, State.IN_DOUBT)
    return kept


def release(connection: Connection, row: Reminder, values: Mapping[str, Any]) -> bool:
    """Give a claimed reminder back untried: to wait again, or cancelled."""
    freed = {"owner": None, "lease_until": None, **values}
    return bool(_mark(connection, [row], freed, State.CLAIMED))


def attempts_of(connection: Connection, reminder_id: int) -> list[Attempt]:
    """Return the tries of one reminder in order."""
    rows = connection.execute(select(attempt).where(attempt.c.reminder_id == reminder_id).order_by(attempt.c.id))
    return [
        Attempt(finished_at=row.finished_at, outcome=row.outcome, stage=row.stage, code=row.code, reply=row.reply)
        for row in rows
    ]


def tries_since(connection: Connection, since: datetime, until: datetime | None = None) -> int:
    """Return how many mails were handed to the server since an instant, for its limits.

    Without `until` those count, too, that a clock recorded which was set back since: a day's limit is kept whatever
    the clock says, while a minute's must not stop everything for as long as the clock was ahead.
    """
    handed_over = attempt.c.outcome.in_(("accepted", "in_doubt"))
    query = select(func.count()).select_from(attempt).where(attempt.c.finished_at > since, handed_over)
    if until is not None:
        query = query.where(attempt.c.finished_at <= until)
    return connection.scalar(query) or 0
