"""Roster imports: what each one changed, so that it can be taken back whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, exists, func, insert, literal, or_, select, update

from reminder.policy.model import Confidence
from reminder.store.people import Person, _person
from reminder.store.rules import IA
from reminder.store.statements import SOME, insert_new, rows_for
from reminder.store.tables import import_change, membership, person, reading, reminder, reset, roster_import

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an import did to one person: JSON values that stood there before, and what stands there now.

    The numbers are given by the store.
    """

    person_id: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    id: int = 0
    import_id: int = 0


@dataclass(frozen=True, kw_only=True)
class Import:
    """One import that was carried out."""

    id: int
    practice_id: int
    file_name: str
    imported_at: datetime
    imported_by: str
    added: int
    updated: int
    undone_at: datetime | None


def matching(connection: Connection, emails: Collection[str], user_ids: Collection[str]) -> list[Person]:
    """Return everybody who has one of these addresses or one of these user IDs (given in lower case)."""
    here = rows_for(
        connection,
        emails,
        select(person).where(or_(person.c.email.in_(SOME), person.c.second_email.in_(SOME))),
    )
    found = {row.id: _person(row) for row in here}
    same_id = rows_for(connection, user_ids, select(person).where(func.lower(person.c.user_id).in_(SOME)))
    return list((found | {row.id: _person(row) for row in same_id}).values())


def readings(connection: Connection, person_ids: Collection[int]) -> dict[tuple[int, int], date]:
    """Return when figures of days left without an as-of date were first imported, by person and figure."""
    rows = rows_for(connection, person_ids, select(reading).where(reading.c.person_id.in_(SOME)))
    return {(row.person_id, row.days_left): row.first_seen_on for row in rows}


def begin(connection: Connection, practice_id: int, *, file_name: str, by: str, now: datetime) -> int:
    """Note that an import begins, and return its number."""
    values = {"practice_id": practice_id, "file_name": file_name, "imported_at": now, "imported_by": by}
    statement = insert(roster_import).values(**values, added=0, updated=0).returning(roster_import.c.id)
    key: int = connection.execute(statement).scalar_one()
    return key


def finish(connection: Connection, import_id: int, *, added: int, updated: int) -> None:
    """Note how many rows an import added and updated."""
    mine = roster_import.c.id == import_id
    connection.execute(update(roster_import).where(mine).values(added=added, updated=updated))


def keep_changes(connection: Connection, import_id: int, changes: Sequence[Change]) -> None:
    """Keep what the import changed."""
    rows = [
        {"import_id": import_id, "person_id": c.person_id, "before": dict(c.before), "after": dict(c.after)}
        for c in changes
    ]
    if rows:
        connection.execute(insert(import_change), rows)


def keep_joined(connection: Connection, import_id: int, members: Sequence[Mapping[str, Any]]) -> None:
    """Keep that the import registered people and made these memberships."""
    keep_changes(
        connection,
        import_id,
        [
            Change(person_id=one["person_id"], before={}, after={"joined": one["practice_id"], "created": True})
            for one in members
        ],
    )


def note_readings(connection: Connection, import_id: int, figures: Collection[tuple[int, int]], seen_on: date) -> None:
    """Remember figures of days left (person, days) that were imported without an as-of date."""
    rows = [
        {"person_id": who, "days_left": left, "first_seen_on": seen_on, "import_id": import_id} for who, left in figures
    ]
    insert_new(connection, reading, rows, on=["person_id", "days_left"])


def add_people(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert new people at once and return their ids in the order of the rows.

    The ids are looked up afterwards: SQLite gives back the ids of many rows in their order only one by one.
    """
    connection.execute(insert(person), [dict(row) for row in rows])
    emails = [row["email"] for row in rows]
    columns = select(person.c.email, person.c.id)
    ids = {row.email: row.id for row in rows_for(connection, emails, columns.where(person.c.email.in_(SOME)))}
    return [ids[email] for email in emails]


def add_memberships(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert new memberships at once."""
    connection.execute(insert(membership), [dict(row) for row in rows])


def add_first_resets(
    connection: Connection, import_id: int, person_ids: Collection[int], *, by: str, now: datetime
) -> None:
    """Record the resets that new people came with, and point the people to them."""
    here = and_(person.c.id.in_(person_ids), person.c.reset_on.is_not(None))
    values = {
        "person_id": person.c.id,
        "rule_key": literal(IA),
        "reset_on": person.c.reset_on,
        "confidence": literal(Confidence.IMPORTED),
        "recorded_at": literal(now, reset.c.recorded_at.type),
        "recorded_by": literal(by),
        "practice_id": person.c.home_id,
        "import_id": literal(import_id),
    }
    connection.execute(insert(reset).from_select(list(values), select(*values.values()).where(here)))
    only = select(reset.c.id).where(reset.c.person_id == person.c.id).scalar_subquery()
    connection.execute(update(person).where(here).values(reset_id=only))


def load(connection: Connection, import_id: int) -> Import | None:
    """Return one import."""
    row = connection.execute(select(roster_import).where(roster_import.c.id == import_id)).first()
    return Import(**row._mapping) if row else None  # noqa: SLF001 - the documented way to a row's mapping


def of_person(connection: Connection, person_id: int, practice_ids: Collection[int]) -> list[Import]:
    """Return the imports into these practices that changed a person, the latest first."""
    mine = select(import_change.c.import_id).where(import_change.c.person_id == person_id)
    query = select(roster_import).where(roster_import.c.id.in_(mine), roster_import.c.practice_id.in_(practice_ids))
    rows = connection.execute(query.order_by(roster_import.c.id.desc()))
    return [Import(**row._mapping) for row in rows]  # noqa: SLF001 - the documented way to a row's mapping


def named(connection: Connection, ids: Collection[int], practice_ids: Collection[int]) -> dict[int, Import]:
    """Return those of these imports that went into one of the practices, by number."""
    mine = select(roster_import).where(roster_import.c.practice_id.in_(practice_ids))
    rows = rows_for(connection, ids, mine.where(roster_import.c.id.in_(SOME)))
    return {row.id: Import(**row._mapping) for row in rows}  # noqa: SLF001 - as above


def latest(connection: Connection, practice_ids: Collection[int], limit: int) -> list[Import]:
    """Return the imports of these practices, the latest first."""
    here = select(roster_import).where(roster_import.c.practice_id.in_(practice_ids))
    rows = connection.execute(here.order_by(roster_import.c.id.desc()).limit(limit))
    return [Import(**row._mapping) for row in rows]  # noqa: SLF001 - the documented way to a row's mapping


def people_of(connection: Connection, import_id: int) -> set[int]:
    """Return whom an import registered or changed."""
    return set(connection.scalars(select(import_change.c.person_id).where(import_change.c.import_id == import_id)))


def mailed_since(connection: Connection, found: Import) -> bool:
    """Tell whether a mail went, or may have gone, to somebody of an import since it was carried out."""
    here = select(import_change.c.person_id).where(import_change.c.import_id == found.id)
    went = exists().where(reminder.c.person_id.in_(here), reminder.c.sending_at >= found.imported_at)
    return bool(connection.scalar(select(went)))


def practices_of(connection: Connection, import_id: int) -> set[int]:
    """Return the practices in which an import registered people or gave them another role, and the one it was for."""
    found = set(connection.scalars(select(roster_import.c.practice_id).where(roster_import.c.id == import_id)))
    for key in ("joined", "role_in"):
        practice_id = import_change.c.after[key].as_integer()
        query = select(practice_id).where(import_change.c.import_id == import_id, practice_id.is_not(None)).distinct()
        found |= set(connection.scalars(query))
    return found


def kept(connection: Connection, import_id: int) -> list[int]:
    """Return who stays although they came with an import that was taken back: they were changed since."""
    present = and_(membership.c.person_id == import_change.c.person_id, membership.c.left_at.is_(None))
    query = select(import_change).join(membership, present).where(import_change.c.import_id == import_id)
    return sorted({row.person_id for row in connection.execute(query) if "created" in row.after})


def changes_of(connection: Connection, import_id: int) -> list[Change]:
    """Return what an import changed, the last change first."""
    query = select(import_change).where(import_change.c.import_id == import_id).order_by(import_change.c.id.desc())
    return [_change(row) for row in connection.execute(query)]


def later_changes(connection: Connection, import_id: int, person_ids: Collection[int]) -> dict[int, list[Change]]:
    """Return what imports after this one, and not taken back, changed of these people, the first change first."""
    standing = (
        select(import_change)
        .join(roster_import, roster_import.c.id == import_change.c.import_id)
        .where(import_change.c.import_id > import_id, roster_import.c.undone_at.is_(None))
        .order_by(import_change.c.id)
    )
    found: dict[int, list[Change]] = {}
    for row in rows_for(connection, person_ids, standing.where(import_change.c.person_id.in_(SOME))):
        found.setdefault(row.person_id, []).append(_change(row))
    return found


def _change(row: Row[Any]) -> Change:
    return Change(**row._mapping)  # noqa: SLF001 - the documented way to a row's mapping


def rewrite(connection: Connection, change: Change) -> None:
    """Keep a change that another import takes over."""
    values = {"import_id": change.import_id, "before": dict(change.before), "after": dict(change.after)}
    connection.execute(update(import_change).where(import_change.c.id == change.id).values(values))


def columns_that_differ(before: Person, after: Person) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the columns of a person in which two states differ, as JSON values: as they were and as they are."""
    differing = [column.name for column in person.c if getattr(before, column.name) != getattr(after, column.name)]
    was, now = ({name: plain(getattr(state, name)) for name in differing} for state in (before, after))
    return was, now


def plain(value: Any) -> Any:  # noqa: ANN401 - a value of any column
    """Return a column's value as JSON holds it: days and instants as ISO text."""
    return value.isoformat() if isinstance(value, date) else value


def mark_undone(connection: Connection, import_id: int, now: datetime) -> None:
    """Note that an import was taken back, and forget the figures it had read."""
    connection.execute(update(roster_import).where(roster_import.c.id == import_id).values(undone_at=now))
    connection.execute(delete(reading).where(reading.c.import_id == import_id))
