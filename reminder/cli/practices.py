"""Add, list and change practices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from reminder.cli.session import Json, a_date, actor, open_store, print_json, print_table
from reminder.clock import utc_now

if TYPE_CHECKING:
    from reminder.store.practices import Practice

app = typer.Typer(help="Add, list and change practices.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The practice's name.")]
Zone = Annotated[str | None, typer.Option("--timezone", help="IANA time zone.")]
Ladder = Annotated[
    str | None, typer.Option("--ladder", metavar="14,7,3,1,0", help="Days before expiry; negative after it.")
]
SendTime = Annotated[str | None, typer.Option("--send-time", metavar="08:00", help="Local time from which mails go.")]


@app.command()
def add(
    name: Name,
    timezone: Annotated[str, typer.Option("--timezone", help="IANA time zone, such as America/Chicago.")],
    admin: Annotated[str, typer.Option("--admin", help="The owner's e-mail address.")],
    ladder: Ladder = None,
    send_time: SendTime = None,
) -> None:
    """Add a practice; it is in trial (mails go to its admins only) until it is turned live."""
    from reminder.jobs.practice_edit import schedule_of
    from reminder.jobs.practices import open_practice
    from reminder.policy.model import Schedule
    from reminder.policy.moments import zone_named
    from reminder.roster.fields import email_address, plain_text

    wanted = plain_text(name, "practice")
    base = Schedule(zone=zone_named(timezone).key)
    schedule = schedule_of(base, zone=None, send_time=send_time, ladder=ladder)
    with open_store() as store, store.write() as connection:
        owner = email_address(admin, personal=False)
        open_practice(connection, name=wanted, schedule=schedule, owner=owner, actor=actor(), now=utc_now())
    typer.echo(f"{wanted} is added, in trial. Turn it live with: reminder practice edit {wanted!r} --mode live")


@app.command("list")
def list_practices(*, as_json: Json = False) -> None:
    """List the practices."""
    from reminder.store import practices

    with open_store() as store, store.read() as connection:
        rows = [as_row(found) for found in practices.load(connection).values()]
    if as_json:
        print_json(rows)
        return
    shown = ("name", "mode", "timezone", "send_time", "ladder")
    lines = [[",".join(map(str, row[key])) if key == "ladder" else str(row[key]) for key in shown] for row in rows]
    print_table(lines, shown)


def as_row(found: Practice) -> dict[str, Any]:
    """Return a practice as `practice list --json` prints it."""
    return {
        "id": found.id,
        "name": found.name,
        "mode": found.mode,
        "timezone": found.schedule.zone,
        "send_time": found.schedule.send_time.isoformat("minutes"),
        "ladder": list(found.schedule.ladder),
        "closures": sorted(day.isoformat() for day in found.schedule.closures),
        "sender_name": found.sender_name,
        "reply_to": found.reply_to,
    }


@app.command()
def edit(
    name: Name,
    mode: Annotated[str | None, typer.Option("--mode", metavar="live/trial", help="Who gets the mails.")] = None,
    timezone: Zone = None,
    ladder: Ladder = None,
    send_time: SendTime = None,
    close: Annotated[
        list[str] | None, typer.Option("--close", metavar="DATE", help="A day the practice is closed.")
    ] = None,
    reopen: Annotated[list[str] | None, typer.Option("--reopen", metavar="DATE", help="Take a closure back.")] = None,
    rename: Annotated[str | None, typer.Option("--rename", metavar="NAME")] = None,
    sender_name: Annotated[str | None, typer.Option("--sender-name", help="Whom mails seem to come from.")] = None,
    reply_to: Annotated[str | None, typer.Option("--reply-to", help="Where answers go.")] = None,
    escalate_to: Annotated[
        str | None,
        typer.Option("--escalate-to", metavar="WHO", help="One AO or AM who is told, too; empty for nobody."),
    ] = None,
) -> None:
    """Change a practice: turn reminders on, its schedule, closures, sender."""
    from reminder.errors import UsageError
    from reminder.jobs.practice_edit import PracticeEdit, edit_practice
    from reminder.store import practices

    wanted = PracticeEdit(
        mode=mode,
        zone=timezone,
        send_time=send_time,
        ladder=ladder,
        close=tuple(day for text in close or [] if (day := a_date(text, "--close"))),
        reopen=tuple(day for text in reopen or [] if (day := a_date(text, "--reopen"))),
        name=rename,
        sender_name=sender_name,
        reply_to=reply_to,
        escalate_to=escalate_to,
    )
    if wanted == PracticeEdit():
        message = "practice edit: say what to change; see: reminder practice edit --help"
        raise UsageError(message)
    with open_store() as store, store.write() as connection:
        found = practices.named(connection, name)
        edit_practice(connection, found, wanted, actor=actor(), now=utc_now())
    typer.echo(f"{rename or found.name} is changed.")
