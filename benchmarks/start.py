"""P10: how long a command takes to start, against Python's own start."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 5


def seconds(*command: str, **environment: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, env={**os.environ, **environment})
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        place = {"REMINDER_DATABASE_URL": f"sqlite:///{home}/r.db", "REMINDER_MAIL_URL": f"folder:{home}/mail"}
        owner = ("--practice", "P", "--timezone", "America/Chicago", "--admin", "a@b.example")
        seconds("-m", "reminder", "init", *owner, **place)
        ours: dict[str, list[float]] = {"reminder --help": [], "reminder tick": []}
        yardstick = []
        for _ in range(ROUNDS):
            yardstick.append(seconds("-c", "pass"))
            ours["reminder --help"].append(seconds("-m", "reminder", "--help", **place))
            ours["reminder tick"].append(seconds("-m", "reminder", "tick", **place))
    base = statistics.median(yardstick)
    for name, found in ours.items():
        middle = statistics.median(found)
        print(f"P10 {name}: {middle * 1000:.0f} ms, python -c pass: {base * 1000:.0f} ms, ratio {middle / base:.1f}")
