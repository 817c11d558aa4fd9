"""The long loops: `make soak`, or `python -m tests.soak [--minutes N] [--seed S] [LOOP ...]`.

Each loop is a module of this folder with `run(budget, seed)`; it prints one line of JSON, and is replayed by its seed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import secrets
import sys
import time
import traceback
from typing import Any

from tests.soak.budget import Budget

LOOPS = {
    "kills": 4,
    "torture": 4,
    "stops": 1,
    "differences": 1,
    "migrations": 1,
    "matrix": 2,
    "postgres": 2,
    "powercuts": 1,
    "disk": 2,
    "roundtrips": 1,
    "damaged": 1,
    "spreadsheets": 2,
    "backups": 1,
    "years": 4,
    "model": 1,
    "clocks": 1,
    "schedules": 3,
    "history": 4,
}
"""Every loop in the order in which they run, and its part of the time. A further one is a module of this name beside them."""


def main(arguments: list[str] | None = None) -> int:
    """Run the loops, each for its part of the time; return 1 if any found a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Run the long loops of the tests.")
    parser.add_argument("loops", nargs="*", metavar="LOOP", help=f"which of {', '.join(LOOPS)}; default: all")
    parser.add_argument("--minutes", type=float, default=60, help="how long in all (default: 60)")
    parser.add_argument("--seed", type=int, default=None, help="of the random choices (default: a new one)")
    chosen = parser.parse_args(arguments)
    loops = chosen.loops or list(LOOPS)
    unknown = sorted(set(loops) - set(LOOPS))
    if unknown:
        parser.error(f"no loop is called {', '.join(unknown)}; there are {', '.join(LOOPS)}")
    seed = secrets.randbelow(10**9) if chosen.seed is None else chosen.seed
    parts = sum(LOOPS[name] for name in loops)
    return max(_run(name, Budget(minutes=chosen.minutes * LOOPS[name] / parts), seed) for name in loops)


def _run(name: str, budget: Budget, seed: int) -> int:
    """Run one loop and print its line; a loop that cannot go on is a fault, and the others run all the same."""
    started = time.monotonic()
    try:
        found: dict[str, Any] = importlib.import_module(f"tests.soak.{name}").run(budget, seed)
    except Exception as error:  # noqa: BLE001 - whatever it is
        traceback.print_exc()
        found = {"faults": [f"the loop ended: {type(error).__name__}: {error}"]}
    line = {"loop": name, "seed": seed, "seconds": round(time.monotonic() - started), **found}
    print(json.dumps(line), flush=True)  # noqa: T201 - what the command is for
    return 1 if found["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
