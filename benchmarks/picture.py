"""Draws docs/images/speed.svg from the kept figures: for each row how far it is on which side of its bar."""

from __future__ import annotations

import math
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.frame import number

if TYPE_CHECKING:
    from collections.abc import Mapping

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "speed.svg"

WIDTH, LABEL, RIGHT, LINE, TOP = 1000, 400, 190, 26, 64
MOST = 16.0
"""A row that is better or worse than its bar by more than this ends at the picture's edge, with an arrow."""

STYLE = """
text { font: 14px system-ui, sans-serif; fill: #1f2328 }
.faint { fill: #57606a } .met { fill: #1a7f5a } .missed { fill: #b3541e } .axis { stroke: #8c959f }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .faint { fill: #9da7b1 } .met { fill: #3fb68b } .missed { fill: #e08a4f } .axis { stroke: #6e7681 }
}
"""


def draw(held: Mapping[str, Any], path: Path = PICTURE) -> None:
    """Write the picture of all rows that have a bar."""
    rows = [row for row in held["rows"] if row.get("bar")]
    height = TOP + LINE * len(rows) + 12
    middle = LABEL + (WIDTH - LABEL - RIGHT) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Speed: each row against its bar">',
        f"<style>{STYLE}</style>",
        f'<text x="{middle}" y="22" text-anchor="middle">the bar</text>',
        f'<text class="faint" x="{middle - 40}" y="44" text-anchor="end">short of it</text>',
        f'<text class="faint" x="{middle + 40}" y="44">better (each step twice as good)</text>',
    ]
    parts += [_row(row, TOP + LINE * place, middle) for place, row in enumerate(rows)]
    parts += [_axis(middle, step, height) for step in range(-4, 5)]
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", "utf-8")


def _axis(middle: float, step: int, height: int) -> str:
    x = middle + step * _unit()
    kind = "" if step == 0 else ' stroke-dasharray="1 5"'
    return f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{height - 8}"{kind}/>'


def _unit() -> float:
    """Return the width of a factor of two."""
    return (WIDTH - LABEL - RIGHT) / 2 / math.log2(MOST)


def _row(row: Mapping[str, Any], y: int, middle: float) -> str:
    reached = max(row["reached"], 0.01)
    long = min(abs(math.log2(reached)), math.log2(MOST)) * _unit()
    kind, x = ("met", middle) if row["met"] else ("missed", middle - long)
    judged = row["ratio"] if row["bar"]["of_ratio"] else row["ours"]
    unit = "x" if row["bar"]["of_ratio"] else row["unit"]
    value = f"{number(judged['median'])} {unit} ({row['bar']['words'].removesuffix(' x')})"
    return (
        f'<text x="{LABEL - 8}" y="{y + 14}" text-anchor="end">{escape(row["measure"])}  <tspan class="faint">{row["id"]}</tspan></text>'
        f'<rect class="{kind}" x="{x:.1f}" y="{y + 3}" width="{max(long, 1.5):.1f}" height="14" rx="2"/>'
        f'<text x="{WIDTH - RIGHT + 8}" y="{y + 14}">{escape(value)}</text>'
    )
