"""Look after the installation: doctor, schema, backup."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from reminder.cli.session import Json, open_store, print_json, working
from reminder.clock import utc_now

app = typer.Typer(name="db", help="Upgrade, check, back up and restore the database.", no_args_is_help=True)


def doctor(
    *,
    reconcile: Annotated[bool, typer.Option("--reconcile", help="Also compare every record with every other.")] = False,
    as_json: Json = False,
) -> None:
    """Check the installation: one line each, and what to do about each fault."""
    from reminder import checkup, settings

    findings = checkup.run(settings.load(), utc_now(), reconcile=reconcile)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            typer.echo(f"{'ok   ' if finding.ok else 'FAULT'}  {finding.name}: {finding.detail}")
    if any(finding.unreachable for finding in findings):
        raise typer.Exit(3)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command()
def upgrade() -> None:
    """Create the tables, or bring them to the newest schema, on SQLite after a backup."""
    from reminder import settings, wiring
    from reminder.store import schema
    from reminder.store.backups import upgrade_after_backup

    folder = Path(settings.load().backup_dir)
    with open_store(any_schema=True) as store:
        kept = upgrade_after_backup(store, folder, utc_now(), wiring.mark_of(store))
    typer.echo(f"The database is at schema {schema.NEWEST}.{f' As it was before: {kept}' if kept else ''}")


@app.command()
def check() -> None:
    """Say whether the tables are what this program expects."""
    from reminder.store import migrate

    with open_store() as store, store.read() as connection:
        differences = migrate.differences(connection)
    for difference in differences:
        typer.echo(difference, err=True)
    if differences:
        raise typer.Exit(1)
    typer.echo("The tables are what this program expects.")


@app.command()
def backup(file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; it must not exist.")]) -> None:
    """Write a backup while everything goes on; it is an SQLite file whatever the database is."""
    from reminder.store import backups

    with open_store() as store, working("Backing up"):
        rows = backups.back_up(store, file)
    typer.echo(f"{rows} rows written to {file}")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what the database holds.")] = False,
) -> None:
    """Bring a backup back, with the program stopped; what it overwrites is kept in the folder of backups.

    Nothing is sent until an admin has confirmed the list (`reminder queue release`).
    """
    from reminder import settings
    from reminder.store import restoring

    folder = Path(settings.load().backup_dir)
    with open_store(any_schema=True) as store, working("Restoring"):
        done = restoring.restore(store, file, folder, utc_now(), force=force)
    typer.echo(f"{done.rows} rows restored.{f' What was there before: {done.kept}' if done.kept else ''}")
    typer.echo("Sending is held; look at `reminder queue`, then run: reminder queue release")
