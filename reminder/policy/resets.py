"""Rule 7: which reset counts, and which dates a person, an admin or a roster may name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.policy.expiry import longest_lifetime_days, reset_on_from_days_left

if TYPE_CHECKING:
    from datetime import date

    from reminder.policy.model import Rule


@dataclass(frozen=True, kw_only=True)
class KnownReset:
    """The reset that counts now, and the local date on which it was recorded."""

    reset_on: date
    recorded_on: date


@dataclass(frozen=True, kw_only=True)
class RosterClaim:
    """What one roster row says about a reset. `first_seen_on`: the day on which this very figure of days left, without
    an as-of date, was first imported for this person (None: never before).
    """

    reset_on: date | None = None
    days_left: int | None = None
    as_of: date | None = None
    first_seen_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """The verdict on a claim: the date to record, or None with the reason why nothing changes."""

    reset_on: date | None = None
    reason: str = ""
    stale: bool = False


def weigh_roster_claim(claim: RosterClaim, known: KnownReset | None, today: date, rule: Rule) -> Weighed:
    """Decide what an import may change: it is weaker than every other source.

    Of a date and days left that differ, the days left decide if they have an as-of date; of two that agree, either
    suffices.
    """
    by_date = _weigh_date(claim.reset_on, known)
    if claim.days_left is None:
        return by_date
    by_days_left = _weigh_days_left(claim, claim.days_left, known, today, rule)
    if claim.reset_on is None:
        return by_days_left
    if reset_on_from_days_left(rule, claim.days_left, claim.as_of or today) == claim.reset_on:
        return by_date if by_days_left.reset_on is None else by_days_left
    return by_date if claim.as_of is None else by_days_left


def _weigh_date(reset_on: date | None, known: KnownReset | None) -> Weighed:
    if reset_on is None:
        return Weighed(reason="the row names no date")
    if known is None or reset_on > known.reset_on:
        return Weighed(reset_on=reset_on)
    if reset_on == known.reset_on:
        return Weighed(reason="the same date is known")
    return Weighed(reason=f"a later reset is known ({known.reset_on})")


def _weigh_days_left(claim: RosterClaim, left: int, known: KnownReset | None, today: date, rule: Rule) -> Weighed:
    if claim.as_of is None and claim.first_seen_on is not None:
        reason = f"stale: {left} days left without an as-of date was imported on {claim.first_seen_on} already"
        return Weighed(reason=reason, stale=True)
    as_of = claim.as_of or today
    reset_on = reset_on_from_days_left(rule, left, as_of)
    if known is None:
        return Weighed(reset_on=reset_on)
    if reset_on == known.reset_on:
        return Weighed(reason="the same date is known")
    if as_of <= known.recorded_on:
        return Weighed(reason=f"the days left are as of {as_of}; the present reset was recorded on {known.recorded_on}")
    return Weighed(reset_on=reset_on)


def check_days_left(left: int, rule: Rule) -> int:
    """Return days left as I&A shows them, if they can be; raise UsageError outside 0 to the rule's days."""
    most = longest_lifetime_days(rule)
    if not 0 <= left <= most:
        message = f"days left: {left} cannot be; I&A shows 0 to {most}"
        raise UsageError(message)
    return left


def check_admin_date(reset_on: date, today: date) -> date:
    """Return the date if an admin may name it (any day up to today); raise UsageError otherwise."""
    if reset_on > today:
        message = f"reset date: {reset_on} is in the future; name the day of the reset, {today} at the latest"
        raise UsageError(message)
    return reset_on


def check_person_date(reset_on: date, today: date, last_reset_on: date | None) -> date:
    """Return the date if a person may name it through the link: after the last reset, up to today."""
    check_admin_date(reset_on, today)
    if last_reset_on is not None and reset_on <= last_reset_on:
        message = f"reset date: {reset_on} is not after your last recorded reset, {last_reset_on}; choose a later day"
        raise UsageError(message)
    return reset_on
