"""Add, list and remove admins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reminder.cli.session import Json, PracticeName, actor, open_store, print_json, print_table
from reminder.clock import utc_now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.store.admins import Admin

app = typer.Typer(help="Add, list and remove admins.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The admin's e-mail address.")]


@app.command()
def add(
    email: Email,
    practice: PracticeName = None,
    role: Annotated[str, typer.Option("--role", help="owner, editor or viewer.")] = "owner",
    name: Annotated[str | None, typer.Option("--name", help="Shown to colleagues; default from the address.")] = None,
) -> None:
    """Give somebody a role in a practice, and print a one-time sign-in link for them."""
    from reminder import settings
    from reminder.errors import UsageError
    from reminder.jobs import signing_in
    from reminder.policy.model import AdminRole
    from reminder.roster.fields import email_address, person_name
    from reminder.store import admins, events, practices

    if role not in set(AdminRole):
        message = f"--role: {role!r} is none of {', '.join(AdminRole)}"
        raise UsageError(message)
    address = email_address(email, personal=False)
    shown = person_name(name) if name else address.partition("@")[0]
    with open_store() as store, store.write() as connection:
        now = utc_now()
        where = practices.named(connection, practice)
        admin_id = admins.add(connection, email=address, name=shown, now=now)
        admins.grant(connection, admin_id, where.id, AdminRole(role))
        events.record(connection, "admin.added", actor=actor(), now=now, practice_id=where.id, email=address, role=role)
        link = signing_in.make_sign_in_link(connection, admin_id, now, life=signing_in.COMMAND_LINE_LIFE)
    typer.echo(f"{address} is {role} of {where.name}.")
    typer.echo(f"Sign in once within a day: {settings.load().public_url.rstrip('/')}{link}")


@app.command()
def link(email: Email) -> None:
    """Print a link that signs an admin in once within a day; earlier ones work no more."""
    from reminder import settings
    from reminder.installation import in_force
    from reminder.jobs import signing_in
    from reminder.store import admins, events

    with open_store() as store, store.write() as connection:
        found, now = _known(connection, email), utc_now()
        path = signing_in.make_sign_in_link(connection, found.id, now, life=signing_in.COMMAND_LINE_LIFE)
        for key in admins.practices_of(connection, found.id):
            events.record(connection, "admin.link_made", actor=actor(), now=now, practice_id=key, email=found.email)
        base = in_force(connection, settings.prepare(settings.load())).public_url
    typer.echo(f"Sign in once within a day: {base.rstrip('/')}{path}")
    typer.echo("A link that was made for them before ends with this.")


@app.command("reset-factor")
def reset_factor(email: Email) -> None:
    """Turn an admin's second factor off, because it is lost; they are told by mail."""
    from reminder.errors import UsageError
    from reminder.jobs import second_factor
    from reminder.store import admins

    with open_store() as store, store.write() as connection:
        found = _known(connection, email)
        if not found.has_factor:
            message = f"admin: {found.email} uses no second factor, so there is none to turn off"
            raise UsageError(message)
        where = admins.practices_of(connection, found.id)
        second_factor.turn_off(connection, found, actor=actor(), now=utc_now(), practice_ids=where)
    typer.echo(f"{found.email} signs in without a code from now on.")


def _known(connection: Connection, email: str) -> Admin:
    from reminder.errors import UsageError
    from reminder.store import admins

    found = admins.with_email(connection, email)
    if found is None or not admins.practices_of(connection, found.id):
        message = f"admin: {email} is no admin of any practice; see: reminder admin list"
        raise UsageError(message)
    return found


@app.command("list")
def list_admins(practice: PracticeName = None, *, as_json: Json = False) -> None:
    """List the admins and their roles."""
    from reminder.store import admins, practices

    with open_store() as store, store.read() as connection:
        every = practices.load(connection)
        if practice is not None:
            chosen = practices.named(connection, practice)
            every = {chosen.id: chosen}
        found = admins.of_practices(connection, every)
    rows = [
        {
            "email": part.email,
            "name": part.name,
            "role": str(part.role),
            "practice": every[key].name,
            "signed_in_at": part.signed_in_at.isoformat(timespec="minutes") if part.signed_in_at else "",
            "second_factor": "yes" if part.has_factor else "no",
        }
        for key, parts in found.items()
        for part in parts
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(
            [list(row.values()) for row in rows], ("email", "name", "role", "practice", "signed in", "second factor")
        )


@app.command()
def remove(email: Email, practice: PracticeName = None) -> None:
    """Take somebody's role in a practice away."""
    from reminder.errors import UsageError
    from reminder.store import admins, events, practices

    with open_store() as store, store.write() as connection:
        where = practices.named(connection, practice)
        found = admins.with_email(connection, email)
        if found is None or where.id not in admins.practices_of(connection, found.id):
            message = f"admin: {email} is no admin of {where.name}; see: reminder admin list"
            raise UsageError(message)
        admins.revoke(connection, found.id, where.id)
        events.record(
            connection,
            "admin.removed",
            actor=actor(),
            now=utc_now(),
            practice_id=where.id,
            email=found.email,
        )
    typer.echo(f"{found.email} is no admin of {where.name} any more.")
