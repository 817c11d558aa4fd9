"""Runs every benchmark: each prints our figure, the yardstick of the same run, and the ratio. `make bench`."""

from __future__ import annotations

from benchmarks import listing, planning, start

for module in (start, planning, listing):
    module.main()
