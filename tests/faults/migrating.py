"""Upgrades killed in the middle: the database is as it was or as it should become, and never between."""

from __future__ import annotations

import multiprocessing
import os
import signal
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING, Any

from alembic import command
from sqlalchemy import event, text

from reminder.errors import UsageError
from reminder.store import migrate
from reminder.store.engine import Store
from reminder.store.schema import require_newest
from reminder.store.statements import insert_new
from reminder.store.tables import metadata, rule
from tests.faults.bases import Rows, Schema, fill, rows_of, schema_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

REVISIONS = ("0001", "0002", "0003", "0004")
STARTS = (None, *REVISIONS[:-1])
"""From where an installation may be upgraded: nothing, and every schema before the newest."""

GONE_GOING_UP: Mapping[str, set[str]] = {"0002": {"session"}}
"""Tables that a revision empties on its way up: who was signed in signs in again."""

GONE_GOING_DOWN: Mapping[str, set[str]] = {
    "0002": {
        "skipped_step",
        "recovery_code",
        *(f"membership.{name}" for name in ("expires_on", "is_home")),  # copies of the person's: made anew going up
        *(f"admin.{name}" for name in ("signed_in_at", "totp_key", "totp_used")),
        *(f"session.{name}" for name in ("browser", "needs_code", "proved_at")),
    },
    "0003": {f"practice.{name}" for name in ("greeting", "sign_off", "contact_line", "paragraph")},
    "0004": {"throttle", "sign_in_link.new_email", "session.linked_at"},
}
"""What a revision's downgrade drops: tables and columns that the schema before it has no place for."""


def at_revision(store: Store, revision: str | None) -> None:
    """Make the tables as a program of that revision made them."""
    if revision is not None:
        with migrate._schema_transaction(store) as connection:
            command.upgrade(migrate._config(connection), revision)


def lived_at(url: str, revision: str | None, rows: int, seed: int) -> Store:
    """Open a database of that revision with so many invented rows in each table."""
    store = Store(url)
    at_revision(store, revision)
    with store.write() as connection:
        fill(connection, rows, Random(seed))
        if revision is not None:
            insert_new(connection, rule, [migrate.SHIPPED_RULE], on=["key", "effective_from"])
    return store


def state(store: Store) -> tuple[Schema, Rows]:
    """Return schema and rows."""
    with store.read() as connection:
        schema = schema_of(connection)
        return schema, rows_of(connection, schema)


def core_schema(url: str) -> Schema:
    """Return the schema of an empty database in which the program's tables are made without any migration."""
    with closing(Store(url)) as store, store.write() as connection:
        metadata.create_all(connection)
        return schema_of(connection)


def missing_rows(before: Rows, after: Rows, *, except_for: Collection[str] = ()) -> list[str]:
    """Return each row that is gone or has another value, in tables and columns that are still there."""
    faults = []
    for table, rows in before.items():
        if table in except_for or table not in after:
            continue
        if len(rows) != len(after[table]):
            faults.append(f"{table}: {len(rows)} rows before, {len(after[table])} after")
        for key, row in rows.items():
            found = after[table].get(key)
            if found is None:
                faults.append(f"{table} {key}: lost")
            elif wrong := [name for name in row if name in found and row[name] != found[name]]:
                faults.append(f"{table} {key}: {wrong[0]} was {row[wrong[0]]!r} and is {found[wrong[0]]!r}")
    return faults


def dropped(before: Schema, after: Schema) -> set[str]:
    """Name the tables and columns that are there before and not after."""
    gone = set(before) - set(after)
    for table in set(before) & set(after):
        gone |= {f"{table}.{name}" for name in set(before[table]["columns"]) - set(after[table]["columns"])}
    return gone


def up(url: str, start: str | None, rows: int, seed: int) -> list[str]:
    """Upgrade a full database from an older schema to the newest one; return what was wrong."""
    with closing(lived_at(url, start, rows, seed)) as store:
        before = state(store)[1]
        migrate.upgrade(store)
        emptied = set().union(*(gone for revision, gone in GONE_GOING_UP.items() if revision > (start or "")))
        return missing_rows(before, state(store)[1], except_for=emptied) + _unsound(store)


def down_and_up(url: str, revision: str, rows: int, seed: int) -> list[str]:
    """Take a full database one revision down and up again; return what was wrong."""
    older = REVISIONS[REVISIONS.index(revision) - 1] if revision != REVISIONS[0] else "base"
    with closing(lived_at(url, revision, rows, seed)) as store:
        made, rows_before = state(store)
        migrate.downgrade(store, older)
        below, rows_below = state(store)
        gone = dropped(made, below)
        wanted = GONE_GOING_DOWN.get(revision, set(made))
        faults = [] if gone == wanted else [f"the downgrade dropped {sorted(gone)}, expected: {sorted(wanted)}"]
        if "sign_in_link.new_email" in gone:
            links = rows_before[
                "sign_in_link"
            ]  # those that confirm an address: the older program would sign in by them
            rows_before["sign_in_link"] = {key: row for key, row in links.items() if row["new_email"] is None}
        faults += missing_rows(rows_before, rows_below) + _unsound(store)
        at_revision(store, revision)
        again, rows_again = state(store)
        if again != made:
            faults.append("down and up again makes another schema")
        return (
            faults
            + missing_rows(rows_below, rows_again, except_for=GONE_GOING_UP.get(revision, set()))
            + _unsound(store)
        )


def _unsound(store: Store) -> list[str]:
    """Return rows that refer to rows that are not there; PostgreSQL has none by itself."""
    if not store.is_sqlite:
        return []
    with store.read() as connection:
        return [f"refers to nothing: {row}" for row in connection.execute(text("pragma foreign_key_check"))]


def counted(store: Store, at: int = 0, *, after: bool = False) -> int:
    """Upgrade, and return how many statements and commits it took; die at number `at`, before or after it has run."""
    ran = 0

    def count(*_: Any) -> None:
        nonlocal ran
        ran += 1
        if ran == at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(store.engine, "after_cursor_execute" if after else "before_cursor_execute", count)
    event.listen(store.engine, "commit", count)
    migrate.upgrade(store)
    return ran


def upgrade_and_die(url: str, at: int, after: bool) -> None:
    """Upgrade in a process of its own, which is killed on the way."""
    counted(Store(url), at, after=after)


def killed_upgrades(
    fresh_url: Callable[[], str], start: str | None, *, kills: int, rows: int, seed: int
) -> tuple[dict[str, float], list[str]]:
    """Kill an upgrade again and again, then let one finish; return counts and what was wrong."""
    random, faults = Random(seed), []
    with closing(lived_at(fresh_url(), start, rows, seed)) as sibling:
        steps = counted(sibling)
        new = state(sibling)
    url = fresh_url()
    with closing(lived_at(url, start, rows, seed)) as store:
        old = state(store)
        for _ in range(kills):
            at, after = random.randint(1, steps), random.random() < 0.5
            ended = _run(url, at, after)
            if ended != -signal.SIGKILL:
                faults.append(f"killed at statement {at}, but it ended with {ended}")
            if state(store) != old:
                faults.append(f"between old and new after a kill at statement {at}")
            faults += [f"killed at statement {at}: {fault}" for fault in _start_faults(store)]
        migrate.upgrade(store)
        if state(store) != new:
            faults.append("the upgrade after the kills made something else than one that nobody killed")
    return {"kills": kills, "statements": steps}, faults


def _run(url: str, at: int, after: bool) -> int | None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=upgrade_and_die, args=(url, at, after))
    process.start()
    process.join()
    return process.exitcode


def _start_faults(store: Store) -> list[str]:
    """Say what is wrong with how the program refuses to start on an old schema."""
    try:
        require_newest(store)
    except UsageError as error:
        return [] if "run: reminder db upgrade" in str(error) else [f"refused without the cure: {error}"]
    return ["the program started on an old schema"]
