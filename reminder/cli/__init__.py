"""The command `reminder`: one file per group of commands, each a few lines over the jobs."""

from __future__ import annotations

import gc
import sys

GARBAGE = (10_000, 20, 100)
"""How often memory is searched for cycles: by default so often that a forecast for many people takes half as long again."""


def main() -> None:
    """Run the command line; an expected error becomes one line on stderr and its exit code."""
    from reminder.cli.app import app
    from reminder.errors import ReminderError

    gc.set_threshold(*GARBAGE)
    try:
        app()
    except ReminderError as error:
        sys.stderr.write(f"reminder: {error}\n")
        sys.exit(error.exit_code)
