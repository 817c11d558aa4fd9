"""Seeded differences: one value of a good database is made wrong, and the checker of the records must say so.

Not among them are changes that no record contradicts and that change no mail: a name, a wording, a deferred mail called
planned (it is tried at the same time), a mail in doubt called planned (its bytes are kept by `in_doubt_at`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, insert, select, text, update

from reminder.store import tables

if TYPE_CHECKING:
    from random import Random

    from sqlalchemy import ColumnElement, Connection, Row, Table

New = Callable[["Random", Any], Any]
"""Makes a wrong value out of the right one (or of the row)."""

STATES = ("planned", "claimed", "sending", "sent", "in_doubt", "deferred", "failed", "cancelled", "superseded")
SAME = {("deferred", "planned"), ("in_doubt", "planned")}
WAITING = "state in ('planned', 'deferred', 'in_doubt') and next_at is not null"
CLOCK = "kind in ('warning', 'expired')"
SETTLED = "(select next_step_at from person where id = person_id) > (select max(happened_at) from event)"


@dataclass(frozen=True, kw_only=True)
class Change:
    """A column of one row gets another value. `where`: the rows in which the column matters."""

    table: str
    column: str
    to: New
    where: str = "true"
    how: str = ""

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}{' ' if self.how else ''}{self.how}"

    def apply(self, connection: Connection, random: Random) -> bool:
        """Make the change; False if no row fits."""
        found = tables.metadata.tables[self.table]
        row = pick(connection, random, found, text(self.where))
        if row is None:
            return False
        before = getattr(row, self.column)
        after = self.to(random, before)
        if after == before:
            return False
        connection.execute(update(found).where(_is(found, row)).values({self.column: after}))
        return True


@dataclass(frozen=True, kw_only=True)
class Act:
    """Rows that are added, doubled or gone."""

    name: str
    apply: Callable[[Connection, Random], bool]


def _is(table: Table, row: Row[Any]) -> ColumnElement[bool]:
    return and_(*(column == getattr(row, column.name) for column in table.primary_key))


def pick(connection: Connection, random: Random, table: Table, where: Any) -> Row[Any] | None:
    rows = connection.execute(select(table).where(where).order_by(*table.primary_key)).all()
    return random.choice(rows) if rows else None


def nothing(random: Random, before: Any) -> None:
    return None


def other(*values: Any) -> New:
    return lambda random, before: random.choice([value for value in values if value != before])


def later(days: int, most: int = 300) -> New:
    """So many days later, or more."""
    return lambda random, before: before + timedelta(days=random.randint(days, most))


def earlier(days: int, most: int = 300) -> New:
    return lambda random, before: before - timedelta(days=random.randint(days, most))


def moved(days: int) -> New:
    return lambda random, before: before + random.choice([-1, 1]) * timedelta(days=random.randint(days, 300))


def zero(random: Random, before: int) -> int:
    return 0


def more(random: Random, before: int) -> int:
    return before + random.randint(1, 9)


def less(random: Random, before: int) -> int:
    return before - random.randint(1, 9)


def flipped(random: Random, before: bool) -> bool:
    return not before


def garbled(random: Random, before: str) -> str:
    place = random.randrange(len(before))
    return before[:place] + random.choice("#%&") + before[place + 1 :]


def said(**values: Any) -> New:
    """The frozen words with one other value."""
    return lambda random, before: {**before, **{key: other_than(random, before[key]) for key in values}}


def other_than(random: Random, value: Any) -> Any:
    if isinstance(value, int):
        return value + random.choice([-1, 1]) * random.randint(1, 50)
    return (date.fromisoformat(value) + timedelta(days=random.randint(1, 90))).isoformat()


def the_other_kind(random: Random, before: dict[str, Any]) -> dict[str, Any]:
    """What an import changed, counted among the others."""
    return {} if "joined" in before else {"joined": 1}


def _state(random: Random, before: str) -> str:
    return random.choice([state for state in STATES if state != before and (before, state) not in SAME])


def moment(random: Random, before: datetime | None) -> datetime:
    return datetime.fromisoformat("2026-12-10T12:00:00+00:00") + timedelta(hours=random.randint(0, 48))


NEWEST_RESET = "id in (select reset_id from person)"
ITS_CYCLE_HAS_MAIL = """undoes_id is null and exists (
    select 1 from reminder
    where reminder.person_id = reset.person_id and kind in ('warning', 'expired') and planned_at >= recorded_at
    and not exists (
        select 1 from reset as later
        where later.person_id = reset.person_id and later.recorded_at > reset.recorded_at
        and later.recorded_at <= planned_at
    )
)"""
"""Of a reset that a mail is about: nothing depends on the others, but for the newest."""
LIVE_HOME = "home_id in (select id from practice where mode = 'live')"
STEPS_REMAIN = (
    f"{LIVE_HOME} and expires_on is not null and next_step_at is not null and id not in (select person_id from absence)"
)

PEOPLE = [
    Change(table="person", column="reset_id", to=nothing, where="reset_id is not null", how="lost"),
    Change(table="person", column="reset_id", to=more, where="reset_id is not null"),
    Change(table="person", column="reset_on", to=moved(1), where="reset_on is not null"),
    Change(table="person", column="expires_on", to=moved(1), where="expires_on is not null"),
    Change(table="person", column="expires_on", to=nothing, where="expires_on is not null", how="lost"),
    Change(table="person", column="known_on", to=moved(3), where="known_on is not null"),
    Change(table="person", column="home_id", to=nothing, where="home_id is not null", how="lost"),
    Change(table="person", column="home_id", to=other(1, 2, 3), where="home_id is not null"),
    Change(table="person", column="next_step_at", to=nothing, where=STEPS_REMAIN, how="lost"),
    Change(table="person", column="next_step_at", to=later(130, 400), where=STEPS_REMAIN, how="too late"),
    Change(table="person", column="next_step_at", to=earlier(100), where=STEPS_REMAIN, how="passed over"),
    Change(table="person", column="greeted_at", to=nothing, where="greeted_at is not null", how="lost"),
    Change(table="person", column="email_refused_at", to=moment, where="email_refused_at is null", how="invented"),
    Change(table="person", column="email_refused_at", to=moved(1), where="email_refused_at is not null"),
    Change(table="person", column="second_refused_at", to=moment, where="second_email is not null", how="invented"),
    Change(table="membership", column="expires_on", to=moved(1), where="expires_on is not null"),
    Change(table="membership", column="expires_on", to=nothing, where="expires_on is not null", how="lost"),
    Change(table="membership", column="is_home", to=flipped),
    Change(table="membership", column="left_at", to=moment, where="is_home"),
    Change(table="membership", column="role", to=garbled),
    Change(table="absence", column="to_on", to=earlier(60), where="to_on is not null"),
    Change(table="practice", column="mode", to=other("live", "trial")),
    Change(table="practice", column="live_at", to=nothing, where="live_at is not null", how="lost"),
    Change(table="practice", column="zone", to=garbled),
    Change(table="practice", column="ladder", to=other("0,7,14", "14,14,7", "x", "")),
    Change(table="practice", column="send_time", to=other("8", "25:00", "08:60", "")),
    Change(table="practice", column="next_check_at", to=nothing, how="lost"),
    Change(table="practice", column="next_check_at", to=later(90), how="too late"),
    Change(table="practice", column="next_check_at", to=earlier(30), how="passed over"),
]

RESETS = [
    Change(table="reset", column="reset_on", to=moved(1), where=NEWEST_RESET),
    Change(table="reset", column="reset_on", to=moved(1), where=ITS_CYCLE_HAS_MAIL, how="of a cycle with mails"),
    Change(table="reset", column="recorded_at", to=moved(3), where=NEWEST_RESET),
    Change(table="reset", column="person_id", to=other(1, 5, 9, 13), where=NEWEST_RESET),
    Change(table="reset", column="undoes_id", to=nothing, where="undoes_id is not null", how="lost"),
    Change(table="rule", column="days", to=other(30, 59, 61, 90, 150)),
]

MAILS = [
    Change(table="reminder", column="key", to=garbled),
    Change(
        table="reminder",
        column="kind",
        to=other("warning", "expired", "ask", "digest", "escalation", "receipt", "coverage"),
    ),
    Change(table="reminder", column="practice_id", to=other(1, 2, 3), where="kind in ('digest', 'escalation')"),
    Change(
        table="reminder",
        column="practice_id",
        to=other(1, 2, 3),
        where=f"{WAITING} and {CLOCK} and {SETTLED}",
        how="of one that waits",
    ),
    Change(table="reminder", column="person_id", to=other(1, 5, 9, 13), where=CLOCK),
    Change(table="reminder", column="person_id", to=nothing, where=CLOCK, how="lost"),
    Change(table="reminder", column="cycle_on", to=moved(1), where="cycle_on is not null"),
    Change(table="reminder", column="step", to=other(14, 7, 3, 1, 0, -1, -7), where=CLOCK),
    Change(table="reminder", column="trial", to=flipped, where="kind not in ('receipt', 'notice')"),
    Change(table="reminder", column="recipient", to=garbled),
    Change(table="reminder", column="state", to=_state),
    Change(table="reminder", column="state", to=_state, where=WAITING, how="of one that waits"),
    Change(
        table="reminder", column="state", to=_state, where="state in ('claimed', 'sending')", how="of one on its way"
    ),
    Change(table="reminder", column="reason", to=nothing, where="state in ('failed', 'cancelled', 'superseded')"),
    Change(table="reminder", column="urgent_on", to=moved(1), where=CLOCK),
    Change(
        table="reminder",
        column="next_at",
        to=nothing,
        where=f"{WAITING} and ({SETTLED} or person_id is null)",
        how="lost",
    ),
    Change(table="reminder", column="next_at", to=later(2), where=WAITING, how="too late"),
    Change(table="reminder", column="next_at", to=earlier(2), where=WAITING, how="too early"),
    Change(table="reminder", column="closes_at", to=moved(2), where=f"{WAITING} and closes_at is not null"),
    Change(table="reminder", column="closes_at", to=nothing, where=f"{WAITING} and state <> 'in_doubt'", how="lost"),
    Change(table="reminder", column="details", to=other({"reset_id": 999}, {}), where="kind = 'receipt'"),
    Change(table="reminder", column="frozen_on", to=moved(1), where="frozen_on is not null"),
    Change(table="reminder", column="frozen_at", to=moved(3), where="frozen_at is not null"),
    Change(table="reminder", column="content", to=said(today=0), where="content is not null", how="of another day"),
    Change(
        table="reminder",
        column="content",
        to=said(days_left=0),
        where=f"content is not null and {CLOCK}",
        how="with other days left",
    ),
    Change(
        table="reminder",
        column="content",
        to=said(expires_on=0),
        where=f"content is not null and {CLOCK}",
        how="with another end",
    ),
    Change(table="reminder", column="wording", to=nothing, where="wording is not null", how="lost"),
    Change(table="reminder", column="message_id", to=nothing, where="message_id is not null", how="lost"),
    Change(
        table="reminder",
        column="message_id",
        to=other("<reminder.1.1@lakeside.example>", "<x@y>"),
        where="message_id is not null and id > 1",
    ),
    Change(table="reminder", column="owner", to=nothing, where="owner is not null", how="lost"),
    Change(table="reminder", column="owner", to=other("somebody"), where="owner is null", how="invented"),
    Change(table="reminder", column="lease_until", to=moved(1), where="lease_until is not null"),
    Change(table="reminder", column="lease_until", to=nothing, where="lease_until is not null", how="lost"),
    Change(table="reminder", column="lease_until", to=moment, where="lease_until is null", how="invented"),
    Change(table="reminder", column="fence", to=zero, where="fence > 0", how="lost"),
    Change(table="reminder", column="fence", to=more, where="claimed_at is null", how="invented"),
    Change(table="reminder", column="failures", to=more),
    Change(table="reminder", column="failures", to=zero, where="state = 'deferred'", how="lost"),
    Change(table="reminder", column="doubts", to=more),
    Change(
        table="reminder", column="planned_at", to=later(30, 90), where="claimed_at is not null or state = 'superseded'"
    ),
    Change(table="reminder", column="planned_at", to=earlier(400, 900), where=CLOCK, how="before its cycle"),
    Change(table="reminder", column="claimed_at", to=nothing, where="claimed_at is not null", how="lost"),
    Change(table="reminder", column="claimed_at", to=moved(30), where="state in ('claimed', 'sent')"),
    Change(table="reminder", column="sending_at", to=nothing, where="state in ('sending', 'sent')", how="lost"),
    Change(table="reminder", column="sending_at", to=moved(30), where="state in ('sending', 'sent')"),
    Change(table="reminder", column="sent_at", to=nothing, where="sent_at is not null", how="lost"),
    Change(table="reminder", column="sent_at", to=moved(1), where="sent_at is not null"),
    Change(table="reminder", column="sent_at", to=moment, where="sent_at is null", how="invented"),
    Change(table="reminder", column="in_doubt_at", to=nothing, where="state = 'in_doubt' or doubts > 0", how="lost"),
    Change(table="reminder", column="in_doubt_at", to=later(30), where="in_doubt_at is not null", how="yet to come"),
    Change(table="reminder", column="deferred_at", to=nothing, where="state = 'deferred'", how="lost"),
    Change(table="reminder", column="deferred_at", to=moved(1), where="deferred_at is not null"),
    Change(table="reminder", column="deferred_at", to=moment, where="deferred_at is null", how="invented"),
    Change(table="reminder", column="failed_at", to=nothing, where="failed_at is not null", how="lost"),
    Change(table="reminder", column="failed_at", to=moved(1), where="failed_at is not null"),
    Change(table="reminder", column="cancelled_at", to=nothing, where="cancelled_at is not null", how="lost"),
    Change(table="reminder", column="cancelled_at", to=earlier(30), where="cancelled_at is not null"),
    Change(table="reminder", column="cancelled_at", to=moment, where="cancelled_at is null", how="invented"),
    Change(table="reminder", column="superseded_at", to=nothing, where="superseded_at is not null", how="lost"),
    Change(table="reminder", column="superseded_at", to=earlier(30), where="superseded_at is not null"),
    Change(table="reminder", column="superseded_at", to=moment, where="superseded_at is null", how="invented"),
]

ATTEMPTS = [
    Change(
        table="attempt",
        column="outcome",
        to=other("accepted", "deferred", "in_doubt", "refused_recipient", "nonsense"),
        where="outcome in ('accepted', 'refused_recipient')",
    ),
    Change(
        table="attempt",
        column="outcome",
        to=other("accepted"),
        where="outcome <> 'accepted' and reminder_id in (select id from reminder where in_doubt_at is null)",
        how="better than it was",
    ),
    Change(
        table="attempt",
        column="stage",
        to=other("rcpt", "connect", "body"),
        where="outcome in ('accepted', 'in_doubt')",
    ),
    Change(table="attempt", column="code", to=other(354, 421, 451, 550), where="outcome = 'accepted'"),
    Change(table="attempt", column="code", to=other(250, 451), where="outcome like 'refused%'", how="of a refusal"),
    Change(table="attempt", column="finished_at", to=moved(1), where="outcome = 'accepted'"),
]

IMPORTS = [
    Change(table="roster_import", column="added", to=more),
    Change(table="roster_import", column="updated", to=less),
    Change(table="import_change", column="after", to=the_other_kind),
    Change(table="reading", column="first_seen_on", to=moved(3)),
]


def _gone(table: Table, where: str) -> Callable[[Connection, Random], bool]:
    def apply(connection: Connection, random: Random) -> bool:
        row = pick(connection, random, table, text(where))
        if row is None:
            return False
        if table is tables.reminder:
            connection.execute(delete(tables.attempt).where(tables.attempt.c.reminder_id == row.id))
        connection.execute(delete(table).where(_is(table, row)))
        return True

    return apply


def _added(table: Table, where: str, **values: Any) -> Callable[[Connection, Random], bool]:
    """A copy of a row with other values under a new number."""

    def apply(connection: Connection, random: Random) -> bool:
        row = pick(connection, random, table, text(where))
        if row is None:
            return False
        number = connection.scalar(select(func.max(table.c.id)))
        connection.execute(insert(table).values({**row._mapping, **values, "id": (number or 0) + 1}))
        return True

    return apply


def _another_mails_attempt(connection: Connection, random: Random) -> bool:
    row = pick(connection, random, tables.attempt, text("outcome = 'accepted'"))
    other_mail = row and pick(connection, random, tables.reminder, tables.reminder.c.id != row.reminder_id)
    if row is None or other_mail is None:
        return False
    connection.execute(update(tables.attempt).where(_is(tables.attempt, row)).values(reminder_id=other_mail.id))
    return True


NEWEST_STEP = """kind = 'warning' and not trial and state = 'sent'
    and person_id in (select p.id from person p join practice h on h.id = p.home_id
                      where p.expires_on = cycle_on and h.mode = 'live' and p.next_step_at is not null)
    and step = (select min(o.step) from reminder o where o.person_id = reminder.person_id and o.cycle_on = reminder.cycle_on and not o.trial)
    and urgent_on < '2027-01-01' and planned_at < '2026-12-10'"""

ACTS = [
    Act(
        name="reset gone",
        apply=_gone(
            tables.reset, f"{NEWEST_RESET} and id not in (select undoes_id from reset where undoes_id is not null)"
        ),
    ),
    Act(name="reset added", apply=_added(tables.reset, NEWEST_RESET)),
    Act(name="membership gone", apply=_gone(tables.membership, "is_home")),
    Act(name="mail of a reached step gone", apply=_gone(tables.reminder, NEWEST_STEP)),
    Act(
        name="mail added to another key",
        apply=_added(tables.reminder, CLOCK, key="clock/1/2026-12-01/7/x@lakeside.example"),
    ),
    Act(name="mail sent doubled", apply=_added(tables.reminder, f"{CLOCK} and state = 'sent'", key="doubled")),
    Act(name="mail that waits doubled", apply=_added(tables.reminder, WAITING, key="doubled", message_id=None)),
    Act(name="accepted attempt of another mail", apply=_another_mails_attempt),
    Act(name="accepted attempt gone", apply=_gone(tables.attempt, "outcome = 'accepted'")),
    Act(name="refusal gone", apply=_gone(tables.attempt, "outcome = 'refused_recipient'")),
    Act(
        name="deferral gone",
        apply=_gone(
            tables.attempt, "outcome = 'deferred' and reminder_id in (select id from reminder where failures > 0)"
        ),
    ),
    Act(name="doubtful attempt gone", apply=_gone(tables.attempt, "outcome = 'in_doubt'")),
    Act(
        name="accepted attempt added",
        apply=_added(
            tables.attempt,
            "outcome = 'accepted' and reminder_id in (select id from reminder where in_doubt_at is null)",
        ),
    ),
    Act(name="import's change gone", apply=_gone(tables.import_change, "true")),
    Act(name="rule gone", apply=_gone(tables.rule, "true")),
]

MUTATIONS: list[Change | Act] = [*PEOPLE, *RESETS, *MAILS, *ATTEMPTS, *IMPORTS, *ACTS]
