"""Set up, serve, and run the passes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reminder.cli.session import (
    Json,
    actor,
    open_services,
    open_store,
    print_json,
    stopping_when_told,
    told_hold,
    working,
)

if TYPE_CHECKING:
    from reminder.jobs.services import Services


TOLD = {"superseded": "left out for a newer one", "cancelled": "called off"}
"""What became of mails in a pass, where our word for it is none that users know."""


def init(
    practice: Annotated[str, typer.Option("--practice", help="The practice's name.")],
    timezone: Annotated[str, typer.Option("--timezone", help="Its IANA time zone, such as America/Chicago.")],
    admin: Annotated[str, typer.Option("--admin", help="The first owner's e-mail address.")],
    password_file: Annotated[
        Path | None,
        typer.Option("--password-file", help="A file with the owner's password; else a sign-in link is printed."),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Send to the people themselves from the start, no trial.")
    ] = False,
) -> None:
    """Create or upgrade the database, the first practice and its first owner."""
    from reminder import settings, wiring
    from reminder.clock import utc_now
    from reminder.installation import in_force
    from reminder.jobs import passwords, signing_in
    from reminder.jobs.practices import open_practice
    from reminder.policy.model import Schedule
    from reminder.policy.moments import zone_named
    from reminder.roster.fields import email_address, plain_text
    from reminder.store.backups import upgrade_after_backup

    name, owner = plain_text(practice, "practice"), email_address(admin, personal=False)
    zone_named(timezone)
    password = passwords.checked_password(_first_line(password_file), [name, owner]) if password_file else None
    with open_store(any_schema=True) as store:
        now = utc_now()
        upgrade_after_backup(store, Path(settings.load().backup_dir), now, wiring.mark_of(store))
        with store.write() as connection:
            schedule = Schedule(zone=timezone)
            open_practice(
                connection,
                name=name,
                schedule=schedule,
                owner=owner,
                actor=actor(),
                now=now,
                live=live,
            )
            link = signing_in.first_sign_in(connection, owner, password=password, now=now)
            public_url = in_force(connection, settings.prepare(settings.load())).public_url
    mode = "live: mails go to the people" if live else "in trial: mails go to you alone until you turn it live"
    typer.echo(f"{name} is set up ({timezone}), {mode}.")
    if link:
        typer.echo(f"Sign in once within a day: {public_url.rstrip('/')}{link}")
    typer.echo("Next: reminder staff import FILE, then reminder serve")


def _first_line(path: Path) -> str:
    from reminder.errors import UsageError

    try:
        return path.read_text("utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError):
        message = f"--password-file: {path} cannot be read or is empty"
        raise UsageError(message) from None


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            help="The port to listen on; links lead to 8060 unless REMINDER_PUBLIC_URL says otherwise.",
            min=0,
            max=65535,
        ),
    ] = 8060,
    no_scheduler: Annotated[bool, typer.Option("--no-scheduler", help="Only the pages; a worker sends.")] = False,
) -> None:
    """Run the web pages, the scheduler and the sender in one process."""
    from reminder import serving, settings, wiring
    from reminder.store.backups import upgrade_after_backup

    chosen = settings.prepare(settings.load())
    with serving.listen(host, port) as listener:
        services = wiring.build(chosen)
        upgrade_after_backup(services.store, Path(chosen.backup_dir), services.clock(), services.mark)
        services.refresh()
        address = services.links.base if chosen.is_locked("public_url") else f"http://{host}:{port}"
        _say_code(services, address)
        serving.serve(services, chosen, listener, with_scheduler=not no_scheduler)


def _say_code(services: Services, address: str) -> None:
    """While nobody owns a practice: make the code of this start, and say where it is asked for."""
    from reminder.jobs import first_run

    with services.store.write() as connection:
        if first_run.is_needed(connection):
            code = first_run.new_code(connection, services.clock())
            typer.echo(f"Open {address}/setup and enter the code {code}", err=True)


def worker() -> None:
    """Run the scheduler and the sender without the pages, for further machines on one PostgreSQL."""
    from reminder import serving, settings

    with open_services() as services, stopping_when_told(services):
        serving.work(services, settings.prepare(settings.load()))


def tick(*, as_json: Json = False) -> None:
    """Run one pass now: plan what is due, send what is planned, then exit."""
    from reminder.jobs.tick import refresh_calendars
    from reminder.jobs.tick import tick as run_tick
    from reminder.store import system

    with open_services() as services:
        refresh_calendars(services.store, services.clock())
        with working("Planning and sending"), stopping_when_told(services):
            tally = run_tick(services)
        with services.store.read() as connection:
            held = system.hold(connection)
    counts = asdict(tally)
    del counts["was_cut_short"]  # no count, and no field that was promised
    if as_json:
        print_json(counts)
    else:
        typer.echo(", ".join(f"{count} {TOLD.get(word, word)}" for word, count in counts.items()))
    if held is not None:
        typer.echo(f"reminder: sending is held: {told_hold(held)}", err=True)
        raise typer.Exit(3 if held.probe_at else 1)
    if tally.failed:
        raise typer.Exit(1)
