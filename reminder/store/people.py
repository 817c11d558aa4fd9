"""People, their memberships in practices, and their absences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, exists, func, insert, or_, select, update

from reminder.errors import UsageError
from reminder.policy.model import Mode, Role
from reminder.store.statements import rows_for
from reminder.store.tables import membership, person, practice

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from sqlalchemy import Connection, Row, Select


@dataclass(frozen=True, kw_only=True)
class Person:
    """Someone with one I&A account, and what holds of its clock now."""

    id: int
    name: str
    email: str
    second_email: str | None
    language: str | None
    user_id: str | None
    home_id: int | None
    registered_at: datetime
    registered_by: str
    greeted_at: datetime | None
    email_refused_at: datetime | None
    email_refused_reply: str | None
    second_refused_at: datetime | None
    reset_id: int | None
    reset_on: date | None
    expires_on: date | None
    known_on: date | None
    next_step_at: datetime | None

    @property
    def address(self) -> str | None:
        """Return where mail to this person goes: the second address only while the first is refused; None if neither."""
        if self.email_refused_at is None:
            return self.email
        return self.second_email if self.second_refused_at is None else None


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person in one practice."""

    person: Person
    practice_id: int
    role: Role
    registered_at: datetime
    left_at: datetime | None


PERSON_COLUMNS = tuple(person.c)


def _person(row: Row[Any]) -> Person:
    return Person(**{column.name: getattr(row, column.name) for column in PERSON_COLUMNS})


def add(
    connection: Connection, *, name: str, email: str, now: datetime, registered_by: str, **optional: str | None
) -> int:
    """Add a person and return the id; `optional`: second_email, language, user_id."""
    values = {"name": name, "email": email, "registered_at": now, "registered_by": registered_by, **optional}
    key: int = connection.execute(insert(person).values(next_step_at=now, **values).returning(person.c.id)).scalar_one()
    return key


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
    values = {"role": role, "registered_at": now, "registered_by": registered_by, "left_at": None}
    here = and_(membership.c.person_id == person_id, membership.c.practice_id == practice_id)
    if connection.execute(update(membership).where(here).values(values)).rowcount == 0:
        connection.execute(insert(membership).values(person_id=person_id, practice_id=practice_id, **values))
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


def settle_home(connection: Connection, person_id: int, now: datetime) -> None:
    """Give the person their home: the present one while it is live and they are in it, else the first live one, else
    the first. The clock is looked at again.
    """
    query = (
        select(practice.c.id)
        .join(membership, membership.c.practice_id == practice.c.id)
        .join(person, person.c.id == membership.c.person_id)
        .where(membership.c.person_id == person_id, membership.c.left_at.is_(None))
        .order_by(
            case((practice.c.mode == Mode.LIVE, 0), else_=1),
            case((practice.c.id == person.c.home_id, 0), else_=1),
            membership.c.registered_at,
            membership.c.id,
        )
        .limit(1)
    )
    home = connection.scalar(query)
    connection.execute(update(person).where(person.c.id == person_id).values(home_id=home, next_step_at=now))


def set_home(connection: Connection, person_id: int, practice_id: int, now: datetime) -> None:
    """Make one of the person's practices their home."""
    connection.execute(update(person).where(person.c.id == person_id).values(home_id=practice_id, next_step_at=now))


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


def change(connection: Connection, person_id: int, values: dict[str, Any]) -> None:
    """Overwrite columns of a person."""
    connection.execute(update(person).where(person.c.id == person_id).values(values))


def home_zone(connection: Connection, person_id: int) -> str:
    """Return the time zone of the person's home; UTC for somebody without a practice."""
    query = select(practice.c.zone).join(person, person.c.home_id == practice.c.id).where(person.c.id == person_id)
    return connection.scalar(query) or "UTC"


def load(connection: Connection, ids: Iterable[int]) -> dict[int, Person]:
    """Return the people with these ids, by id."""
    rows = rows_for(connection, list(ids), lambda some: select(person).where(person.c.id.in_(some)))
    return {row.id: _person(row) for row in rows}


def get(connection: Connection, person_id: int) -> Person | None:
    """Return one person."""
    return load(connection, [person_id]).get(person_id)


def with_email(connection: Connection, email: str) -> Person | None:
    """Return the person whose first or second address this is."""
    row = connection.execute(
        select(person).where(or_(person.c.email == email, person.c.second_email == email)).limit(1),
    ).first()
    return _person(row) if row else None


def with_user_id(connection: Connection, user_id: str) -> Person | None:
    """Return the person with this I&A user ID, letter case aside."""
    row = connection.execute(select(person).where(func.lower(person.c.user_id) == user_id.lower()).limit(1)).first()
    return _person(row) if row else None


def find(connection: Connection, who: str, practice_id: int | None = None) -> Person:
    """Return the person named by e-mail address, I&A user ID or number; raise UsageError if there is none."""
    who = who.strip()
    found = with_email(connection, who.lower()) or with_user_id(connection, who)
    if found is None and who.isdecimal():
        found = get(connection, int(who))
    if found is not None and practice_id is not None:
        roles = roles_of(connection, found.id)
        found = found if practice_id in roles else None
    if found is None:
        message = f"person: nobody here has the e-mail address, user ID or number {who!r}; see: reminder staff list"
        raise UsageError(message)
    return found


def roles_of(connection: Connection, person_id: int) -> dict[int, Role]:
    """Return the person's present practices and the role in each."""
    query = select(membership.c.practice_id, membership.c.role).where(
        membership.c.person_id == person_id,
        membership.c.left_at.is_(None),
    )
    return {row.practice_id: Role(row.role) for row in connection.execute(query.order_by(membership.c.id))}


def left_practices(connection: Connection, person_id: int) -> list[int]:
    """Return the practices that a person has left."""
    query = select(membership.c.practice_id).where(
        membership.c.person_id == person_id, membership.c.left_at.is_not(None)
    )
    return list(connection.scalars(query))


def member(connection: Connection, person_id: int, practice_id: int) -> Member | None:
    """Return a person as a member of one practice, also of one they have left."""
    query = _member_query().where(membership.c.practice_id == practice_id, person.c.id == person_id)
    row = connection.execute(query).first()
    return _member(row) if row else None


def practices_of(connection: Connection, ids: Collection[int]) -> dict[int, list[tuple[int, Role]]]:
    """Return the present memberships of several people: person id to (practice id, role)."""
    present = select(membership).where(membership.c.left_at.is_(None)).order_by(membership.c.id)
    found: dict[int, list[tuple[int, Role]]] = {}
    for row in rows_for(connection, ids, lambda some: present.where(membership.c.person_id.in_(some))):
        found.setdefault(row.person_id, []).append((row.practice_id, Role(row.role)))
    return found


def members(connection: Connection, practice_id: int, *, with_left: bool = False) -> list[Member]:
    """Return the members of a practice by name; those who left it only if asked for."""
    query = (
        _member_query().where(membership.c.practice_id == practice_id).order_by(func.lower(person.c.name), person.c.id)
    )
    if not with_left:
        query = query.where(membership.c.left_at.is_(None))
    return [_member(row) for row in connection.execute(query)]


def _member_query() -> Select[Any]:
    parts = (membership.c.role, membership.c.practice_id, membership.c.left_at)
    joined_at = membership.c.registered_at.label("joined_at")
    return select(person, *parts, joined_at).join(membership, membership.c.person_id == person.c.id)


def _member(row: Row[Any]) -> Member:
    return Member(
        person=_person(row),
        practice_id=row.practice_id,
        role=Role(row.role),
        registered_at=row.joined_at,
        left_at=row.left_at,
    )


def due(connection: Connection, now: datetime, limit: int) -> list[Person]:
    """Lock and return people whose clock is to be looked at, the longest waiting first."""
    query = (
        select(person)
        .where(person.c.next_step_at <= now)
        .order_by(person.c.next_step_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_person(row) for row in connection.execute(query)]


def look_again_at(connection: Connection, at_by_person: dict[int, datetime | None]) -> None:
    """Set when each clock is to be looked at next."""
    rows = [{"key": key, "at": at} for key, at in at_by_person.items()]
    if rows:
        statement = update(person).where(person.c.id == bindparam("key")).values(next_step_at=bindparam("at"))
        connection.execute(statement, rows)


def look_again_all(connection: Connection, now: datetime) -> None:
    """Have every clock looked at by the next tick."""
    connection.execute(update(person).where(person.c.home_id.is_not(None)).values(next_step_at=now))


def registered_count(connection: Connection) -> int:
    """Return how many people are in some practice."""
    active = exists().where(membership.c.person_id == person.c.id, membership.c.left_at.is_(None))
    return connection.scalar(select(func.count()).select_from(person).where(active)) or 0
