"""P7: import 100,000 rows (read, checked, previewed, written) against bare csv and executemany; read as many from XLSX
against python-calamine alone.

Each way runs in a process of its own, `python -m benchmarks.importing WAY FOLDER`, which tells its time and memory.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import xlsxwriter

from benchmarks.frame import Bar, Row, alternate
from benchmarks.people import NOW, Crowd, populate
from benchmarks.sender import memory
from benchmarks.tools import HERE, scratch
from reminder.jobs.import_terms import Request
from reminder.jobs.importing import import_roster
from reminder.roster.reading import read_roster
from reminder.store import practices
from reminder.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.frame import Found, Size

TODAY = NOW.date()
MOST_MEMORY = 300


def write_lists(folder: Path, rows: int) -> None:
    """Write the same people as CSV and as XLSX."""
    head = ["name", "email", "role", "last reset"]
    people = [
        [f"Person {n}", f"p{n}@lakeside.example", "Staff End User", (TODAY - timedelta(days=n % 50)).isoformat()]
        for n in range(rows)
    ]
    with (folder / "staff.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([head, *people])
    book = xlsxwriter.Workbook(folder / "staff.xlsx", {"constant_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate([head, *people]):
        sheet.write_row(number, 0, row)
    book.close()


def import_csv(folder: Path) -> int:
    """Import as the page does: read and check, look what would become of each row, then write."""
    data = (folder / "staff.csv").read_bytes()
    roster = read_roster(data, file_name="staff.csv", today=TODAY)
    store = Store(f"sqlite:///{folder / 'ours.db'}")
    with store.read() as connection:
        practice = practices.load(connection, [1])[1]
    wanted = Request(
        practice=practice, allowed=[practice], roster=roster, file_name="staff.csv", by="Dana", actor="admin:1"
    )
    preview = import_roster(store, replace(wanted, dry_run=True), NOW)
    written = import_roster(store, wanted, NOW)
    store.close()
    assert preview.added == written.added
    return written.added


def bare_csv(folder: Path) -> int:
    """Write the cells as they are into a table with the same two keys."""
    connection = sqlite3.connect(folder / "bare.db")
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute("create table person (id integer primary key, name, email text unique, role, reset_on)")
    with (folder / "staff.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))[1:]
    connection.executemany("insert into person (name, email, role, reset_on) values (?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return len(rows)


def read_xlsx(folder: Path) -> int:
    """Read and check a workbook."""
    return len(read_roster((folder / "staff.xlsx").read_bytes(), file_name="staff.xlsx", today=TODAY).rows)


def bare_xlsx(folder: Path) -> int:
    """Read a workbook with the library alone."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO((folder / "staff.xlsx").read_bytes()))
    return len(book.get_sheet_by_index(0).to_python()) - 1


WAYS: dict[str, Callable[[Path], int]] = {
    "import_csv": import_csv,
    "bare_csv": bare_csv,
    "read_xlsx": read_xlsx,
    "bare_xlsx": bare_xlsx,
}


class Measured:
    """Runs the ways in processes of their own, and keeps the most memory of each."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.folder, self.rows = folder, rows
        self.memory: dict[str, float] = {}

    def seconds(self, way: str) -> float:
        (self.folder / "bare.db").unlink(missing_ok=True)
        ours = self.folder / "ours.db"
        if way == "import_csv":
            for old in self.folder.glob("ours.db*"):
                old.unlink()
            store = Store(f"sqlite:///{ours}")
            populate(store, Crowd(people=1))
            store.close()
        command = [sys.executable, "-m", "benchmarks.importing", way, str(self.folder)]
        done = subprocess.run(command, cwd=HERE.parent, check=True, capture_output=True, text=True)
        told: dict[str, float] = json.loads(done.stdout)
        assert told["rows"] == self.rows, f"{way}: {told['rows']:.0f} of {self.rows} rows"
        self.memory[way] = max(self.memory.get(way, 0), told["memory"])
        return told["seconds"]


def run(size: Size) -> Iterator[Found]:
    rows = size.of(2_000, 100_000)
    with scratch() as folder:
        write_lists(folder, rows)
        measured = Measured(folder, rows)
        found = alternate(size.rounds(35), **{way: partial(measured.seconds, way) for way in WAYS})
    row = Row(id="P7", measure=f"import of {rows:,} rows of CSV", unit="s", ours=found["import_csv"])
    yield row.against("csv and executemany", found["bare_csv"], Bar(limit=6))
    row = Row(id="P7", measure=f"reading {rows:,} rows of XLSX", unit="s", ours=found["read_xlsx"])
    yield row.against("python-calamine", found["bare_xlsx"], Bar(limit=4))
    for way, what in (("import_csv", "importing CSV"), ("read_xlsx", "reading XLSX")):
        bar = Bar(limit=MOST_MEMORY, of_ratio=False)
        yield Row(id="P7", measure=f"memory of {what}", unit="MB", ours=[measured.memory[way]], bar=bar)


def main(way: str, folder: str) -> None:
    began = time.perf_counter()
    rows = WAYS[way](Path(folder))
    print(json.dumps({"rows": rows, "seconds": time.perf_counter() - began, "memory": memory()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
