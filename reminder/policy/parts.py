"""The parts of a list of people that can be asked for, and which expiry dates alone put somebody into one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from reminder.policy.expiry import days_left
from reminder.policy.model import Status
from reminder.policy.status import lapses_while_away, status_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reminder.policy.model import Absence, Schedule

DUE_NOW_DAYS = 3
"""Of the people who are due, those with so few days left are due now, the others soon."""


class Part(StrEnum):
    """A part of a list: the statuses, `due` in two halves, and what cuts across them."""

    EVERYBODY = ""
    ATTENTION = "attention"
    EXPIRED = "expired"
    DUE = "due"
    DUE_NOW = "due_now"
    DUE_SOON = "due_soon"
    OK = "ok"
    UNKNOWN = "unknown"
    PAUSED = "paused"
    UNREACHABLE = "unreachable"


_ATTENTION = {Part.EVERYBODY, Part.ATTENTION}
HOLDING = {
    Part.EXPIRED: frozenset({Part.EXPIRED, *_ATTENTION}),
    Part.DUE_NOW: frozenset({Part.DUE_NOW, Part.DUE, *_ATTENTION}),
    Part.DUE_SOON: frozenset({Part.DUE_SOON, Part.DUE, *_ATTENTION}),
    Part.OK: frozenset({Part.OK, Part.EVERYBODY}),
    Part.UNKNOWN: frozenset({Part.UNKNOWN, *_ATTENTION}),
    Part.PAUSED: frozenset({Part.PAUSED, Part.EVERYBODY}),
}
"""Every part that holds somebody who is in one of these, of which each person is in exactly one."""

BY_DATE = (Part.EXPIRED, Part.DUE_NOW, Part.DUE_SOON, Part.OK, Part.UNKNOWN)
"""Those of them in which the expiry date alone puts somebody who is never away."""


@dataclass(frozen=True, kw_only=True)
class Dates:
    """Expiry dates: those after `after` up to `upto` unless not `dated`, and that of nobody knows when if `undated`."""

    after: date | None = None
    upto: date | None = None
    dated: bool = True
    undated: bool = False

    def hold(self, day: date | None) -> bool:
        """Tell whether a date is among them."""
        if day is None:
            return self.undated
        return self.dated and (self.after is None or day > self.after) and (self.upto is None or day <= self.upto)


def dates_of(part: Part, today: date, until: date) -> Dates | None:
    """Return the expiry dates that put somebody who is never away into a part; None if no date does.

    `until` is the last expiry date that is due on `today` (`status.due_until`).
    """
    soon = min(today + timedelta(days=DUE_NOW_DAYS), until)
    return {
        Part.EVERYBODY: Dates(undated=True),
        Part.ATTENTION: Dates(upto=until, undated=True),
        Part.EXPIRED: Dates(upto=today),
        Part.DUE: Dates(after=today, upto=until),
        Part.DUE_NOW: Dates(after=today, upto=soon),
        Part.DUE_SOON: Dates(after=soon, upto=until),
        Part.OK: Dates(after=until),
        Part.UNKNOWN: Dates(dated=False, undated=True),
    }.get(part)


def parts_of(
    expires_on: date | None, today: date, schedule: Schedule, away: Sequence[Absence] = (), *, reachable: bool = True
) -> frozenset[Part]:
    """Return every part that holds a person; `today` and `schedule` are their home's."""
    status = status_of(expires_on, today, schedule, away)
    part = Part(status)
    if status is Status.DUE and expires_on is not None:
        part = Part.DUE_NOW if days_left(expires_on, today) <= DUE_NOW_DAYS else Part.DUE_SOON
    found = HOLDING[part]
    if not reachable:
        found |= {Part.UNREACHABLE, Part.ATTENTION}
    if lapses_while_away(expires_on, today, away):
        found |= {Part.ATTENTION}
    return found
