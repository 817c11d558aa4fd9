"""Where the time of an import, a forecast, a changed ladder, a plan and a list goes, and what the least of it would be.

`python -m benchmarks.elsewhere` prints the tables of docs/explanation/scale.md; CPU time, so a busy machine does not matter.
"""

from __future__ import annotations

import sqlite3
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks import ahead, importing, listing, planning
from benchmarks.people import NOW, Crowd, make_due, populate, spread
from benchmarks.tools import scratch
from benchmarks.where import Stopwatch
from reminder.jobs import forecast, plan
from reminder.jobs import importing as imports_of_ours
from reminder.jobs.clock_plan import ClockPlanner
from reminder.jobs.services import Tally
from reminder.roster import reading
from reminder.store import imports, people
from reminder.store.engine import Store
from reminder.store.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Parts = dict[str, list[tuple[Any, str]]]

ROWS = 100_000
LEAST = 0.001
"""Parts that take less than this many seconds are not worth a line."""
IMPORT: Parts = {
    "read the file": [(reading, "read_table")],
    "check every cell": [(reading, "read_people")],
    "settle the fate of each row, twice": [(imports_of_ours._Importer, "decide")],  # noqa: SLF001 - looked at from outside
    "write people": [(imports, "add_people")],
    "write memberships": [(imports, "add_memberships")],
    "write resets": [(imports, "add_first_resets")],
    "write what an undo needs": [(imports, "keep_joined")],
}
AHEAD: Parts = {
    "read everybody": [(forecast, "_read")],
    "run the clocks": [(forecast, "_run_person")],
    "in the order of time": [(forecast, "_in_order")],
    "what both have": [(forecast, "_beyond")],
}
PLAN: Parts = {
    "find who is due": [(people, "due")],
    "gather what decides": [(plan, "_gather")],
    "decide": [(ClockPlanner, "__init__"), (ClockPlanner, "plan")],
    "write mails": [(plan, "_write")],
    "write when to look again": [(people, "look_again_at")],
}
SOURCE = ("person", "membership", "reset", "import_change")


def watched(title: str, parts: Parts, store: Store, work: Callable[[], object], floor: str) -> None:
    """Do the work, and print how long each part of it took."""
    watch = Stopwatch()
    with watch.watching(store, parts):
        watch.timed("all", work)()
    cpu = watch.cpu
    rest = cpu["all"] - sum(taken for part, taken in cpu.items() if part != "all")
    rows = {**{part: cpu[part] for part in (*parts, "commit to disk")}, "everything else": rest, "all": cpu["all"]}
    print(f"\n{title}\n\n| part | CPU, ms | share |\n| --- | --- | --- |")
    for part, taken in rows.items():
        if taken >= LEAST:
            print(f"| {part} | {taken * 1000:,.0f} | {taken / cpu['all']:.0%} |")
    if floor:
        print(f"\n{floor}")


def copied(path: Path) -> float:
    """Return the CPU seconds in which sqlite3 alone writes the rows of an import into the same tables, keys and indexes."""
    bare = sqlite3.connect(path.with_name("copy.db"), isolation_level=None)
    source = sqlite3.connect(path)
    marks = ", ".join(f"'{name}'" for name in SOURCE)
    wanted = f"select sql from sqlite_master where tbl_name in ({marks}) and sql is not null order by type desc"
    for (statement,) in source.execute(wanted):
        bare.execute(statement)
    rows = {name: source.execute(f"select * from {name}").fetchall() for name in SOURCE}
    bare.execute("pragma journal_mode=wal")
    began = time.process_time()
    bare.execute("begin immediate")
    for name, some in rows.items():
        bare.executemany(f"insert into {name} values ({', '.join('?' * len(some[0]))})", some)
    bare.execute("commit")
    taken = time.process_time() - began
    bare.close()
    source.close()
    return taken


def read_alone(path: Path) -> float:
    """Return the CPU seconds in which sqlite3 alone reads everybody and their memberships."""
    connection = sqlite3.connect(path)
    began = time.process_time()
    connection.execute("select * from membership join person on person.id = membership.person_id").fetchall()
    return time.process_time() - began


def where_an_import(folder: Path) -> None:
    importing.write_lists(folder, ROWS)
    path = folder / "ours.db"
    store = Store(f"sqlite:///{path}")
    populate(store, Crowd(people=1))
    began = time.process_time()
    importing.bare_csv(folder)
    bare = time.process_time() - began
    title = f"Import of {ROWS:,} rows of CSV: checked, previewed, written."
    floor = (
        "Beside it: csv and executemany into one table {:,.0f} ms; the same four tables and their indexes {:,.0f} ms."
    )
    watched(title, IMPORT, store, partial(importing.import_csv, folder), "")
    print(floor.format(bare * 1000, copied(path) * 1000))
    store.close()


def where_ahead(folder: Path) -> None:
    path = folder / "people.db"
    store = Store(f"sqlite:///{path}")
    populate(store, Crowd(people=ROWS))
    with store.write() as connection:
        spread(connection)
    floor = f"Beside it: sqlite3 alone reads the same people in {read_alone(path) * 1000:,.0f} ms."
    watched(f"Forecast of 60 days for {ROWS:,} people.", AHEAD, store, partial(ahead.foretold, store), floor)
    watched(f"Changed ladder of {ROWS:,} people.", AHEAD, store, partial(ahead.changed, store), floor)
    store.close()


def where_a_plan(folder: Path) -> None:
    store = Store(f"sqlite:///{folder}/plan.db")
    populate(store, Crowd(people=ROWS, practices=ROWS // 20))
    planning.planned(store, 1)
    with store.write() as connection:
        make_due(connection, 1 + planning.DUE, planning.DUE)
    title = f"Plan of {planning.DUE:,} due of {ROWS:,}."
    watched(title, PLAN, store, lambda: plan.plan_people(store, NOW, Tally()), "")
    store.close()


def where_a_list(folder: Path) -> None:
    store = listing.populated(folder / "list.db", ROWS)
    client = listing.browser(store)
    print(
        f"\nLists of {ROWS:,} people, mean of ten.\n\n| list | CPU, ms | of it reading who stands on it |\n| --- | --- | --- |"
    )
    for name, path in listing.PAGES.items():
        listing.seconds(client, path)
        watch = Stopwatch()
        with watch.watching(store, {"read": [(Listing, "page")]}):
            began = time.process_time()
            for _ in range(10):
                listing.seconds(client, path)
            taken = (time.process_time() - began) / 10
        print(f"| {name} | {taken * 1000:.0f} | {watch.cpu['read'] * 100:.0f} |")
    store.close()


def main() -> None:
    with scratch() as folder:
        for where in (where_an_import, where_ahead, where_a_plan, where_a_list):
            where(folder)


if __name__ == "__main__":
    main()
