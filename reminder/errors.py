"""The errors a person may see: each message is one line that names the thing, the value and the cure."""

from __future__ import annotations


class ReminderError(Exception):
    """Something went wrong that the reader of the message can mend."""

    exit_code = 1


class UsageError(ReminderError):
    """A command, a form or a setting was given a value that cannot be used."""

    exit_code = 2


class UnreachableError(ReminderError):
    """The database or the mail server cannot be reached."""

    exit_code = 3
