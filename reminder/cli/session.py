"""What every command begins with: the settings, the open database, the present instant; and how it prints."""

from __future__ import annotations

import getpass
import json
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from reminder.jobs.services import Services
    from reminder.store.engine import Store
    from reminder.store.system import Hold

Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
PracticeName = Annotated[str | None, typer.Option("--practice", help="The practice; needed if there are several.")]


@contextmanager
def open_services() -> Iterator[Services]:
    """Give everything a job may use, on a database at the newest schema."""
    from reminder import settings, wiring
    from reminder.store import schema

    services = wiring.build(settings.load())
    try:
        schema.require_newest(services.store)
        services.refresh()
        yield services
    finally:
        services.store.close()


@contextmanager
def stopping_when_told(services: Services) -> Iterator[None]:
    """Begin no further mail once a signal comes, while this lasts; a second signal ends the program as it always does."""
    usual = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def as_usual() -> None:
        for number, handler in usual.items():
            signal.signal(number, handler)

    def stop(*_: object) -> None:
        as_usual()
        services.stopping.set()

    for number in usual:
        signal.signal(number, stop)
    try:
        yield
    finally:
        as_usual()


@contextmanager
def open_store(*, any_schema: bool = False) -> Iterator[Store]:
    """Give the database; at the newest schema unless `any_schema`."""
    from reminder import settings, wiring
    from reminder.store import schema

    store = wiring.open_store(settings.load())
    try:
        if not any_schema:
            schema.require_newest(store)
        yield store
    finally:
        store.close()


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show a bar on stderr while something long goes on, if stderr is a terminal; it vanishes at the end."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(what, total=None)
        yield


def told_hold(held: Hold) -> str:
    """Return why the queue is held, what to do about it, and how it is released."""
    when = "Then" if held.waits_for_admin else "To try at once,"
    return f"{held.reason}. {sentence(held.cure)}. {when} run: reminder queue release"


def sentence(text: str) -> str:
    """Return words with a capital letter at their begin."""
    return text[:1].upper() + text[1:]


def actor() -> str:
    """Return who runs the command, for the history."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"


def print_json(value: Any) -> None:  # noqa: ANN401 - any JSON
    """Print JSON on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_table(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> None:
    """Print rows in columns wide enough for their text."""
    widths = [max(len(row[column]) for row in [headings, *rows]) for column in range(len(headings))]
    for row in [headings, *rows]:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def a_date(text: str | None, name: str) -> date | None:
    """Read an ISO date given to an option; raise UsageError naming the option."""
    from datetime import date

    from reminder.errors import UsageError

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{name}: {text!r} is not a date; write it like 2026-12-31"
        raise UsageError(message) from None
