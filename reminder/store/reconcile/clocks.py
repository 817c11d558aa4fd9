"""Compares clocks with resets, steps with mails, and imports with what they changed."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from reminder.store.reconcile.records import (
    LONGEST_CLOSED,
    ONE_DAY,
    PASS_SLACK,
    Known,
    Record,
    ladder_of,
    rows,
    zone_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sqlalchemy import Connection


def compare(connection: Connection, known: Known) -> Iterator[tuple[str, int]]:
    """Give what does not agree, each with the number of the row; the mails have been compared before."""
    yield from _practices(known)
    yield from _people(known)
    yield from _days(known)
    yield from _imports(connection, known)


def _practices(known: Known) -> Iterator[tuple[str, int]]:
    for key, practice in known.practices.items():
        ladder = ladder_of(practice)
        if not ladder or ladder != sorted(set(ladder), reverse=True):
            yield "a practice's ladder is none", key
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", practice["send_time"]):
            yield "a practice's send time is none", key
        if zone_of(practice) is None:
            yield "a practice's time zone is none", key
        at = practice["next_check_at"]
        if at is not None and not known.last_tick - PASS_SLACK < at < known.as_of + LONGEST_CLOSED:
            yield "a practice is looked at too late", key


def _people(known: Known) -> Iterator[tuple[str, int]]:
    for key, person in known.people.items():
        standing = next((row for row in known.resets[key] if row["id"] == person["reset_id"]), None)
        if standing is not None and known.rule:
            if person["expires_on"] != known.end_of(standing):
                yield "a person's expiry date is not the reset's plus the rule's days", key
            if person["known_on"] is None or abs(person["known_on"] - standing["recorded_at"].date()) > ONE_DAY:
                yield "a person's date became known on another day than it was recorded", key
        if person["next_step_at"] is not None and person["next_step_at"] < known.last_tick - PASS_SLACK:
            yield "a person's clock was due and nobody looked", key
        yield from ((what, key) for what in _ahead(known, key, person))


def _ahead(known: Known, key: int, person: Record) -> Iterator[str]:
    """Compare what is still to come for a person with when their clock is looked at next."""
    home = known.practices.get(person["home_id"])
    at = person["next_step_at"]
    if home is None or home["mode"] != "live" or (at is not None and at <= known.as_of):
        return
    if person["expires_on"] is not None:
        yield from _steps(known, key, person, home)
    elif at is None and person["registered_at"] + 13 * ONE_DAY > known.as_of:
        yield "nobody will ask a person for their date again"


def _steps(known: Known, key: int, person: Record, home: Record) -> Iterator[str]:
    """Compare the steps of a cycle with its mails. Steps up to day 0 only ever move to earlier days, others later."""
    recorded = known.steps[key, person["expires_on"]]
    today, bounds = known.day(known.last_tick, home["id"]), []
    for step in ladder_of(home):
        day = person["expires_on"] - ONE_DAY * step
        if any(other <= step for other in recorded):
            continue
        if step >= 0 and day < today:
            yield "a step was reached and has no mail"
        if day > today:
            bounds.append(day + (2 * ONE_DAY if step >= 0 else LONGEST_CLOSED))
    at = person["next_step_at"]
    if bounds and key not in known.away and (at is None or at.date() > min(bounds)):
        yield "a person's clock is looked at too late, or never"


def _days(known: Known) -> Iterator[tuple[str, int]]:
    for (person_id, _, _), sent in known.sent_days.items():
        if sum(once for _, once in sent) > 1 and person_id not in known.by_hand:
            yield "two mails about a clock went on one day", sent[-1][0]


def _imports(connection: Connection, known: Known) -> Iterator[tuple[str, int]]:
    """Compare what an import counted with what it changed, and when it saw figures.

    One that was taken back keeps no changes of whom it leaves, and hands others over to the import after it.
    """
    joined: dict[int, list[bool]] = defaultdict(list)
    for change in rows(connection, "select import_id, after from import_change"):
        if "imports" not in change["after"]:
            joined[change["import_id"]].append("joined" in change["after"])
    seen_on: dict[int, date] = {}
    for row in rows(connection, "select * from roster_import"):
        seen_on[row["id"]] = known.day(row["imported_at"], row["practice_id"])
        if row["undone_at"] is None and (row["added"], row["updated"]) != (
            sum(joined[row["id"]]),
            sum(not new for new in joined[row["id"]]),
        ):
            yield "an import counted other rows than it changed", row["id"]
    for row in rows(connection, "select person_id, first_seen_on, import_id from reading"):
        # The practice may have had another time zone then.
        if abs(row["first_seen_on"] - seen_on[row["import_id"]]) > ONE_DAY:
            yield "a figure was seen on another day than it was imported", row["person_id"]
