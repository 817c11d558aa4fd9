"""What must hold of a life after each step: SQL and dates of its own, none of the product's."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, date, time, timedelta
from typing import TYPE_CHECKING, Any

from reminder.store import reconcile
from tests import oracle
from tests.simulation.life import instant_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.life import Life, Sent

WATCHED = {
    "practice": "zone, send_time, ladder, mode",
    "person": "name, email, second_email, home_id",
    "membership": "role, left_at",
    "absence": "cleared_at",
}
ADDED = ("practice", "membership", "absence", "reset", "closure", "skipped_step")

COURSE = {
    "planned": {"claimed", "cancelled", "superseded"},
    "claimed": {"sending", "planned", "in_doubt", "cancelled", "superseded", "failed", "deferred"},
    "sending": {"sent", "deferred", "failed", "in_doubt"},
    "deferred": {"claimed", "cancelled", "superseded"},
    "in_doubt": {"claimed", "cancelled", "superseded", "sent", "failed", "deferred"},
    "cancelled": {"planned"},
    "superseded": {"planned"},
    "failed": {"planned", "cancelled", "superseded"},
    "sent": set(),
}
"""How a mail may go from state to state. In doubt becomes sent if the answer comes after all."""

PUT_BACK = {"planned": {"deferred", "in_doubt"}, "cancelled": {"deferred", "in_doubt"}}
"""Where a mail may go besides while an import is taken back: it becomes what it was before."""

WAITING = ("planned", "claimed", "sending", "sent", "deferred", "in_doubt", "failed")
LONGEST_CLOSED = timedelta(days=60)


def watch(life: Life) -> None:
    """Have the database itself note each change of a state, of what admins decide, and of what is never changed."""
    life.raw.executescript(
        "create table moved (id integer primary key, reminder integer, old text, new text);"
        "create table decided (id integer primary key, what text);"
        "create table rewritten (id integer primary key, what text);"
        "create trigger t1 after update of state on reminder when old.state <> new.state begin"
        " insert into moved (reminder, old, new) values (old.id, old.state, new.state); end;"
        "create trigger t2 after update on event begin insert into rewritten (what) values ('event'); end;"
        "create trigger t3 after delete on event begin insert into rewritten (what) values ('event'); end;"
        "create trigger t4 after update on reset begin insert into rewritten (what) values ('reset'); end;"
        + "".join(
            f"create trigger u_{table} after update of {columns} on {table} begin"
            f" insert into decided (what) values ('{table}'); end;"
            for table, columns in WATCHED.items()
        )
        + "".join(
            f"create trigger i_{table} after insert on {table} begin"
            f" insert into decided (what) values ('{table}'); end;"
            for table in ADDED
        )
    )


def scalar(life: Life, query: str, *values: Any) -> Any:
    row = life.raw.execute(query, values).fetchone()
    return row[0] if row else None


def history_length(life: Life) -> tuple[int, int]:
    """How much was decided, and how many lines tell of it."""
    return (
        scalar(life, "select coalesce(max(id), 0) from decided"),
        scalar(life, "select coalesce(max(id), 0) from event"),
    )


def after_an_act(life: Life, before: tuple[int, int], *, by_somebody: bool) -> Iterator[str]:
    """(8) Whoever decides something leaves a line in the history."""
    decided, told = history_length(life)
    if by_somebody and decided > before[0] and told == before[1]:
        what = [row[0] for row in life.raw.execute("select what from decided where id > ?", [before[0]])]
        yield f"(8) {life.doing} changed {sorted(set(what))} and no line tells of it"


def of_states(life: Life) -> Iterator[str]:
    """(7) States move only along their course. (9) What was recorded is never rewritten."""
    for row in life.raw.execute("select * from moved").fetchall():
        may_be = COURSE[row["old"]] | (PUT_BACK.get(row["old"], set()) if life.doing == "take_import_back" else set())
        if row["new"] not in may_be:
            yield f"(7) mail {row['reminder']} went from {row['old']} to {row['new']}"
    life.raw.execute("delete from moved")
    for row in life.raw.execute("select distinct what from rewritten").fetchall():
        yield f"(9) a row of {row['what']} was rewritten"


def of_a_mail(life: Life, sent: Sent, earlier: list[Sent]) -> Iterator[str]:
    """What must hold of a mail in the moment in which the server takes it."""
    taken = sent.taken
    row = life.raw.execute("select * from reminder where id = ?", [taken.reminder_id]).fetchone()
    practice = life.raw.execute("select * from practice where id = ?", [row["practice_id"]]).fetchone()
    admins = {
        found[0]
        for found in life.raw.execute(
            "select email from admin a join admin_role r on r.admin_id = a.id where r.practice_id = ?",
            [row["practice_id"]],
        )
    }
    if row["state"] != "sending":
        yield f"mail {row['id']} left while it was {row['state']}"
    if taken.to != row["recipient"]:
        yield f"mail {row['id']} went to {taken.to}, not to {row['recipient']}"
    if (row["trial"] or row["kind"] in {"digest", "escalation", "coverage"}) and taken.to not in admins:
        yield f"(12) mail {row['id']} ({row['kind']}) went to {taken.to}, who is no admin of its practice"
    if row["kind"] in {"warning", "expired", "ask"} and not row["trial"]:
        yield from _about_the_clock(life, sent, earlier, row, practice)
    if row["kind"] in {"digest", "escalation"}:
        yield from _of_others(life, sent, row)


def _about_the_clock(life: Life, sent: Sent, earlier: list[Sent], row: Any, practice: Any) -> Iterator[str]:
    person = life.raw.execute("select * from person where id = ?", [row["person_id"]]).fetchone()
    expires = expiry_of(life, row["person_id"])
    cycle = date.fromisoformat(row["cycle_on"])
    if row["kind"] != "ask" and cycle != expires:
        yield f"(2) mail {row['id']} is about the cycle to {cycle}, but {expires} counts"
    if row["kind"] == "ask" and expires is not None:
        yield f"(2) mail {row['id']} asks for a date that is known"
    if person["home_id"] is None:
        yield f"(4) mail {row['id']} went to somebody who has left"
    if sent.taken.to not in {person["email"], person["second_email"]}:
        yield f"(12) mail {row['id']} went to an address that its person does not have"
    day = oracle.date_at(sent.at, practice["zone"])
    for other in earlier:
        if other.taken.to != sent.taken.to:
            continue
        known = life.raw.execute("select * from reminder where id = ?", [other.taken.reminder_id]).fetchone()
        if (
            known is not None
            and known["person_id"] == row["person_id"]
            and known["kind"] in {"warning", "expired", "ask"}
            and not known["trial"]
            and oracle.date_at(other.at, practice["zone"]) == day
            and not {row["id"], known["id"]} & life.by_hand
            and known["in_doubt_at"] is None
            and row["in_doubt_at"] is None
        ):
            yield f"(3) mails {known['id']} and {row['id']} went to {sent.taken.to} on {day}"


def _of_others(life: Life, sent: Sent, row: Any) -> Iterator[str]:
    """(12) Who is named to the admins of a practice is, or was, in it."""
    here = {
        found[0]
        for found in life.raw.execute(
            "select name from person p join membership m on m.person_id = p.id where m.practice_id = ?",
            [row["practice_id"]],
        )
    }
    for name in set(re.findall(rf"Pat Qx{life.seed}n\d+z", sent.taken.text)) - here:
        yield f"(12) mail {row['id']} to practice {row['practice_id']} names {name}"


def expiry_of(life: Life, person_id: int) -> date | None:
    """(6) The date that follows from the resets and the rule, by our own reading of both."""
    rows = life.raw.execute("select * from reset where person_id = ? order by id", [person_id]).fetchall()
    undone = {row["undoes_id"] for row in rows}
    standing = [row for row in rows if row["undoes_id"] is None and row["id"] not in undone]
    if not standing:
        return None
    versions = [
        (date.fromisoformat(row["effective_from"]), row["days"])
        for row in life.raw.execute("select * from rule where key = 'ia'")
    ]
    return oracle.expiry(date.fromisoformat(standing[-1]["reset_on"]), versions)


def of_dates(life: Life) -> Iterator[str]:
    for person in life.raw.execute("select id, expires_on from person").fetchall():
        expires = expiry_of(life, person["id"])
        if (expires.isoformat() if expires else None) != person["expires_on"]:
            yield f"(6) person {person['id']} expires on {person['expires_on']}, not {expires}"


def of_the_ledger(life: Life) -> Iterator[str]:
    """(11) A mail counts as sent if and only if the server said that it took it."""
    # In doubt is who died before the answer was kept; `sending`, until the lease ends.
    unsent = "select id, state from reminder where in_doubt_at is null and state not in ('sent', 'sending')"
    states = {row["id"]: row["state"] for row in life.raw.execute(unsent)}
    for sent in life.sent:
        if sent.taken.certain and sent.taken.reminder_id in states:
            yield f"(11) mail {sent.taken.reminder_id} was taken, and counts as {states[sent.taken.reminder_id]}"
    for row in life.raw.execute(
        """select r.id from reminder r where r.state = 'sent' and not exists (select 1 from attempt a
           where a.reminder_id = r.id and a.outcome = 'accepted' and a.code between 200 and 299 and a.reply <> '')"""
    ).fetchall():
        yield f"(11) mail {row[0]} counts as sent without the server's word"


def of_steps(life: Life) -> Iterator[str]:
    """(1) Each step that is due has exactly one mail, and each question; after a pass that went through."""
    homes = {row["id"]: row for row in life.raw.execute("select * from practice").fetchall()}
    closures: dict[int, set[date]] = defaultdict(set)
    for row in life.raw.execute("select * from closure").fetchall():
        closures[row["practice_id"]].add(date.fromisoformat(row["closed_on"]))
    for person in life.raw.execute("select * from person where home_id is not null").fetchall():
        home = homes[person["home_id"]]
        if home["mode"] == "live" and person["expires_on"] is not None:
            yield from _steps_of(life, person, home, closures[home["id"]])
    for row in life.raw.execute(
        """select person_id, cycle_on, step, count(*) as times, group_concat(id) as ids from reminder
           where kind in ('warning', 'expired', 'ask') and not trial and step is not null
             and state not in ('cancelled', 'superseded', 'failed')
           group by person_id, cycle_on, step having count(*) > 1"""
    ).fetchall():
        if life.by_hand.isdisjoint(map(int, row["ids"].split(","))):
            yield f"(1) person {row['person_id']} has {row['times']} mails for step {row['step']} of {row['cycle_on']}"


def _steps_of(life: Life, person: Any, home: Any, closed: set[date]) -> Iterator[str]:
    expires = date.fromisoformat(person["expires_on"])
    away = [
        (date.fromisoformat(row["from_on"]), date.fromisoformat(row["to_on"]) if row["to_on"] else None)
        for row in life.raw.execute("select * from absence where person_id = ? and cleared_at is null", [person["id"]])
    ]
    skipped = {
        row[0]
        for row in life.raw.execute(
            "select step from skipped_step where person_id = ? and cycle_on = ?", [person["id"], person["expires_on"]]
        )
    }
    ladder = [int(step) for step in home["ladder"].split(",")]
    send = time.fromisoformat(home["send_time"])
    placed = oracle.step_days(expires, ladder, closed, away)
    reached = [
        step
        for day, step in placed.items()
        if step not in skipped and oracle.at_local(day, send, home["zone"]) <= life.wall
    ]
    states = defaultdict(set)
    for row in life.raw.execute(
        """select step, state from reminder where person_id = ? and cycle_on = ? and not trial
           and kind in ('warning', 'expired') and step is not null""",
        [person["id"], person["expires_on"]],
    ):
        states[row["step"]].add(row["state"])
    for step in reached:
        if not states[step]:
            yield f"(1) person {person['id']}: step {step} of {expires} is due and has no mail"
    today = oracle.date_at(life.wall, home["zone"])
    silent = any(first <= today and last is None for first, last in away) or person["email_refused_at"] is not None
    # A later step may have gone already, when the clock or the ladder stood otherwise.
    standing = {state for step in placed.values() if reached and step <= reached[-1] for state in states[step]}
    if reached and not silent and not standing & set(WAITING):
        yield f"(1) person {person['id']}: the step that stands, {reached[-1]} of {expires}, is {states[reached[-1]]}"


def of_deadlines(life: Life) -> Iterator[str]:
    """(10) After passes that went through, nothing waits whose time has come, unless the queue is held and says so."""
    now = life.wall.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    for row in life.raw.execute(
        """select id, state, next_at from reminder where state in ('planned', 'deferred', 'in_doubt')
           and next_at < ?""",
        [now],
    ).fetchall():
        yield f"(10) mail {row['id']} is {row['state']} since {row['next_at']}"
    for row in life.raw.execute("select id from reminder where lease_until < ?", [now]).fetchall():
        yield f"(10) mail {row['id']} is held by nobody"
    for row in life.raw.execute("select * from reminder where state = 'deferred'").fetchall():
        if not life.clock_was_wrong and instant_of(row["next_at"]) - life.wall > LONGEST_CLOSED:
            yield f"(10) mail {row['id']} waits until {row['next_at']}"


def of_records(life: Life) -> Iterator[str]:
    """The checker of the records finds nothing, as long as the clock was never far off."""
    if not life.clock_was_wrong:
        with life.store.read() as connection:
            yield from (f"reconcile: {difference}" for difference in reconcile.differences(connection))
