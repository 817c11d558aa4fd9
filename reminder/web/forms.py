"""Reads what people choose and type in the forms."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from reminder.errors import UsageError

if TYPE_CHECKING:
    from reminder.errors import ReminderError

_FIELD = re.compile(r"[a-z][a-z _]*: ")
CHOICES = ("today", "yesterday", "date", "days_left")


def chosen_day(when: str, named: str, today: date) -> date:
    """Return the day of the reset that was chosen; raise UsageError if none was."""
    if when not in CHOICES:
        message = "Choose when you reset it, then press the button again."
        raise UsageError(message)
    if when == "date":
        return typed_day(named, "Choose the day on which you reset it.")
    return today if when == "today" else today - timedelta(days=1)


def typed_day(text: str, complaint: str) -> date:
    """Return the date in a date field; raise UsageError with the complaint if there is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(complaint) from None


def days_left_typed(text: str) -> int:
    """Return the days left that were typed; raise UsageError for anything but a number."""
    if not text.strip().isdecimal():
        message = "Type the number of days that I&A shows, such as 17."
        raise UsageError(message)
    return int(text)


def without_field(error: ReminderError) -> str:
    """Return an error's words without the name of the field in front, which the page shows itself."""
    text = str(error)
    found = _FIELD.match(text)
    text = text[found.end() :] if found else text
    return text[:1].upper() + text[1:]
