"""How long a password lives: plain calendar days from the day it was reset, by the rule in force on that day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reminder.policy.model import Rule


def lifetime_days(rule: Rule, reset_on: date) -> int:
    """Return the days a password reset on `reset_on` lives: the newest version in force by then counts."""
    days = rule.versions[0].days
    for version in rule.versions:
        if version.effective_from <= reset_on:
            days = version.days
    return days


def longest_lifetime_days(rule: Rule) -> int:
    """Return the most days any version of the rule gives."""
    return max(version.days for version in rule.versions)


def expires_on(rule: Rule, reset_on: date) -> date:
    """Return the expiry date of a password that was reset on `reset_on`."""
    return reset_on + timedelta(days=lifetime_days(rule, reset_on))


def last_safe_on(expiry: date) -> date:
    """Return the last safe day: whether one can still sign in on the expiry date itself is unknown."""
    return expiry - timedelta(days=1)


def days_left(expiry: date, today: date) -> int:
    """Return the whole days from `today` to the expiry date; negative after it."""
    return (expiry - today).days


def reset_on_from_days_left(rule: Rule, left: int, as_of: date) -> date:
    """Return the reset date of a password that I&A showed to have `left` days left on `as_of`.

    The newest version whose reset date, up to `as_of`, it would itself have governed wins; without one, the oldest.
    """
    expiry = as_of + timedelta(days=left)
    for version in reversed(rule.versions):
        reset_on = expiry - timedelta(days=version.days)
        if version.effective_from <= reset_on <= as_of and lifetime_days(rule, reset_on) == version.days:
            return reset_on
    return expiry - timedelta(days=rule.versions[0].days)
