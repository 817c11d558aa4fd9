"""Measure: each benchmark prints our figure, the yardstick of the same rounds, and the ratio. `make bench`."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from typing import TYPE_CHECKING

from benchmarks import picture, table
from benchmarks.frame import Size, keep

if TYPE_CHECKING:
    from benchmarks.frame import Found

MODULES = {
    "P1": "sending",
    "P2": "rivals",
    "P3": "distance",
    "P4": "planning",
    "P5": "growth",
    "P6": "workers",
    "P7": "importing",
    "P8": "listing",
    "P9": "ahead",
    "P10": "start",
    "P11": "memory",
}
"""Which module measures which row of the bar."""


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmarks that are asked for, keep their figures and draw the picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Compare us with what others do.")
    parser.add_argument("ids", nargs="*", metavar="P1", help=f"which of {', '.join(MODULES)}; default: all")
    parser.add_argument("--short", action="store_true", help="a minute in all; its figures are rough and are not kept")
    parser.add_argument("--huge", action="store_true", help="the largest sizes, too: 10,000,000 people on PostgreSQL")
    chosen = parser.parse_args(arguments)
    if unknown := sorted(set(chosen.ids) - set(MODULES)):
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(MODULES)}")
    size = Size(name="short" if chosen.short else "huge" if chosen.huge else "long")
    for name in chosen.ids or MODULES:
        began = time.perf_counter()
        found: list[Found] = []
        for row in importlib.import_module(f"benchmarks.{MODULES[name]}").run(size):
            print(row, flush=True)
            found.append(row)
        print(f"{name} took {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        if size.name != "short":  # a taste is no figure to be kept
            held = keep(found, size)
            picture.draw(held)
            table.write(held)


if __name__ == "__main__":
    main()
