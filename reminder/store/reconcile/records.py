"""The records as plain values, gathered by own SQL, for comparing them with each other.

What is late is judged by the latest instant that the records themselves speak of, so that an installation that was
switched off for a month shows no difference.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

Record = dict[str, Any]

ONE_DAY = timedelta(days=1)
PASS_SLACK = timedelta(hours=1)
"""How long after its time something may be looked at: a pass runs each minute, but may take long."""

LONGEST_CLOSED = timedelta(days=60)
"""No practice is closed for longer at a stretch, so nothing waits for longer."""


@dataclass(kw_only=True)
class Known:
    """What single rows are compared with. `as_of`: the latest instant that anything recorded; `by_hand`: who was sent
    a mail again by an admin; `zone_since`: when a practice's time zone was last changed. The last two are filled in while the mails are compared: which steps of a cycle have one
    (or were skipped), and which mails went on one day, each with whether it certainly went once.
    """

    as_of: datetime
    last_tick: datetime
    held: bool
    practices: dict[int, Record]
    people: dict[int, Record]
    resets: dict[int, list[Record]]
    rule: list[Record]
    away: set[int]
    by_hand: set[int]
    zone_since: dict[int, datetime]
    steps: dict[tuple[int, date], set[int]]
    sent_days: dict[tuple[int, str, date], list[tuple[int, bool]]] = field(default_factory=lambda: defaultdict(list))

    def end_of(self, reset: Record) -> date:
        """Return the expiry date of a reset by the rule as it stands now."""
        days = [version["days"] for version in self.rule if version["effective_from"] <= reset["reset_on"]]
        end: date = reset["reset_on"] + ONE_DAY * (days[-1] if days else self.rule[0]["days"])
        return end

    def ends_of(self, reset: Record) -> set[date]:
        """Return the expiry dates that a reset can have had while the rule stood otherwise."""
        return {reset["reset_on"] + ONE_DAY * version["days"] for version in self.rule}

    def day(self, moment: datetime, practice_id: int) -> date:
        """Return the local date of an instant in a practice; in UTC if its zone is none."""
        return moment.astimezone(zone_of(self.practices[practice_id]) or UTC).date()


def zone_of(practice: Record) -> ZoneInfo | None:
    """Return a practice's time zone; None if it is none."""
    try:
        return ZoneInfo(practice["zone"])
    except (ValueError, ZoneInfoNotFoundError):
        return None


def ladder_of(practice: Record) -> list[int]:
    """Return a practice's ladder; none if it cannot be read."""
    try:
        return [int(step) for step in practice["ladder"].split(",")]
    except ValueError:
        return []


def rows(connection: Connection, query: str) -> Iterator[Record]:
    """Give rows as plain values: SQLite hands over dates, times and JSON as text."""
    for row in connection.execute(text(query), execution_options={"yield_per": 1000}).mappings():
        yield {name: _plain(name, value) for name, value in row.items()}


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - any column
    if value is None:
        return None
    if name.endswith(("_at", "_until")):
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if name.endswith("_on") or name == "effective_from":
        return date.fromisoformat(value) if isinstance(value, str) else value
    if name in {"details", "content", "before", "after", "detail"}:
        return json.loads(value) if isinstance(value, str) else value
    return value


def gather(connection: Connection) -> Known:
    """Read what rows are compared with."""
    resets = defaultdict(list)
    for row in rows(connection, "select * from reset order by id"):
        resets[row["person_id"]].append(row)
    system = {row["key"]: row["value"] for row in rows(connection, "select key, value from system")}
    last_tick = datetime.fromisoformat(system.get("last_tick_at", "2000-01-01T00:00:00+00:00"))
    newest = [row["newest_at"] for row in rows(connection, "select max(happened_at) as newest_at from event")]
    resent = rows(connection, "select person_id from event where action = 'mail.resent' and person_id is not null")
    changed = rows(connection, "select * from event where action = 'practice.schedule' order by happened_at")
    zone_since = {row["practice_id"]: row["happened_at"] for row in changed if "zone" in row["detail"]["after"]}
    skipped = defaultdict(set)
    for row in rows(connection, "select person_id, cycle_on, step from skipped_step"):
        skipped[row["person_id"], row["cycle_on"]].add(row["step"])
    return Known(
        as_of=max([last_tick, *filter(None, newest)]),
        last_tick=last_tick,
        held="hold" in system,
        practices={row["id"]: row for row in rows(connection, "select * from practice")},
        people={row["id"]: row for row in rows(connection, "select * from person")},
        resets=resets,
        rule=list(rows(connection, "select * from rule order by effective_from")),
        away={row["person_id"] for row in rows(connection, "select person_id from absence")},
        by_hand={row["person_id"] for row in resent},
        zone_since=zone_since,
        steps=skipped,
    )
