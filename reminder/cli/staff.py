"""Register, list, edit and import people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reminder.cli.session import Json, PracticeName, a_date, actor, open_store, working
from reminder.clock import utc_now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.store.people import Person
    from reminder.store.practices import Practice

app = typer.Typer(help="Register, list, edit and import people.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(metavar="WHO", help="E-mail address, I&A user ID, or the number in the list.")]


@app.command("import")
def import_file(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="CSV, TSV, XLSX, XLS or ODS; - reads CSV from stdin.")
    ] = None,
    practice: PracticeName = None,
    undo: Annotated[int | None, typer.Option("--undo", metavar="ID", help="Take an import back.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    all_or_nothing: Annotated[bool, typer.Option("--all-or-nothing", help="Write nothing if any row is bad.")] = False,
    as_json: Json = False,
) -> None:
    """Import a roster: good rows go in, bad rows are reported. Nobody is mailed by an import."""
    from reminder.cli import rosters

    if undo is not None:
        rosters.take_back(undo)
        return
    with working("Importing"):
        outcome = rosters.import_file(file, practice, dry_run=dry_run, all_or_nothing=all_or_nothing)
    rosters.report(outcome, dry_run=dry_run, as_json=as_json)
    if outcome.rejected:
        raise typer.Exit(1)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to: .csv or .xlsx.")],
    practice: PracticeName = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
) -> None:
    """Write the people to a file that import reads back unchanged."""
    from reminder.cli import rosters

    with working("Exporting"):
        count = rosters.export_file(file, practice, force=force)
    typer.echo(f"{count} people written to {file}")


@app.command()
def add(
    name: Annotated[str, typer.Option("--name", help="First and last name.")],
    email: Annotated[str, typer.Option("--email", help="The person's own address.")],
    role: Annotated[str, typer.Option("--role", help="AO, AM, SEU, Surrogate or Individual Provider.")],
    practice: PracticeName = None,
    reset_on: Annotated[str | None, typer.Option("--reset-on", metavar="DATE", help="Day of the last reset.")] = None,
    days_left: Annotated[
        int | None, typer.Option("--days-left", metavar="N", help="Days left as I&A shows today.")
    ] = None,
    user_id: Annotated[str | None, typer.Option("--user-id", metavar="ID", help="I&A user ID.")] = None,
    second_email: Annotated[
        str | None, typer.Option("--second-email", help="Used while the first is unreachable.")
    ] = None,
) -> None:
    """Register one person."""
    from reminder.jobs import confirm, staff, standing
    from reminder.roster import fields
    from reminder.store import people, practices

    wanted = staff.Registration(
        name=fields.person_name(name),
        email=fields.email_address(email),
        role=fields.role(role),
        user_id=fields.user_id(user_id) if user_id else None,
        second_email=fields.email_address(second_email) if second_email else None,
    )
    day = a_date(reset_on, "--reset-on")
    with open_store() as store, store.write() as connection:
        now = utc_now()
        home = practices.named(connection, practice)
        key = staff.register(connection, home, wanted, by=staff.colleague(connection, home), actor=actor(), now=now)
        if day is not None or days_left is not None:
            person = people.find(connection, str(key))
            confirm.record_by_admin(
                connection,
                person,
                actor=actor(),
                now=now,
                practice_id=home.id,
                reset_on=day,
                left=days_left,
            )
        standing.settle_coverage(connection, [home.id], now)
    typer.echo(f"{wanted.name} is registered in {home.name} (number {key}).")


@app.command()
def edit(
    who: Who,
    practice: PracticeName = None,
    name: Annotated[str | None, typer.Option("--name")] = None,
    email: Annotated[str | None, typer.Option("--email")] = None,
    second_email: Annotated[str | None, typer.Option("--second-email", help="Empty to take it away.")] = None,
    role: Annotated[str | None, typer.Option("--role", help="The role in the practice.")] = None,
    user_id: Annotated[str | None, typer.Option("--user-id", metavar="ID")] = None,
    home: Annotated[
        str | None, typer.Option("--home", metavar="PRACTICE", help="Whose ladder and calendar count.")
    ] = None,
) -> None:
    """Change a person's name, addresses, role, user ID or home."""
    from reminder.jobs import staff
    from reminder.roster import fields
    from reminder.store import practices

    values: dict[str, str | None] = {}
    if name is not None:
        values["name"] = fields.person_name(name)
    if email is not None:
        values["email"] = fields.email_address(email)
    if second_email is not None:
        values["second_email"] = fields.email_address(second_email) if second_email else None
    if user_id is not None:
        values["user_id"] = fields.user_id(user_id) if user_id else None
    with open_store() as store, store.write() as connection:
        now = utc_now()
        person, where = person_in(connection, who, practice)
        if values:
            staff.edit(connection, person, where, values, actor=actor(), now=now)
        if role is not None:
            staff.change_role(connection, person, where, fields.role(role), actor=actor(), now=now)
        if home is not None:
            staff.move_home(connection, person, practices.named(connection, home), actor=actor(), now=now)
    typer.echo(f"{values.get('name', person.name)} is changed.")


def person_in(connection: Connection, who: str, practice: str | None) -> tuple[Person, Practice]:
    """Return a person and the practice that acts: the one named, else the person's home."""
    from reminder.store import people, practices

    if practice is not None:
        where = practices.named(connection, practice)
        return people.find(connection, who, where.id), where
    person = people.find(connection, who)
    if person.home_id is None:
        return person, practices.named(connection, None)
    return person, practices.load(connection, [person.home_id])[person.home_id]


@app.command()
def remove(who: Who, practice: PracticeName = None) -> None:
    """Take a person out of a practice; nothing more is sent for it."""
    from reminder.jobs import staff

    with open_store() as store, store.write() as connection:
        person, where = person_in(connection, who, practice)
        staff.remove(connection, person, where, actor=actor(), now=utc_now())
    typer.echo(f"{person.name} is removed from {where.name}.")


@app.command()
def pause(
    who: Who,
    from_on: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day away.")] = None,
    to_on: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Last day away; without it, until cleared.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="End every absence.")] = False,
) -> None:
    """Record that a person is away, or that they are back."""
    from reminder.errors import UsageError
    from reminder.jobs import staff
    from reminder.policy.model import Absence
    from reminder.store import people

    first, last = a_date(from_on, "--from"), a_date(to_on, "--to")
    if clear == (first is not None):
        message = "pause: give --from DATE (and --to DATE), or --clear"
        raise UsageError(message)
    with open_store() as store, store.write() as connection:
        person = people.find(connection, who)
        if first is None:
            staff.clear_pause(connection, person, actor=actor(), now=utc_now())
        else:
            staff.pause(connection, person, Absence(from_on=first, to_on=last), actor=actor(), now=utc_now())
    typer.echo(f"{person.name} is {'back' if clear else 'away from ' + str(first) + (f' to {last}' if last else '')}.")


@app.command()
def reset(
    who: Who,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="Day of the reset; default today.")] = None,
    days_left: Annotated[
        int | None, typer.Option("--days-left", metavar="N", help="Days left as I&A shows today.")
    ] = None,
    practice: PracticeName = None,
) -> None:
    """Record that a person has reset their password."""
    from reminder.jobs import confirm
    from reminder.store import people

    day = a_date(on, "--on")
    with open_store() as store, store.write() as connection:
        person, where = person_in(connection, who, practice)
        new = confirm.record_by_admin(
            connection,
            person,
            actor=actor(),
            now=utc_now(),
            practice_id=where.id,
            reset_on=day,
            left=days_left,
        )
        person = people.find(connection, str(person.id))
    known = "" if new else " (that date was known)"
    typer.echo(f"{person.name}: reset on {person.reset_on}, expires on {person.expires_on}{known}.")


@app.command()
def undo(who: Who, practice: PracticeName = None) -> None:
    """Take a person's last recorded reset back."""
    from reminder.jobs import confirm
    from reminder.store import people

    with open_store() as store, store.write() as connection:
        person, where = person_in(connection, who, practice)
        acting = where.id if practice else None
        day = confirm.undo_by_admin(connection, person, actor=actor(), now=utc_now(), practice_id=acting)
        person = people.find(connection, str(person.id))
    now_holds = f"expires on {person.expires_on}" if person.expires_on else "no reset is known"
    typer.echo(f"{person.name}: the reset of {day} is taken back; {now_holds}.")
