"""What the page of messages reads: boxes of mails, page by page, as quick with a million mails as with ten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, func, literal, or_, select, true, tuple_

from reminder.policy.model import Kind, State
from reminder.store.outbox import Reminder, _reminder
from reminder.store.people import Person, _person
from reminder.store.tables import is_leased, is_waiting, membership, person, reminder

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection


class Box(StrEnum):
    """Where a mail lies: still to go, gone, given up, perhaps gone, or any of these and what was called off."""

    OUTBOX = "outbox"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in-doubt"
    ALL = "all"


IN: dict[Box, tuple[ColumnElement[bool], ...]] = {
    Box.OUTBOX: (and_(is_waiting, reminder.c.state != State.IN_DOUBT), is_leased),
    Box.IN_DOUBT: (and_(is_waiting, reminder.c.state == State.IN_DOUBT),),
    Box.SENT: (reminder.c.state == State.SENT,),
    Box.FAILED: (reminder.c.state == State.FAILED,),
    Box.ALL: (reminder.c.id.is_not(None),),
}
"""Which mails lie in a box: those of one condition or the other, each with an index of its own."""

ORDER = {
    Box.OUTBOX: reminder.c.urgent_on,
    Box.IN_DOUBT: reminder.c.urgent_on,
    Box.FAILED: reminder.c.failed_at,
    Box.SENT: reminder.c.planned_at,
    Box.ALL: reminder.c.planned_at,
}
"""By what a box is sorted, each with an index: what waits the most urgent first, the others the latest first."""

RISING = frozenset({Box.OUTBOX, Box.IN_DOUBT})
"""What waits: little, and in one index for all practices. The others are long, and sorted within each practice."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some mails of a box. `after`: where the next page begins; None on the last one."""

    rows: list[Reminder]
    after: str | None


def page(
    connection: Connection,
    box: Box,
    practice_ids: Collection[int],
    *,
    size: int,
    after: str | None = None,
    person_ids: Collection[int] | None = None,
) -> Page:
    """Return a page of a box of these practices, of certain people if they are named.

    `after`: what the page before gave; a text that no page gave begins at the beginning.
    """
    wanted: ColumnElement[bool] = true() if person_ids is None else reminder.c.person_id.in_(person_ids)
    mark = _read_mark(box, after)
    if mark is not None:
        mine, place = tuple_(ORDER[box], reminder.c.id), tuple_(*mark)
        wanted = and_(wanted, mine > place if box in RISING else mine < place)
    queries = [_query(box, and_(condition, wanted), size + 1) for condition in conditions(box, practice_ids)]
    each = [map(_reminder, connection.execute(query)) for query in queries]
    found = merge(*each, key=_place(box), reverse=box not in RISING)
    rows = list(islice(found, size + 1))
    return Page(rows=rows[:size], after=_mark(box, rows[size - 1]) if len(rows) > size else None)


def conditions(box: Box, practice_ids: Collection[int]) -> list[ColumnElement[bool]]:
    """Return what selects a box of these practices: conditions that exclude each other, each read from one index."""
    if box in RISING:
        # The sum keeps SQLite from choosing the index by practice, which does not know what waits.
        return [and_(condition, (reminder.c.practice_id + 0).in_(practice_ids)) for condition in IN[box]]
    return [and_(condition, reminder.c.practice_id == key) for condition in IN[box] for key in practice_ids]


def _query(box: Box, wanted: ColumnElement[bool], limit: int) -> Select[Any]:
    by = (ORDER[box], reminder.c.id)
    order = by if box in RISING else tuple(column.desc() for column in by)
    return select(reminder).where(wanted).order_by(*order).limit(limit)


def _place(box: Box) -> Any:  # noqa: ANN401 - a sorting key
    name = ORDER[box].name
    return lambda row: (getattr(row, name), row.id)


def _mark(box: Box, row: Reminder) -> str:
    return f"{getattr(row, ORDER[box].name).isoformat()}~{row.id}"


def _read_mark(box: Box, text: str | None) -> tuple[Any, Any] | None:
    value, _, number = (text or "").partition("~")
    try:
        moment = date.fromisoformat(value) if box in RISING else datetime.fromisoformat(value)
        key = int(number)
    except ValueError:
        return None
    if isinstance(moment, datetime) and moment.tzinfo is None:
        return None
    return literal(moment, ORDER[box].type), literal(key)


def counts(connection: Connection, practice_ids: Collection[int]) -> dict[Box, int]:
    """Return how many mails of these practices still have to go, were given up, or are in doubt."""
    mails = select(func.count()).select_from(reminder)
    return {
        box: sum(connection.scalar(mails.where(wanted)) or 0 for wanted in conditions(box, practice_ids))
        for box in (Box.OUTBOX, Box.FAILED, Box.IN_DOUBT)
    }


def failed_kinds(connection: Connection, practice_ids: Collection[int]) -> dict[Kind, int]:
    """Return how many mails of each kind were given up."""
    query = select(reminder.c.kind, func.count().label("mails")).group_by(reminder.c.kind).order_by(reminder.c.kind)
    rows = connection.execute(query.where(reminder.c.practice_id.in_(practice_ids), *IN[Box.FAILED]))
    return {Kind(row.kind): row.mails for row in rows}


def failed_of_kind(connection: Connection, practice_ids: Collection[int], kind: Kind) -> list[int]:
    """Return the numbers of the mails of a kind that were given up."""
    mine = and_(reminder.c.practice_id.in_(practice_ids), *IN[Box.FAILED], reminder.c.kind == kind)
    return list(connection.scalars(select(reminder.c.id).where(mine).order_by(reminder.c.id)))


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How many mails of a kind a practice has waiting, and to how many addresses they go."""

    practice_id: int
    kind: Kind
    mails: int
    recipients: int


def waiting_summary(connection: Connection) -> list[Waiting]:
    """Return what would go if a held queue were released: every practice's mails by kind."""
    query = (
        select(
            reminder.c.practice_id,
            reminder.c.kind,
            func.count().label("mails"),
            func.count(reminder.c.recipient.distinct()).label("recipients"),
        )
        .where(is_waiting)
        .group_by(reminder.c.practice_id, reminder.c.kind)
        .order_by(reminder.c.practice_id, reminder.c.kind)
    )
    return [
        Waiting(practice_id=row.practice_id, kind=Kind(row.kind), mails=row.mails, recipients=row.recipients)
        for row in connection.execute(query)
    ]


def waiting_times(connection: Connection) -> list[tuple[datetime, datetime | None, int, int]]:
    """Return from which instant on until when how many mails of the whole installation may go, and one of the practices
    that they are from.
    """
    window = (reminder.c.next_at, reminder.c.closes_at)
    counted = select(*window, func.count().label("mails"), func.min(reminder.c.practice_id).label("practice_id"))
    query = counted.where(is_waiting, reminder.c.next_at.is_not(None)).group_by(*window)
    return [(row.next_at, row.closes_at, row.mails, row.practice_id) for row in connection.execute(query)]


def people_named(connection: Connection, practice_ids: Collection[int], text: str, limit: int = 200) -> list[int]:
    """Return who in these practices, past members included, has the text in their name or an address."""
    columns = (person.c.name, person.c.email, person.c.second_email)
    like = or_(*(func.lower(column).contains(text.strip().lower(), autoescape=True) for column in columns))
    here = select(membership.c.person_id).where(membership.c.practice_id.in_(practice_ids))
    query = select(person.c.id).where(person.c.id.in_(here), like).order_by(person.c.id).limit(limit)
    return list(connection.scalars(query))


def unreachable(
    connection: Connection, practice_ids: Collection[int], *, size: int, after: int = 0
) -> tuple[list[Person], int | None]:
    """Return people of these practices whose every address is refused, and after whom the next page begins."""
    query = _unreachable(select(person), practice_ids).where(person.c.id > after).order_by(person.c.id)
    rows = [_person(row) for row in connection.execute(query.limit(size + 1))]
    return rows[:size], rows[size - 1].id if len(rows) > size else None


def unreachable_count(connection: Connection, practice_ids: Collection[int]) -> int:
    """Return how many people of these practices no address reaches."""
    return connection.scalar(_unreachable(select(func.count()).select_from(person), practice_ids)) or 0


def _unreachable(query: Select[Any], practice_ids: Collection[int]) -> Select[Any]:
    here = (
        select(membership.c.id)
        .where(
            membership.c.person_id == person.c.id,
            membership.c.practice_id.in_(practice_ids),
            membership.c.left_at.is_(None),
        )
        .exists()
    )
    no_other = or_(person.c.second_email.is_(None), person.c.second_refused_at.is_not(None))
    return query.where(person.c.email_refused_at.is_not(None), no_other, here)
