"""The rules that make clocks run: data with the dates from which they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from reminder.errors import UsageError
from reminder.policy.expiry import expires_on
from reminder.policy.model import Rule, RuleVersion
from reminder.store import people, planning
from reminder.store.statements import insert_new
from reminder.store.tables import person, rule

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

IA = "ia"
"""The key of the one rule that is shipped: the I&A password."""


_versions = select(rule).where(rule.c.key == bindparam("which")).order_by(rule.c.effective_from)


def load(connection: Connection, key: str = IA) -> Rule:
    """Return a rule with all its versions; raise UsageError if the database knows none."""
    rows = connection.execute(_versions, {"which": key}).all()
    if not rows:
        message = f"rule: {key!r} is not in the database; run: reminder db upgrade"
        raise UsageError(message)
    versions = tuple(RuleVersion(effective_from=row.effective_from, days=row.days) for row in rows)
    newest = rows[-1]
    return Rule(key=key, kind=newest.kind, versions=versions, source=newest.source, checked_on=newest.checked_on)


def add_version(
    connection: Connection,
    version: RuleVersion,
    *,
    kind: str,
    source: str,
    checked_on: date,
    now: datetime,
    key: str = IA,
) -> None:
    """Add a version of a rule and move every cycle that it governs to its new expiry date."""
    row = {"key": key, "kind": kind, "source": source, "checked_on": checked_on}
    values = {**row, "effective_from": version.effective_from, "days": version.days}
    insert_new(connection, rule, [values], on=["key", "effective_from"])
    current = load(connection, key)
    known = connection.execute(
        select(person.c.id, person.c.reset_on, person.c.expires_on).where(person.c.reset_on >= version.effective_from)
    )
    ends = {found.id: (found.expires_on, expires_on(current, found.reset_on)) for found in known.all()}
    moved = {key: after for key, (before, after) in ends.items() if before != after}
    clocks = [{"person_id": key, "expires_on": after, "next_step_at": now} for key, after in moved.items()]
    people.set_clocks(connection, clocks)
    if moved:
        planning.keep_cycles(connection, moved, reason="the rule has changed", now=now)
