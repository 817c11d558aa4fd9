"""Where the time of an import, a forecast, a changed ladder, a plan, a list and a start goes, and the least it could be.

`python -m benchmarks.elsewhere` prints the tables of docs/explanation/scale.md; CPU time, so a busy machine does not matter.
"""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import ahead, importing, listing, planning, start
from benchmarks.people import NOW, Crowd, make_due, populate, spread
from benchmarks.replay import copied, noting, replayed
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


def watched(title: str, parts: Parts, store: Store, work: Callable[[], object]) -> None:
    """Do the work on a database file, and print how long each part of it took, and sqlite3 alone for its statements."""
    path = Path(str(store.url.database))
    before, watch = copied(path), Stopwatch()
    with noting() as statements, watch.watching(store, parts):
        watch.timed("all", work)()
    cpu = watch.cpu
    rest = cpu["all"] - sum(taken for part, taken in cpu.items() if part != "all")
    rows = {**{part: cpu[part] for part in (*parts, "commit to disk")}, "everything else": rest, "all": cpu["all"]}
    print(f"\n{title}\n\n| part | CPU, ms | share |\n| --- | --- | --- |")
    for part, taken in rows.items():
        if taken >= LEAST:
            print(f"| {part} | {taken * 1000:,.0f} | {taken / cpu['all']:.0%} |")
    alone = replayed(before, statements)
    print(
        f"| beside it: sqlite3 alone, the same {len(statements):,} statements | {alone * 1000:,.0f} | {alone / cpu['all']:.0%} |"
    )


def where_an_import(folder: Path) -> None:
    importing.write_lists(folder, ROWS)
    store = Store(f"sqlite:///{folder / 'ours.db'}")
    populate(store, Crowd(people=1))
    began = time.process_time()
    importing.bare_csv(folder)
    bare = time.process_time() - began
    title = f"Import of {ROWS:,} rows of CSV: checked, previewed, written."
    watched(title, IMPORT, store, partial(importing.import_csv, folder))
    print(f"\nCsv and executemany into one table: {bare * 1000:,.0f} ms.")
    store.close()


def where_ahead(folder: Path) -> None:
    store = Store(f"sqlite:///{folder / 'people.db'}")
    populate(store, Crowd(people=ROWS))
    with store.write() as connection:
        spread(connection)
    watched(f"Forecast of 60 days for {ROWS:,} people.", AHEAD, store, partial(ahead.foretold, store))
    watched(f"Changed ladder of {ROWS:,} people.", AHEAD, store, partial(ahead.changed, store))
    store.close()


def where_a_plan(folder: Path) -> None:
    store = Store(f"sqlite:///{folder / 'plan.db'}")
    populate(store, Crowd(people=ROWS, practices=ROWS // 20))
    planning.planned(store, 1)
    with store.write() as connection:
        make_due(connection, 1 + planning.DUE, planning.DUE)
    title = f"Plan of {planning.DUE:,} due of {ROWS:,}."
    watched(title, PLAN, store, lambda: plan.plan_people(store, NOW, Tally()))
    store.close()


def where_a_list(folder: Path) -> None:
    path = folder / "list.db"
    store = listing.populated(path, ROWS)
    client = listing.browser(store)
    print(f"\nLists of {ROWS:,} people, mean of ten; CPU, ms.\n")
    print(
        "| list | all | reading who stands on it | sqlite3 alone, all statements of the page |\n| --- | --- | --- | --- |"
    )
    for name, address in listing.PAGES.items():
        listing.seconds(client, address)
        with noting() as statements:
            listing.seconds(client, address)
        watch = Stopwatch()
        with watch.watching(store, {"read": [(Listing, "page")]}):
            began = time.process_time()
            for _ in range(10):
                listing.seconds(client, address)
            taken = (time.process_time() - began) / 10
        alone = replayed(path, statements * 10) / 10
        print(f"| {name} | {taken * 1000:.0f} | {watch.cpu['read'] * 100:.0f} | {alone * 1000:.0f} |")
    store.close()


STARTS = {
    "python -c pass": ("-c", "pass"),
    "import typer and what draws its help": ("-c", "import typer, typer.rich_utils"),
    "reminder --help": ("-m", "reminder", "--help"),
    "import sqlalchemy": ("-c", "import sqlalchemy, sqlalchemy.dialects.sqlite.pysqlite"),
    "import sqlalchemy, pydantic, typer, jinja2": (
        "-c",
        "import sqlalchemy, sqlalchemy.dialects.sqlite.pysqlite, pydantic, typer, jinja2",
    ),
    "reminder tick": ("-m", "reminder", "tick"),
}


def where_a_start() -> None:
    print("\nStarts, least of ten.\n\n| what is started | CPU, ms |\n| --- | --- |")
    with start.installed() as place:
        for name, command in STARTS.items():
            print(f"| {name} | {min(_computed(*command, **place) for _ in range(10)) * 1000:.0f} |")


def _computed(*command: str, **environment: str) -> float:
    """Run Python and return the CPU seconds that it took."""
    before = os.times()
    start.seconds(*command, **environment)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def main() -> None:
    with scratch() as folder:
        for where in (where_an_import, where_ahead, where_a_plan, where_a_list):
            where(folder)
    where_a_start()


if __name__ == "__main__":
    main()
