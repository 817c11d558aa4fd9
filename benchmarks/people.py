"""A practice with any number of people, made inside the database: a million of them in seconds, on either kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Integer, Text, cast, column, insert, literal, select, text, true

from reminder.jobs import practices
from reminder.jobs.services import Installation, MailLimits, Services
from reminder.mail.links import Links
from reminder.mail.memory import MemoryTransport
from reminder.mail.wording import Wording
from reminder.policy.model import Schedule
from reminder.secrets_box import SecretBox
from reminder.store import migrate
from reminder.store.tables import attempt, membership, person, practice, reminder, reset

if TYPE_CHECKING:
    from sqlalchemy import CTE, Connection, Table

    from reminder.mail.transport import Transport
    from reminder.store.engine import Store

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
"""A Tuesday, nine o'clock in Chicago: everybody's mail may go."""

CLOSES = datetime(2026, 12, 2, 0, tzinfo=UTC)
RESET_ON, EXPIRES_ON = date(2026, 10, 16), date(2026, 12, 15)
STEP = 14
NEXT_STEP_AT = datetime(2026, 12, 8, 14, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """How many people there are, in how many practices; whether each has a mail that is due now, and one that was sent
    long ago.
    """

    people: int
    practices: int = 1
    mails_due: bool = False
    history: bool = False


def populate(store: Store, crowd: Crowd) -> None:
    """Fill an empty database: one live practice, whose people all stand fourteen days before their expiry."""
    migrate.upgrade(store)
    with store.write() as connection:
        practices.open_practice(
            connection,
            name="Lakeside Family Medicine",
            schedule=Schedule(zone="America/Chicago"),
            owner="dana@lakeside.example",
            actor="bench",
            now=NOW - timedelta(days=90),
            live=True,
        )
        if not store.is_sqlite:
            connection.execute(text("set local session_replication_role = replica"))  # what is made here fits together
        _practices(connection, crowd.practices)
        _people(connection, crowd.people, crowd.practices)
        if crowd.history:
            _fill(
                connection,
                reminder,
                crowd.people,
                _mail(crowd, date(2026, 8, 10), NOW - timedelta(days=120), sent=True),
            )
            tried = {"finished_at": NOW - timedelta(days=120), "outcome": "accepted", "stage": "dot", "code": 250}
            _fill(connection, attempt, crowd.people, {"reminder_id": NUMBER, **tried, "reply": "2.0.0 Ok"})
        if crowd.mails_due:
            _fill(connection, reminder, crowd.people, _mail(crowd, EXPIRES_ON, NOW - timedelta(minutes=5), sent=False))
    if not store.is_sqlite:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("vacuum analyze"))


def _practices(connection: Connection, count: int) -> None:
    """Copy the first practice as often as wanted; none of them has its weekly mail due."""
    connection.execute(practice.update().values(next_check_at=NOW + timedelta(days=6)))
    names = [one.name for one in practice.c if one.name not in {"id", "name"}]
    copied = select(practice.c.name + " " + NAME, *(practice.c[name] for name in names))
    copied = copied.select_from(practice.join(_counted(2, count), true()))
    if count > 1:
        connection.execute(insert(practice).from_select(["name", *names], copied))


def _people(connection: Connection, size: int, practices: int) -> None:
    home = NUMBER % practices + 1
    registered = {"registered_at": NOW - timedelta(days=80), "registered_by": "bench"}
    known = {"reset_id": NUMBER, "reset_on": RESET_ON, "expires_on": EXPIRES_ON, "known_on": RESET_ON}
    named = {"name": "Person " + NAME, "email": ADDRESS, "greeted_at": NOW - timedelta(days=80)}
    _fill(connection, person, size, {**named, "home_id": home, **registered, **known, "next_step_at": NEXT_STEP_AT})
    part = {"person_id": NUMBER, "practice_id": home, "role": "surrogate", "is_home": True, "expires_on": EXPIRES_ON}
    _fill(connection, membership, size, {**part, **registered})
    counted = {"rule_key": "ia-password", "reset_on": RESET_ON, "confidence": "confirmed"}
    recorded = {"recorded_at": NOW - timedelta(days=46), "recorded_by": "bench", "practice_id": 1}
    _fill(connection, reset, size, {"person_id": NUMBER, **counted, **recorded})


NUMBER: ColumnElement[int] = column("number", Integer)
NAME: ColumnElement[str] = cast(NUMBER, Text)
ADDRESS: ColumnElement[str] = "person." + NAME + "@lakeside.example"


def _mail(crowd: Crowd, cycle_on: date, planned_at: datetime, *, sent: bool) -> dict[str, Any]:
    """Return a reminder of the step fourteen days before an expiry, as the planner would have made it."""
    ends = {"state": "sent", "fence": 1, "sent_at": planned_at} if sent else {"state": "planned", "fence": 0}
    return {
        "key": "clock/" + NAME + f"/{cycle_on}/{STEP}/" + ADDRESS,
        "kind": "warning", "practice_id": NUMBER % crowd.practices + 1, "person_id": NUMBER, "cycle_on": cycle_on, "step": STEP, "trial": False,
        "recipient": ADDRESS, "urgent_on": cycle_on, "next_at": planned_at, "closes_at": CLOSES, "details": {},
        "failures": 0, "doubts": 0, "planned_at": planned_at, **ends,
    }  # fmt: skip


def _fill(connection: Connection, table: Table, size: int, values: dict[str, Any]) -> None:
    """Insert so many rows with one statement, and make the indexes afterwards; `NUMBER` counts the rows from one."""
    for index in table.indexes:
        index.drop(connection)
    cells = [
        value if isinstance(value, ColumnElement) else literal(value, table.c[name].type)
        for name, value in values.items()
    ]
    rows = select(*cells).select_from(_counted(1, size))
    connection.execute(insert(table).from_select(list(values), rows))
    for index in table.indexes:
        index.create(connection)


def _counted(first: int, last: int) -> CTE:
    counted = select(literal(first).label("number")).cte("counted", recursive=True)
    return counted.union_all(select(counted.c.number + 1).where(counted.c.number < last))


def make_due(connection: Connection, first: int, count: int) -> None:
    """Let the clocks of some people be looked at now."""
    mine = person.c.id.between(first, first + count - 1)
    connection.execute(person.update().where(mine).values(next_step_at=NOW))


def spread(connection: Connection, days: int = 60) -> None:
    """Let the dates of the people lie evenly over so many days from today on, and their clocks be looked at later."""
    for ahead in range(days):
        expires_on = NOW.date() + timedelta(days=ahead)
        known = {"expires_on": expires_on, "reset_on": expires_on - timedelta(days=60)}
        connection.execute(person.update().where(person.c.id % days == ahead).values(known))
        connection.execute(
            membership.update().where(membership.c.person_id % days == ahead).values(expires_on=expires_on)
        )


def services(
    store: Store, transport: Transport | None = None, *, connections: int = 1, now: datetime = NOW
) -> Services:
    """Put a sender's parts together, at an instant that stands still."""
    installation = Installation(
        transport=transport or MemoryTransport(),
        links=Links("https://reminders.lakeside.example", ["a key for benchmarks"]),
        box=SecretBox(["a key for benchmarks"]),
        sender_address="reminders@lakeside.example",
        limits=MailLimits(connections=connections),
    )
    return Services(store=store, wording=Wording.load(), clock=lambda: now, installation=installation)
