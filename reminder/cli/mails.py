"""Look at mails before they go: forecast, preview, test."""

from __future__ import annotations

from typing import Annotated

import typer

from reminder.cli.session import Json, PracticeName, a_date, open_services, open_store, print_json, print_table, working
from reminder.clock import utc_now


def forecast(
    days: Annotated[int, typer.Option("--days", help="How many days, today included.", min=1, max=400)] = 60,
    practice: PracticeName = None,
    today: Annotated[str | None, typer.Option("--today", metavar="DATE", help="Simulate another day as today.")] = None,
    as_json: Json = False,
) -> None:
    """Say what would be sent, and when, if nobody did anything; nothing is sent."""
    from reminder.jobs.forecast import forecast as look_ahead
    from reminder.store import practices

    from_on = a_date(today, "--today")
    with open_store() as store, store.read() as connection:
        ids = [practices.named(connection, practice).id] if practice else None
        in_trial = [where.name for where in practices.load(connection, ids).values() if where.is_trial]
        with working("Looking ahead"):
            found = look_ahead(connection, utc_now(), days=days, practice_ids=ids, from_on=from_on)
    rows = [mail.as_json() for mail in found]
    if as_json:
        print_json(rows)
        return
    shown = ("at", "to", "person", "kind", "days_left")
    print_table([["" if row[key] is None else str(row[key]) for key in shown] for row in rows], shown)
    typer.echo(f"{len(rows)} mails in {days} days.")
    for name in in_trial:
        typer.echo(f"{name} is in trial: until reminders are turned on, its mails go to its admins instead.")


def preview(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="warning, expired, ask, receipt, escalation, digest ...")],
    who: Annotated[str | None, typer.Option("--for", metavar="WHO", help="A person; else an example.")] = None,
    form: Annotated[str, typer.Option("--format", help="text, html or eml.")] = "text",
    practice: PracticeName = None,
) -> None:
    """Print a mail as it would go out now."""
    from reminder.errors import UsageError
    from reminder.jobs.previewing import FORMATS, preview_mail

    if form not in FORMATS:
        message = f"--format: {form!r} is none of {', '.join(FORMATS)}"
        raise UsageError(message)
    with open_services() as services, services.store.read() as connection:
        typer.echo(preview_mail(connection, services, kind, who=who, practice_name=practice, form=form))


def send_test(address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Who gets the test mail.")]) -> None:
    """Send one test mail through the configured server, and show the server's answers if it fails."""
    from reminder.jobs.previewing import send_test_mail
    from reminder.mail.diagnosis import for_the_server
    from reminder.mail.transport import Outcome
    from reminder.roster.fields import email_address

    with open_services() as services:
        recipient = email_address(address, personal=False)
        verdict = send_test_mail(services, recipient)
        where = services.transport.describe()
    if verdict.outcome is Outcome.ACCEPTED:
        typer.echo(f"Taken by {where}: {verdict.answer}")
        return
    typer.echo(
        f"reminder: not sent by {where}: {verdict.outcome} at {verdict.stage}: {verdict.answer}",
        err=True,
    )
    typer.echo(for_the_server(verdict), err=True)
    unreachable = verdict.outcome is Outcome.MISCONFIGURED or verdict.stage.value in {"connect", "tls", "greeting"}
    raise typer.Exit(3 if unreachable else 1)
