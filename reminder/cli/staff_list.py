"""The list of people, as a table or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reminder.cli.session import Json, PracticeName, open_store, print_json, print_table
from reminder.clock import utc_now

if TYPE_CHECKING:
    from reminder.jobs.standing import Standing
    from reminder.store.practices import Practice


def list_people(
    practice: PracticeName = None,
    status: Annotated[
        str | None, typer.Option("--status", help="removed, unknown, expired, paused, due or ok.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the people with their status, the soonest date first."""
    from reminder.errors import UsageError
    from reminder.jobs import standing
    from reminder.policy.model import Role, Status
    from reminder.roster.fields import ROLE_NAMES
    from reminder.store import practices

    if status is not None and status not in set(Status):
        message = f"--status: {status!r} is none of {', '.join(Status)}"
        raise UsageError(message)
    with open_store() as store, store.read() as connection:
        wanted = practices.load(connection)
        if practice is not None:
            chosen = practices.named(connection, practice)
            wanted = {chosen.id: chosen}
        found = [
            (row, where)
            for where in wanted.values()
            for row in standing.of_practice(connection, where.id, utc_now(), with_left=status == Status.REMOVED)
            if status is None or row.status == status
        ]
    rows = sorted(((as_row(row, where)) for row, where in found), key=_soonest_first)
    if as_json:
        print_json(rows)
        return
    shown = ("id", "name", "email", "role", "practice", "expires_on", "days_left", "status")
    lines = [{**row, "role": ROLE_NAMES[Role(str(row["role"]))]} for row in rows]
    print_table([["" if row[key] is None else str(row[key]) for key in shown] for row in lines], shown)


def as_row(found: Standing, where: Practice) -> dict[str, object]:
    """Return a person as `staff list --json` prints them."""
    from reminder.policy.expiry import last_safe_on

    person = found.person
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "role": found.role,
        "practice": where.name,
        "user_id": person.user_id,
        "last_reset_on": person.reset_on,
        "confidence": found.confidence,
        "expires_on": person.expires_on,
        "last_safe_on": last_safe_on(person.expires_on) if person.expires_on else None,
        "days_left": found.days_left,
        "status": found.status,
    }


def _soonest_first(row: dict[str, object]) -> tuple[bool, str, str]:
    return (row["expires_on"] is None, str(row["expires_on"]), str(row["name"]))
