"""Lives one seed again: `python -m tests.simulation --seed N [--years Y]`."""

from __future__ import annotations

import argparse
import json
import sys

from tests.simulation.years import live


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description="Live one simulated life.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--years", type=float, default=5)
    chosen = parser.parse_args()
    print(json.dumps(live(chosen.seed, chosen.years)))  # noqa: T201 - what the command is for
    return 0


if __name__ == "__main__":
    sys.exit(main())
