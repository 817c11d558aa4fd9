"""The command `reminder`: one file per group of commands, each a few lines over the jobs."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; an expected error becomes one line on stderr and its exit code."""
    from reminder.cli.app import app
    from reminder.errors import ReminderError

    try:
        app()
    except ReminderError as error:
        sys.stderr.write(f"reminder: {error}\n")
        sys.exit(error.exit_code)
