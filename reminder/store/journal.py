"""Reads the audit log for one viewer: what was done in their practices, and to their people; nothing of others."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select

from reminder.store.events import Event
from reminder.store.tables import event, membership

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

FEW = 2000
"""Of so many people the events are looked up by person; of more, the log is read from its end."""

# The sums keep SQLite from choosing an index by practice where one by person is meant, and the other way round.
_practice, _person = event.c.practice_id + 0, event.c.person_id + 0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which events: of which practices, about which people, of which actions, by whom, from when to before when.

    `installation`: actions of the whole installation that this viewer may see; `colleagues`: whose own account they
    may see things of, as actors. None: whatever it is.
    """

    practice_ids: Collection[int]
    person_ids: Collection[int] | None = None
    actions: Collection[str] | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    installation: Collection[str] = ()
    colleagues: Collection[str] = ()


def read(connection: Connection, wanted: Wanted, *, limit: int, before: int | None = None) -> list[Event]:
    """Return the latest events that a viewer may see; `before`: only those with a smaller number."""
    narrowed = _narrowed(wanted, before)
    each = [
        map(_event, connection.execute(select(event).where(one, *narrowed).order_by(event.c.id.desc()).limit(limit)))
        for one in _visible(connection, wanted)
    ]
    return list(islice(merge(*each, key=lambda found: found.id, reverse=True), limit))


def undone(connection: Connection, action: str, since: datetime) -> set[int]:
    """Return the numbers of the events that events of this action, recorded since then, have taken back."""
    query = select(event.c.detail).where(event.c.happened_at >= since, event.c.action == action)
    return {detail["event"] for detail in connection.scalars(query) if "event" in detail}


def _event(row: Any) -> Event:  # noqa: ANN401 - a row of the table
    return Event(**row._mapping)  # noqa: SLF001 - the documented way to a row's mapping


def _narrowed(wanted: Wanted, before: int | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if before is not None:
        found.append(event.c.id < before)
    if wanted.actions is not None:
        found.append(event.c.action.in_(wanted.actions))
    if wanted.actor is not None:
        found.append(event.c.actor == wanted.actor)
    if wanted.since is not None:
        found.append(event.c.happened_at >= wanted.since)
    if wanted.until is not None:
        found.append(event.c.happened_at < wanted.until)
    return found


def _visible(connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return conditions that exclude each other and together hold what may be seen, each with an index of its own."""
    if wanted.person_ids is not None:
        about = event.c.person_id.in_(wanted.person_ids)
        return [and_(about, or_(_practice.in_(wanted.practice_ids), and_(_practice.is_(None), _was_here(wanted))))]
    return [
        *(event.c.practice_id == key for key in wanted.practice_ids),
        _about_members(connection, wanted),
        and_(event.c.person_id.is_(None), _practice.is_(None), _of_the_installation(wanted)),
    ]


def _about_members(connection: Connection, wanted: Wanted) -> ColumnElement[bool]:
    """Select what stands under no practice: what people did themselves, and what any of their practices may know."""
    here = select(membership.c.person_id).where(membership.c.practice_id.in_(wanted.practice_ids))
    members = list(connection.scalars(here.limit(FEW + 1)))
    if len(members) > FEW:
        return and_(event.c.practice_id.is_(None), _person.is_not(None), _was_here(wanted))
    return and_(event.c.person_id.in_(members), _practice.is_(None), _was_here(wanted))


def _was_here(wanted: Wanted) -> ColumnElement[bool]:
    """Require that the person belonged to one of the practices then: what happens to them elsewhere is not told."""
    return (
        select(membership.c.id)
        .where(
            membership.c.person_id == event.c.person_id,
            membership.c.practice_id.in_(wanted.practice_ids),
            membership.c.registered_at <= event.c.happened_at,
            or_(membership.c.left_at.is_(None), membership.c.left_at >= event.c.happened_at),
        )
        .exists()
    )


def _of_the_installation(wanted: Wanted) -> ColumnElement[bool]:
    return or_(event.c.action.in_(wanted.installation), event.c.actor.in_(wanted.colleagues))
