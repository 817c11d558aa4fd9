"""Writes the kept figures into docs/explanation/scale.md, between its two marks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.frame import number

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "scale.md"
BEGINS, ENDS = "<!-- figures: make bench writes them -->", "<!-- end of figures -->"


def write(held: Mapping[str, Any], path: Path = PAGE) -> None:
    """Put the table of all rows in the place of the one that stands there."""
    before, _, rest = path.read_text("utf-8").partition(BEGINS)
    path.write_text(f"{before}{BEGINS}\n{table(held)}\n{ENDS}{rest.partition(ENDS)[2]}", "utf-8")


def table(held: Mapping[str, Any]) -> str:
    """Return the figures as a table, with the machine they were measured on."""
    of = held["machine"]
    lines = [
        f"{of['cores']} cores, {of['system']}, Python {of['python']}, SQLite {of['sqlite']}, SQLAlchemy {of['sqlalchemy']}.",
        "",
        "| row | measured | ours | beside it | ratio (spread) | bar | met |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*lines, *map(_line, held["rows"])])


def _line(row: Mapping[str, Any]) -> str:
    if row.get("missing"):
        return f"| {row['id']} | {row['measure']} | not measured: {row['missing']} | | | | |"
    ours = f"{number(row['ours']['median'])} {row['unit']}"
    base = f"{row['yardstick']}: {number(row['base']['median'])} {row['unit']}" if row["base"] else ""
    ratio, bar = row["ratio"], row["bar"]
    spread = f"{number(ratio['median'])} ({number(ratio['min'])} to {number(ratio['max'])})" if ratio else ""
    words = bar["words"].replace("<=", "≤").replace(">=", "≥") if bar else ""
    met = {True: "yes", False: "**no**", None: ""}[row["met"]]
    return f"| {row['id']} | {row['measure']} | {ours} | {base} | {spread} | {words} | {met} |"
