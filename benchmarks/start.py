"""P10: how long a command takes to start, against Python's own start."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.frame import Bar, Row, alternate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.frame import Found, Size

COMMANDS = {"--help": 0.3, "tick": 0.8}
"""Commands, and the seconds in which they should be done. A `tick` finds nothing due."""


def seconds(*command: str, **environment: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, env={**os.environ, **environment})
    return time.perf_counter() - began


@contextmanager
def installed() -> Iterator[dict[str, str]]:
    """Give the environment of an installation with one practice, in which nothing is due."""
    with tempfile.TemporaryDirectory() as home:
        place = {"REMINDER_DATABASE_URL": f"sqlite:///{home}/r.db", "REMINDER_MAIL_URL": f"folder:{home}/mail"}
        owner = ("--practice", "P", "--timezone", "America/Chicago", "--admin", "a@b.example")
        seconds("-m", "reminder", "init", *owner, **place)
        yield place


def run(size: Size) -> Iterator[Found]:
    with installed() as place:
        runs = {name: partial(seconds, "-m", "reminder", name, **place) for name in COMMANDS}
        found = alternate(size.rounds(20, short=3), python=partial(seconds, "-c", "pass"), **runs)
    for name, limit in COMMANDS.items():
        row = Row(id="P10", measure=f"reminder {name}", unit="s", ours=found[name])
        yield replace(row, bar=Bar(limit=limit, of_ratio=False))
        measure = f"{row.measure}, in starts of Python"
        yield replace(row, measure=measure, yardstick="python -c pass", base=found["python"], bar=Bar(limit=12))
