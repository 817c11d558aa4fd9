"""Who is in which practice, with which role, and where each person is at home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, func, insert, select, update

from reminder.policy.model import Mode, Role
from reminder.store import people
from reminder.store.people import Person, _person
from reminder.store.statements import SOME, rows_for
from reminder.store.tables import membership, person, practice

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person in one practice."""

    person: Person
    practice_id: int
    role: Role
    registered_at: datetime
    left_at: datetime | None


def join_practice(
    connection: Connection,
    person_id: int,
    practice_id: int,
    role: Role,
    *,
    now: datetime,
    registered_by: str,
) -> None:
    """Make a person a member of a practice, again if they had left it, and settle where their home is."""
    expiry = select(person.c.expires_on).where(person.c.id == person_id).scalar_subquery()
    values = {
        "role": role,
        "registered_at": now,
        "registered_by": registered_by,
        "left_at": None,
        "expires_on": expiry,
        "is_home": False,
    }
    here = and_(membership.c.person_id == person_id, membership.c.practice_id == practice_id)
    if connection.execute(update(membership).where(here).values(values)).rowcount == 0:
        connection.execute(insert(membership).values(person_id=person_id, practice_id=practice_id, **values))
    settle_home(connection, person_id, now)


def return_to_practice(connection: Connection, person_id: int, practice_id: int, now: datetime, *, home: bool) -> None:
    """Take a leaving back: the same membership with the same role; `home`: it was the person's home."""
    here = and_(membership.c.person_id == person_id, membership.c.practice_id == practice_id)
    connection.execute(update(membership).where(here).values(left_at=None))
    if home:
        set_home(connection, person_id, practice_id, now)
    settle_home(connection, person_id, now)


def leave_practice(connection: Connection, person_id: int, practice_id: int, now: datetime) -> None:
    """End a membership; the home passes on to the next practice."""
    here = and_(membership.c.person_id == person_id, membership.c.practice_id == practice_id)
    connection.execute(update(membership).where(here, membership.c.left_at.is_(None)).values(left_at=now))
    settle_home(connection, person_id, now)


def set_role(connection: Connection, person_id: int, practice_id: int, role: Role) -> None:
    """Change the role of a member."""
    here = and_(membership.c.person_id == person_id, membership.c.practice_id == practice_id)
    connection.execute(update(membership).where(here).values(role=role))


_home = (
    select(practice.c.id)
    .join(membership, membership.c.practice_id == practice.c.id)
    .join(person, person.c.id == membership.c.person_id)
    .where(membership.c.person_id == bindparam("who"), membership.c.left_at.is_(None))
    .order_by(
        case((practice.c.mode == Mode.LIVE, 0), else_=1),
        case((practice.c.id == person.c.home_id, 0), else_=1),
        membership.c.registered_at,
        membership.c.id,
    )
    .limit(1)
)


def settle_home(connection: Connection, person_id: int, now: datetime) -> None:
    """Give the person their home: the present one while it is live and they are in it, else the first live one, else
    the first. The clock is looked at again.
    """
    set_home(connection, person_id, connection.scalar(_home, {"who": person_id}), now)


_set_home = (
    update(membership)
    .where(membership.c.person_id == bindparam("who"))
    .values(is_home=membership.c.practice_id == bindparam("home"))
)
_set_no_home = update(membership).where(membership.c.person_id == bindparam("who")).values(is_home=False)


def set_home(connection: Connection, person_id: int, practice_id: int | None, now: datetime) -> None:
    """Make one of the person's practices their home; None for somebody who is in none."""
    people.change(connection, person_id, {"home_id": practice_id, "next_step_at": now})
    if practice_id is None:
        connection.execute(_set_no_home, {"who": person_id})
    else:
        connection.execute(_set_home, {"who": person_id, "home": practice_id})


def register_again(connection: Connection, practice_id: int, now: datetime) -> list[int]:
    """Treat every member as registered now, as on going live; return who they are."""
    ids = list(connection.scalars(_active_ids(practice_id)))
    for person_id in ids:
        settle_home(connection, person_id, now)
    homed = and_(person.c.id.in_(ids), person.c.home_id == practice_id)
    connection.execute(update(person).where(homed).values(registered_at=now))
    return ids


def _active_ids(practice_id: int) -> Any:  # noqa: ANN401 - a select of one column
    return select(membership.c.person_id).where(
        membership.c.practice_id == practice_id,
        membership.c.left_at.is_(None),
    )


def zones(connection: Connection, person_ids: Collection[int]) -> dict[int, str]:
    """Return the time zones of the homes of these people, by the number of the practice."""
    query = select(practice.c.id, practice.c.zone).join(person, person.c.home_id == practice.c.id).distinct()
    rows = rows_for(connection, person_ids, query.where(person.c.id.in_(SOME)))
    return {row.id: row.zone for row in rows}


def home_zone(connection: Connection, person_id: int) -> str:
    """Return the time zone of the person's home; UTC for somebody without a practice."""
    return home_zones(connection, [person_id]).get(person_id, "UTC")


_home_zones = (
    select(person.c.id, practice.c.zone).join(practice, person.c.home_id == practice.c.id).where(person.c.id.in_(SOME))
)


def home_zones(connection: Connection, person_ids: Collection[int]) -> dict[int, str]:
    """Return the time zone of each one's home, by person."""
    return {row.id: row.zone for row in rows_for(connection, person_ids, _home_zones)}


_roles_of = (
    select(membership.c.practice_id, membership.c.role)
    .where(membership.c.person_id == bindparam("who"), membership.c.left_at.is_(None))
    .order_by(membership.c.id)
)


def roles_of(connection: Connection, person_id: int) -> dict[int, Role]:
    """Return the person's present practices and the role in each."""
    return {row.practice_id: Role(row.role) for row in connection.execute(_roles_of, {"who": person_id})}


def left_practices(connection: Connection, person_id: int) -> list[int]:
    """Return the practices that a person has left."""
    query = select(membership.c.practice_id).where(
        membership.c.person_id == person_id, membership.c.left_at.is_not(None)
    )
    return list(connection.scalars(query))


_members = select(
    person,
    membership.c.role,
    membership.c.practice_id,
    membership.c.left_at,
    membership.c.registered_at.label("joined_at"),
).join(membership, membership.c.person_id == person.c.id)
_some_members = _members.where(person.c.id.in_(SOME))
_by_name = _members.order_by(func.lower(person.c.name), person.c.id)
_in_roles = _by_name.where(
    membership.c.left_at.is_(None),
    membership.c.role.in_(bindparam("roles", expanding=True)),
    membership.c.practice_id.in_(SOME),
)


def member(connection: Connection, person_id: int, practice_id: int) -> Member | None:
    """Return a person as a member of one practice, also of one they have left."""
    query = _members.where(membership.c.practice_id == practice_id, person.c.id == person_id)
    row = connection.execute(query).first()
    return _member(row) if row else None


def some_members(connection: Connection, keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], Member]:
    """Return the members with these (person, practice), by that pair."""
    ids = {person_id for person_id, _ in keys}
    found = {(row.id, row.practice_id): row for row in rows_for(connection, ids, _some_members)}
    return {key: _member(found[key]) for key in keys if key in found}


def all_of(connection: Connection, person_id: int) -> list[Member]:
    """Return a person as a member of each of their practices, those they have left too."""
    rows = connection.execute(_members.where(person.c.id == person_id).order_by(membership.c.id))
    return [_member(row) for row in rows]


_present = (
    select(membership).where(membership.c.left_at.is_(None), membership.c.person_id.in_(SOME)).order_by(membership.c.id)
)


def practices_of(connection: Connection, ids: Collection[int]) -> dict[int, list[tuple[int, Role]]]:
    """Return the present memberships of several people: person id to (practice id, role)."""
    found: dict[int, list[tuple[int, Role]]] = {}
    for row in rows_for(connection, ids, _present):
        found.setdefault(row.person_id, []).append((row.practice_id, Role(row.role)))
    return found


def members(connection: Connection, practice_id: int, *, with_left: bool = False) -> list[Member]:
    """Return the members of a practice by name; those who left it only if asked for."""
    query = _by_name.where(membership.c.practice_id == practice_id)
    if not with_left:
        query = query.where(membership.c.left_at.is_(None))
    return [_member(row) for row in connection.execute(query)]


def in_roles(connection: Connection, practice_ids: Collection[int], roles: Collection[Role]) -> list[Member]:
    """Return the present members of several practices who have one of these roles, by name."""
    return [_member(row) for row in rows_for(connection, practice_ids, _in_roles, roles=list(roles))]


def count(connection: Connection, practice_id: int, roles: Collection[Role] | None = None) -> int:
    """Return how many people are in a practice, in these roles or in all."""
    present = and_(membership.c.practice_id == practice_id, membership.c.left_at.is_(None))
    if roles is not None:
        present = and_(present, membership.c.role.in_(roles))
    return connection.scalar(select(func.count()).select_from(membership).where(present)) or 0


def _member(row: Row[Any]) -> Member:
    return Member(
        person=_person(row),
        practice_id=row.practice_id,
        role=Role(row.role),
        registered_at=row.joined_at,
        left_at=row.left_at,
    )
