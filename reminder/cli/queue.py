"""What waits to be sent, what is held and why, and how it is released."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reminder.cli.session import Json, actor, open_services, open_store, print_json, print_table, told_hold
from reminder.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reminder.store.outbox import Reminder

app = typer.Typer(help="What waits to be sent, and what is held.", invoke_without_command=True)

HEADINGS = ("id", "kind", "to", "state", "next", "why")


@app.callback()
def show(context: typer.Context, *, as_json: Json = False) -> None:
    """Show what waits to be sent or may not have arrived, what failed lately, and whether sending is held."""
    if context.invoked_subcommand is not None:
        return
    from reminder.store import outbox, system

    with open_store() as store, store.read() as connection:
        held = system.hold(connection)
        waiting = outbox.waiting(connection)
        failed = outbox.failed(connection)
    if as_json:
        rows = [as_row(row) for row in waiting]
        lost = [as_row(row) for row in failed]
        print_json({"held": asdict(held) if held else None, "waiting": rows, "failed": lost})
        return
    typer.echo(
        f"Sending is held since {held.since_at:%Y-%m-%d %H:%M} UTC: {told_hold(held)}" if held else "Sending is on."
    )
    if waiting or failed:
        _print([*waiting, *failed])
    else:
        typer.echo("Nothing waits.")


def as_row(row: Reminder) -> dict[str, Any]:
    """Return a reminder as `queue --json` prints it."""
    return {
        "id": row.id,
        "kind": row.kind,
        "to": row.recipient,
        "state": row.state,
        "step": row.step,
        "next_at": row.next_at.isoformat() if row.next_at else None,
        "reason": row.reason,
    }


def _print(rows: Sequence[Reminder]) -> None:
    """Print mails as a table, without the column of reasons if none has one."""
    lines = [_line(row) for row in rows]
    shown = len(HEADINGS) if any(line[-1] for line in lines) else len(HEADINGS) - 1
    print_table([line[:shown] for line in lines], HEADINGS[:shown])


def _line(row: Reminder) -> list[str]:
    next_at = f"{row.next_at:%Y-%m-%d %H:%M} UTC" if row.next_at and row.state != "failed" else ""
    return [str(row.id), row.kind, row.recipient, row.state, next_at, row.reason or ""]


@app.command()
def hold() -> None:
    """Hold every mail until the queue is released: say, before a whole machine is put back to an older state."""
    from reminder.jobs.releasing import hold_queue

    with open_store() as store, store.write() as connection:
        is_new = hold_queue(connection, actor=actor(), now=utc_now())
    typer.echo("Held; to let the mails go: reminder queue release" if is_new else "Sending is held already.")


@app.command()
def release(*, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Release a held queue, after showing what would go out."""
    from reminder.jobs.releasing import release_queue
    from reminder.jobs.services import Tally
    from reminder.jobs.tick import clock_is_trusted, plan_due
    from reminder.store import outbox, system

    with open_services() as services:
        store, now = services.store, utc_now()
        with store.read() as connection:
            held = system.hold(connection)
        if held is not None and clock_is_trusted(store, now):
            plan_due(store, now, Tally())
        with store.read() as connection:
            waiting = outbox.waiting(connection)
        if held is None:
            typer.echo("Sending is not held.")
            return
        typer.echo(f"Held: {held.reason}.")
        if waiting:
            _print(waiting)
        typer.echo("1 mail waits." if len(waiting) == 1 else f"{len(waiting)} mails wait.")
        if not yes:
            typer.confirm("Release them?", abort=True)
        with store.write() as connection:
            release_queue(connection, actor=actor(), now=now, links=services.links)
    typer.echo("Released; they go with the next pass.")


@app.command()
def resend(number: Annotated[int, typer.Argument(metavar="ID", help="The number in `reminder queue`.")]) -> None:
    """Send a mail that failed or is in doubt once more."""
    from reminder.jobs.releasing import resend as send_again

    with open_store() as store, store.write() as connection:
        row = send_again(connection, number, actor=actor(), now=utc_now())
    typer.echo(f"{row.kind} to {row.recipient} goes with the next pass.")
