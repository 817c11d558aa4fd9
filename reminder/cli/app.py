"""The tree of commands. Each command imports what it needs when it runs, so that `--help` answers at once."""

from __future__ import annotations

from typing import Annotated

import typer

from reminder import __version__
from reminder.cli import admins, demo, mails, practices, queue, running, staff, staff_list, upkeep

app = typer.Typer(
    name="reminder",
    help="Reminds the staff of medical practices before their I&A password (PECOS, NPPES) expires.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"reminder {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Reminds the staff of medical practices before their I&A password (PECOS, NPPES) expires."""


app.command("demo")(demo.demo)
app.command("init")(running.init)
app.command("serve")(running.serve)
app.command("worker")(running.worker)
app.command("tick")(running.tick)
app.command("forecast")(mails.forecast)
staff.app.command("list")(staff_list.list_people)
app.add_typer(staff.app, name="staff")
app.command("preview")(mails.preview)
app.command("send-test")(mails.send_test)
app.add_typer(queue.app, name="queue")
app.add_typer(practices.app, name="practice")
app.add_typer(admins.app, name="admin")
app.command("doctor")(upkeep.doctor)
app.add_typer(upkeep.app, name="db")
