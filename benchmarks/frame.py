"""What every benchmark gives: figures of ours beside those of a yardstick from the same rounds, and the bar to meet."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import statistics
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is measured: the short form takes a minute in all, the long one ten, the huge one as long as it takes."""

    name: Literal["short", "long", "huge"]

    def of(self, short: int, long: int, huge: int | None = None) -> int:
        """Return the number for this size."""
        return {"short": short, "long": long, "huge": huge or long}[self.name]

    def rounds(self, seconds: float = 45, *, short: int = 1, long: int = 5) -> Iterator[int]:
        """Count the rounds in which ours and the yardstick take turns: five, unless the time for them is over before."""
        ends = monotonic() + seconds
        for turn in range(self.of(short, long)):
            if turn and monotonic() > ends:
                return
            yield turn


@dataclass(frozen=True, kw_only=True)
class Bar:
    """What a row has to reach: at least or at most `limit`, of the ratio to the yardstick or of our own figure."""

    limit: float
    at_least: bool = False
    of_ratio: bool = True

    def __str__(self) -> str:
        """Say it as a reader of the output needs it."""
        return f"{'>=' if self.at_least else '<='} {self.limit:g}{' x' if self.of_ratio else ''}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured thing, with a figure for each round. Without a yardstick only our own figure is judged."""

    id: str
    measure: str
    unit: str
    ours: Sequence[float]
    bar: Bar | None = None
    yardstick: str = ""
    base: Sequence[float] = ()
    note: str = ""

    def against(self, yardstick: str, base: Sequence[float], bar: Bar) -> Row:
        """Return the row with a yardstick."""
        return replace(self, yardstick=yardstick, base=base, bar=bar)

    @property
    def ratios(self) -> list[float]:
        """Return ours against the yardstick, round by round."""
        return [mine / other for mine, other in zip(self.ours, self.base, strict=True)] if self.base else []

    @property
    def reached(self) -> float | None:
        """Return by how much the bar is met: 1 just so, 2 twice as good, 0.5 half as good; None without a bar."""
        if self.bar is None:
            return None
        value = statistics.median(self.ratios if self.bar.of_ratio else self.ours)
        return value / self.bar.limit if self.bar.at_least else self.bar.limit / max(value, 1e-9)

    def as_json(self) -> dict[str, Any]:
        """Return the row as results.json keeps it."""
        return {
            "measure": self.measure,
            "unit": self.unit,
            "ours": summary(self.ours),
            "yardstick": self.yardstick or None,
            "base": summary(self.base) if self.base else None,
            "ratio": summary(self.ratios) if self.base else None,
            "bar": {**asdict(self.bar), "words": str(self.bar)} if self.bar else None,
            "reached": None if self.reached is None else round(self.reached, 2),
            "met": None if self.reached is None else self.reached >= 1,
            "note": self.note or None,
        }

    def __str__(self) -> str:
        """Say it on one line."""
        parts = [f"{self.id} {self.measure}: {number(statistics.median(self.ours))} {self.unit}"]
        if self.base:
            parts.append(f"{self.yardstick}: {number(statistics.median(self.base))} {self.unit}")
            spread = f" ({number(min(self.ratios))} to {number(max(self.ratios))})" if len(self.ratios) > 1 else ""
            parts.append(f"ratio {number(statistics.median(self.ratios))}{spread}")
        if self.bar is not None:
            parts.append(f"bar {self.bar}: {'met' if (self.reached or 0) >= 1 else 'NOT MET'}")
        return "; ".join([*parts, self.note] if self.note else parts)


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Something that could not be measured here, and why."""

    id: str
    measure: str
    why: str

    def __str__(self) -> str:
        """Say it on one line."""
        return f"{self.id} {self.measure}: not measured: {self.why}"


Found = Row | Missing


def summary(values: Sequence[float]) -> dict[str, float]:
    """Return the median and the spread, rounded to what means something."""
    figures = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: float(f"{value:.4g}") for name, value in figures.items()}


def number(value: float) -> str:
    """Write a figure with three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def alternate(rounds: Iterable[int], **runs: Callable[[], float]) -> dict[str, list[float]]:
    """Run each in turn, round by round, so that a noisy minute hits all alike; return the figures by name.

    Every second round goes backwards: nobody always finds the caches warmed by the same one.
    """
    found: dict[str, list[float]] = {name: [] for name in runs}
    for turn in rounds:
        for name in list(runs)[:: -1 if turn % 2 else 1]:
            found[name].append(runs[name]())
    return found


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "sqlalchemy": version("sqlalchemy"),
        "system": f"{platform.system()} {platform.machine()}",
    }


def keep(found: Sequence[Found], size: Size, path: Path = RESULTS) -> dict[str, Any]:
    """Write the rows of this run into results.json; rows of benchmarks that did not run stay as they are.

    Return all that the file now holds.
    """
    held: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    ran = {row.id for row in found}
    rows = [row for row in held.get("rows", []) if row["id"] not in ran]
    when = {"size": size.name, "measured_on": datetime.now(UTC).date().isoformat()}
    rows += [{"id": row.id, **row.as_json(), **when} for row in found if isinstance(row, Row)]
    rows += [
        {"id": row.id, "measure": row.measure, "missing": row.why, **when} for row in found if isinstance(row, Missing)
    ]
    held = {"machine": machine(), "rows": sorted(rows, key=lambda row: int(row["id"][1:]))}
    path.write_text(json.dumps(held, indent=1) + "\n", "utf-8")
    return held
