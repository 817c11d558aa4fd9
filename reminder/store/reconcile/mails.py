"""Compares each mail with itself and with what it is about: names, times, windows, words, cycles."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from reminder.store.reconcile.records import LONGEST_CLOSED, ONE_DAY, PASS_SLACK, Known, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOCK_SLACK = timedelta(hours=26)
"""By how much the times of one row may contradict each other: a clock that was set back this far is believed."""

LEASE_SECONDS = 15 * 60
ENDS = {"sent": "sent_at", "failed": "failed_at", "cancelled": "cancelled_at", "superseded": "superseded_at"}
ABOUT_THE_CLOCK = frozenset({"warning", "expired", "ask"})
ABOUT_A_PRACTICE = frozenset({"escalation", "digest", "coverage"})


def compare(known: Known, row: Record) -> Iterator[str]:
    """Give what does not agree about one mail, and note what is compared over all of them."""
    if row["kind"] in ABOUT_THE_CLOCK:
        if None in {row["person_id"], row["cycle_on"]} or (row["step"] is None and _asked_on(row) is None):
            yield "a mail about a clock lacks its person, cycle or step"
            return
        yield from _clock(known, row)
    yield from _names(row)
    yield from _times(known, row)
    if row["state"] in {"planned", "deferred", "in_doubt"}:
        yield from _window(known, row)
        yield from _addressee(known, row)
    if None not in (row["content"], row["frozen_on"], row["frozen_at"], row["message_id"]):
        yield from _frozen(row)


def _clock(known: Known, row: Record) -> Iterator[str]:
    """Compare a mail about a clock with its step and with the resets of its person."""
    asking = row["kind"] == "ask"
    if not row["trial"]:
        if row["step"] is not None:
            known.steps[row["person_id"], row["cycle_on"]].add(row["step"])
        if row["sent_at"] is not None and row["sent_at"] >= known.zone_since.get(row["practice_id"], row["sent_at"]):
            day = known.day(row["sent_at"], row["practice_id"])
            known.sent_days[row["person_id"], row["recipient"], day].append((row["id"], row["in_doubt_at"] is None))
    asked_on = _asked_on(row)
    is_after = row["step"] < 0 if asked_on is None else row["cycle_on"].isoformat() < asked_on
    if (row["kind"] == "expired") != is_after:
        yield "a mail's kind is not that of its step"
    if row["urgent_on"] != row["cycle_on"] + ONE_DAY * (30 if asking else 0):
        yield "a mail is more or less urgent than what it is about"
    if asking:
        return
    mine = [reset for reset in known.resets[row["person_id"]] if reset["undoes_id"] is None]
    began = [reset["recorded_at"] for reset in mine if row["cycle_on"] in known.ends_of(reset)]
    if not began:
        yield "a mail is about a cycle that no reset began"
    elif row["planned_at"] < min(began) - CLOCK_SLACK:
        yield "a mail was planned before its cycle began"
    elif row["state"] == "sent" and row["sending_at"] is not None and not _stood(known, row):
        yield "a mail went about a cycle that had been reset"


def _asked_on(row: Record) -> str | None:
    """Return the day on which an admin asked for a mail that is no step, as its key says it; None for a step."""
    named = _named(row)
    return named[1] if named else None


def _named(row: Record) -> re.Match[str] | None:
    """Return the day, and the number of the event if there is one, in the key of a mail that is no step."""
    found = re.fullmatch(r"(?:trial/)?now/\d+/(\d{4}-\d\d-\d\d)((?:/\d+)?)/.*", row["key"])
    return found if row["step"] is None else None


def _stood(known: Known, row: Record) -> bool:
    """Tell whether the mail's cycle was the one that counted when it went, or minutes before."""
    for at in (row["sending_at"], row["sending_at"] - timedelta(minutes=5)):
        seen = [reset for reset in known.resets[row["person_id"]] if reset["recorded_at"] <= at]
        undone = {reset["undoes_id"] for reset in seen}
        counting = [reset for reset in seen if reset["undoes_id"] is None and reset["id"] not in undone]
        if counting and row["cycle_on"] in known.ends_of(counting[-1]):
            return True
    return False


def _names(row: Record) -> Iterator[str]:
    """Compare a mail with its key."""
    trial = "trial/" if row["trial"] else ""
    kind, cycle, to = row["kind"], row["cycle_on"], row["recipient"]
    meant = row["key"] if row["key"].endswith(f"/{to}") else ""
    if kind in ABOUT_THE_CLOCK:
        family = "ask" if kind == "ask" else "clock"
        asked, who = _named(row), row["person_id"]
        about = f"now/{who}/{asked[1]}{asked[2]}" if asked else f"{family}/{who}/{cycle}/{row['step']}"
        meant = f"{trial}{about}/{to}"
    elif kind in ABOUT_A_PRACTICE:
        meant = f"{trial}{kind}/{row['practice_id']}/{cycle}/{to}"
    elif kind == "receipt":
        meant = f"receipt/{row['details'].get('reset_id')}/{to}"
    if row["key"] != meant:
        yield "a mail is about something else than its key says"


def _times(known: Known, row: Record) -> Iterator[str]:
    """Compare the times of a mail with each other."""
    times = [value for name, value in row.items() if name.endswith("_at") and name not in {"next_at", "closes_at"}]
    if any(value > known.as_of + CLOCK_SLACK for value in times if value is not None):
        yield "a mail has a time that is yet to come"
    course = [row["planned_at"]]
    if row["state"] in {"claimed", "sending", "sent"}:
        course += [row["claimed_at"]] + ([] if row["state"] == "claimed" else [row["sending_at"]])
    course += [row[ENDS[row["state"]]]] if row["state"] in ENDS else []
    if None not in course and any(later < earlier - CLOCK_SLACK for earlier, later in pairwise(course)):
        yield "a mail's times are not in order"
    begun = {"claimed": row["claimed_at"], "sending": row["sending_at"]}.get(row["state"])
    if begun is not None and row["lease_until"] is not None:
        if abs((row["lease_until"] - begun).total_seconds() - LEASE_SECONDS) > 1:
            yield "a lease is not as long as leases are"
        if row["lease_until"] < known.last_tick - PASS_SLACK and not known.held:
            yield "a sender that is gone still holds a mail"


def _window(known: Known, row: Record) -> Iterator[str]:
    """Compare a mail that is still to go with its window."""
    next_at, closes_at = row["next_at"], row["closes_at"]
    windowed = row["kind"] in ABOUT_THE_CLOCK | ABOUT_A_PRACTICE
    if next_at is None:
        waits_for_somebody = row["state"] == "in_doubt" and row["doubts"] > 1
        if not waits_for_somebody and not _pending(known, row):
            yield "a mail waits without a time"
    elif closes_at is None:
        if windowed and row["state"] != "in_doubt" and row["reason"] != "sent again by hand":
            yield "a mail waits without a window"
        begun = max(filter(None, (row[name] for name in ("planned_at", "deferred_at", "in_doubt_at"))))
        if abs(next_at - begun) > CLOCK_SLACK:
            yield "a mail waits for another time than its own"
    elif not timedelta(0) < closes_at - next_at <= (timedelta(hours=25) if windowed else 366 * ONE_DAY):
        yield "a mail waits for a time outside its window"
    elif next_at > known.as_of + LONGEST_CLOSED or (closes_at < known.last_tick - ONE_DAY and not known.held):
        yield "a mail waits for too long"


def _pending(known: Known, row: Record) -> bool:
    """Tell whether the next pass will look at the clock that the mail is about, and settle it."""
    person = known.people.get(row["person_id"])
    return person is not None and person["next_step_at"] is not None and person["next_step_at"] <= known.as_of


def _addressee(known: Known, row: Record) -> Iterator[str]:
    """Compare a mail about a clock that is still to go with whom it goes to, and for whom."""
    person = known.people.get(row["person_id"])
    if person is None or row["kind"] not in ABOUT_THE_CLOCK or row["trial"] or _pending(known, row):
        return
    if row["recipient"] not in {person["email"], person["second_email"]}:
        yield "a mail waits for an address that the person does not have"
    if row["practice_id"] != person["home_id"]:
        yield "a mail waits in a practice that is not the person's home"


def _frozen(row: Record) -> Iterator[str]:
    """Compare the frozen words of a mail with what it is about."""
    said, frozen_on = row["content"], row["frozen_on"]
    named = re.match(r"<reminder\.(\d+)\.(\d+)@", row["message_id"])
    if named is None or int(named[1]) != row["id"] or not 0 < int(named[2]) <= row["fence"]:
        yield "a mail has a Message-ID that is not its own"
    if said.get("today") != frozen_on.isoformat() or abs(row["frozen_at"].date() - frozen_on) > ONE_DAY:
        yield "a mail was frozen on another day than it says"
    if row["kind"] in {"warning", "expired"}:
        left = (row["cycle_on"] - frozen_on).days
        if said.get("expires_on") != row["cycle_on"].isoformat() or said.get("days_left") != left:
            yield "a mail says another date than that of its cycle"
