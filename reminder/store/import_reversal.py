"""Rows as they stood before an import, so that taking it back leaves them exactly so."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, and_, delete, exists, or_, select, update

from reminder.policy.model import State
from reminder.store import people
from reminder.store.imports import plain
from reminder.store.outbox import ABOUT_THE_CLOCK, CLOCK, UNSENT
from reminder.store.statements import SOME, chunks, rows_for
from reminder.store.tables import (
    Instant,
    absence,
    event,
    import_change,
    membership,
    person,
    practice,
    reading,
    reminder,
    reset,
    skipped_step,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection, Table

    from reminder.store.imports import Import

_MEMBER = ("role", "registered_at", "registered_by", "left_at")
_CALLED_OFF = ("state", "reason", "next_at", "planned_at", "cancelled_at")
"""What calling a reminder off, and calling it back, writes."""


def typed(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns kept as JSON with days and instants again."""
    return {name: _typed(table, name, value) for name, value in values.items()}


def _typed(table: Table, name: str, value: Any) -> Any:  # noqa: ANN401 - a value of any column
    if value is None:
        return None
    if isinstance(table.c[name].type, Instant):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(table.c[name].type, Date) else value


def put_columns(connection: Connection, person_id: int, values: Mapping[str, Any]) -> None:
    """Make columns of a person what they were, given as JSON values."""
    people.change(connection, person_id, typed(person, values))


def membership_row(connection: Connection, person_id: int, practice_id: int) -> dict[str, Any] | None:
    """Return a membership, present or ended, as JSON values; None if there never was one."""
    row = connection.execute(
        select(*(membership.c[name] for name in _MEMBER)).where(_member(person_id, practice_id))
    ).first()
    return {name: plain(getattr(row, name)) for name in _MEMBER} if row else None


def put_membership(connection: Connection, person_id: int, practice_id: int, values: Mapping[str, Any] | None) -> None:
    """Make a membership what it was; None: it never was."""
    mine = _member(person_id, practice_id)
    if values is None:
        connection.execute(delete(membership).where(mine))
    else:
        connection.execute(update(membership).where(mine).values(typed(membership, values)))


def _member(person_id: int, practice_id: int) -> Any:  # noqa: ANN401 - a condition
    return and_(membership.c.person_id == person_id, membership.c.practice_id == practice_id)


def waiting_rows(connection: Connection, person_ids: Collection[int]) -> dict[int, dict[str, dict[str, Any]]]:
    """Return each person's reminders that a new date would call off, or that taking it back would call back."""
    present = and_(reminder.c.state == State.CANCELLED, reminder.c.kind.in_(CLOCK))
    query = (
        select(reminder)
        .join(person, person.c.id == reminder.c.person_id)
        .where(
            reminder.c.kind.in_(ABOUT_THE_CLOCK),
            or_(reminder.c.state.in_(UNSENT), and_(present, reminder.c.cycle_on == person.c.expires_on)),
        )
    )
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for row in rows_for(connection, person_ids, query.where(reminder.c.person_id.in_(SOME))):
        values = {name: plain(getattr(row, name)) for name in _CALLED_OFF}
        if row.state == State.CLAIMED:  # its sender lets go of it when it finds it called off
            values["state"] = State.PLANNED
        found.setdefault(row.person_id, {})[str(row.id)] = values
    return found


def put_waiting_rows(connection: Connection, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Make reminders that were called off, or called back, what they were before."""
    for number, values in rows.items():
        mine = and_(reminder.c.id == int(number), reminder.c.state.in_((State.PLANNED, State.CANCELLED)))
        connection.execute(update(reminder).where(mine).values(typed(reminder, values)))


def untouched(connection: Connection, stands_for: Mapping[int, Collection[Import]]) -> set[int]:
    """Return which of these people nobody has done anything about but the imports that are given for each."""
    traces = (
        exists().where(event.c.person_id == person.c.id),
        exists().where(absence.c.person_id == person.c.id),
        exists().where(skipped_step.c.person_id == person.c.id),
        exists().where(practice.c.escalate_to == person.c.id),
    )
    touched = select(person.c.id.label("person_id")).where(or_(*traces))
    found = {row.person_id for row in rows_for(connection, stands_for, touched.where(person.c.id.in_(SOME)))}
    undone = select(reset.c.undoes_id).where(reset.c.undoes_id.is_not(None))
    others = select(reset).where(
        reset.c.undoes_id.is_(None), or_(reset.c.import_id.is_(None), reset.c.id.not_in(undone))
    )
    for row in rows_for(connection, stands_for, others.where(reset.c.person_id.in_(SOME))):
        if row.import_id not in {one.id for one in stands_for[row.person_id]}:
            found.add(row.person_id)
    for row in rows_for(connection, stands_for, select(membership).where(membership.c.person_id.in_(SOME))):
        if row.left_at or row.registered_at not in {one.imported_at for one in stands_for[row.person_id]}:
            found.add(row.person_id)
    return stands_for.keys() - found


def never_mailed(connection: Connection, person_ids: Collection[int]) -> set[int]:
    """Return which of these people no mail was ever claimed for."""
    query = select(reminder.c.person_id).where(reminder.c.fence > 0).distinct()
    mailed = rows_for(connection, person_ids, query.where(reminder.c.person_id.in_(SOME)))
    return set(person_ids) - {row.person_id for row in mailed}


def forget(connection: Connection, person_ids: Collection[int]) -> None:
    """Delete people whom an import registered by mistake, and all that hangs on them."""
    for some in chunks(person_ids):
        for table in (reminder, reading, import_change, reset, membership):
            connection.execute(delete(table).where(table.c.person_id.in_(some)))
        connection.execute(delete(person).where(person.c.id.in_(some)))
