"""Why a mail goes on its day, in a few words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from reminder.mail.wording import shortdate
from reminder.policy.business_days import closed_because
from reminder.policy.model import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from reminder.jobs.forecast import Forecast
    from reminder.policy.model import Schedule

REASONS = {
    Kind.ASK: "no date is known yet",
    Kind.DIGEST: "once a week, also when all is well",
    Kind.COVERAGE: "the last AO or AM login is about to lapse",
}


def why(mail: Forecast, schedule: Schedule, names: Mapping[int, str]) -> str:
    """Return why a foretold mail goes, and why on that day, such as `7 days before Dec 10; moved from Sun, Dec 3
    (weekend)`; `names` are those of the people whom a mail to the admins is about.
    """
    if mail.kind is Kind.ESCALATION:
        return "about " + ", ".join(names[key] for key in mail.about if key in names)
    if mail.expires_on is None or mail.step is None or mail.placed_on is None:
        return REASONS.get(mail.kind, "already planned")
    falls_on = mail.expires_on - timedelta(days=mail.step)
    words = _distance(mail.step, mail.expires_on)
    if mail.local.date() > mail.placed_on:
        return f"{words}; did not go on {shortdate(str(mail.placed_on))}"
    if falls_on != mail.placed_on:
        cause = closed_because(falls_on, schedule.closures) or "away"
        return f"{words}; moved from {shortdate(str(falls_on))} ({cause})"
    return words


def _distance(step: int, expires_on: date) -> str:
    """Return how far a step lies from the expiry date."""
    day = f"{expires_on:%b} {expires_on.day}"
    if step == 0:
        return f"on the expiry date, {day}"
    days = "1 day" if abs(step) == 1 else f"{abs(step)} days"
    return f"{days} before {day}" if step > 0 else f"{days} after {day}"
