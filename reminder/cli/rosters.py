"""Reads, writes and reports roster files for the `staff` commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reminder.cli.session import actor, open_store, print_json
from reminder.clock import utc_now
from reminder.errors import UsageError
from reminder.jobs import importing, staff, standing
from reminder.jobs.import_terms import Request, Verdict
from reminder.jobs.import_undo import undo_import
from reminder.policy.expiry import longest_lifetime_days
from reminder.policy.moments import local_date
from reminder.roster.reading import read_roster
from reminder.settings import load
from reminder.store import people, practices, rules
from reminder.store.backups import back_up_before

if TYPE_CHECKING:
    from reminder.jobs.import_terms import Outcome


def import_file(file: str | None, practice: str | None, *, dry_run: bool, all_or_nothing: bool) -> Outcome:
    """Import a file, or stdin for `-`; return what became of its rows."""
    if file is None:
        message = "staff import: name a FILE (CSV, TSV, XLSX, XLS, ODS), - for CSV on stdin, or --undo ID"
        raise UsageError(message)
    data, name = _read(file)
    now = utc_now()
    with open_store() as store:
        with store.read() as connection:
            every = practices.load(connection)
            default = practices.named(connection, practice) if practice or len(every) == 1 else None
            rule_days = longest_lifetime_days(rules.load(connection))
        zone = default.schedule.zone if default else next(iter(every.values())).schedule.zone if every else "UTC"
        roster = read_roster(data, file_name=name, today=local_date(now, zone), rule_days=rule_days)
        if default is None and any(row.practice is None for row in roster.rows):
            with store.read() as connection:
                default = practices.named(connection, practice)
        target = default or next(iter(every.values()))
        with store.read() as connection:
            by = staff.colleague(connection, target)
        wanted = Request(
            practice=target,
            allowed=list(every.values()),
            roster=roster,
            file_name=name,
            by=by,
            actor=actor(),
            dry_run=dry_run,
            all_or_nothing=all_or_nothing,
        )
        if not dry_run:
            back_up_before(store, Path(load().backup_dir), "import", now)
        return importing.import_roster(store, wanted, now)


def _read(file: str) -> tuple[bytes, str]:
    if file == "-":
        return sys.stdin.buffer.read(), "stdin.csv"
    path = Path(file)
    try:
        return path.read_bytes(), path.name
    except OSError as error:
        message = f"staff import: {file} cannot be read ({error.strerror})"
        raise UsageError(message) from None


def report(outcome: Outcome, *, dry_run: bool, as_json: bool) -> None:
    """Print what an import did: numbers on stdout, what needs a look on stderr."""
    if as_json:
        print_json(outcome.as_json())
        return
    for note in outcome.notes:
        typer.echo(f"note: {note}", err=True)
    for rejection in outcome.rejected:
        value = f" {rejection.value!r}" if rejection.value else ""
        typer.echo(f"row {rejection.row}, {rejection.column}{value}: {rejection.problem}", err=True)
    for row, fate in sorted(outcome.fates.items()):
        if fate.verdict is Verdict.UNCHANGED and fate.reasons:
            typer.echo(f"row {row}: unchanged: {'; '.join(fate.reasons)}", err=True)
    verb = "would be " if dry_run else ""
    typer.echo(
        f"{verb}added {outcome.added}, {verb}updated {outcome.updated}, unchanged {outcome.unchanged}, rejected {outcome.to_fix}",
    )
    if outcome.import_id is not None and (outcome.added or outcome.updated):
        typer.echo(f"To take it back: reminder staff import --undo {outcome.import_id}")


def take_back(import_id: int) -> None:
    """Undo an import."""
    with open_store() as store, store.write() as connection:
        undone = undo_import(connection, import_id, actor=actor(), now=utc_now())
        kept = people.load(connection, undone.kept).values()
    typer.echo(
        f"Import {import_id} is taken back: whom it added is removed, the others are as they were ({undone.people} in all)."
    )
    if kept:
        typer.echo(f"Changed since, so this stays: {', '.join(sorted(person.name for person in kept))}")


def export_file(path: Path, practice: str | None, *, force: bool) -> int:
    """Write a practice's people (every practice's without a name) to a file; return how many.

    Raise UsageError for a file that is there already, unless `force` is set.
    """
    from reminder.jobs.exporting import export_row
    from reminder.roster.writing import write_csv, write_xlsx

    if path.suffix.lower() not in {".csv", ".xlsx"}:
        message = f"staff export: {path.name} must end in .csv or .xlsx"
        raise UsageError(message)
    if os.path.exists(path) and not force:  # noqa: PTH110 - Path.exists() raises where it may not look
        message = f"staff export: {path} exists already; choose another name, or overwrite it with --force"
        raise UsageError(message)
    with open_store() as store, store.read() as connection:
        every = practices.load(connection)
        if practice is not None:
            chosen = practices.named(connection, practice)
            every = {chosen.id: chosen}
        rows = [
            export_row(found, where)
            for where in every.values()
            for found in standing.of_practice(connection, where.id, utc_now())
        ]
    write = write_csv if path.suffix.lower() == ".csv" else write_xlsx
    try:
        with path.open("wb") as stream:
            write(rows, stream)
    except OSError as error:
        message = f"staff export: {path} cannot be written ({error.strerror}); name another file"
        raise UsageError(message) from None
    return len(rows)
