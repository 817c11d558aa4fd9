"""People, their memberships in practices, and their absences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, bindparam, exists, func, insert, or_, select, update

from reminder.errors import UsageError
from reminder.store.statements import NOW, SOME, rows_for
from reminder.store.tables import membership, person

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row


class Person(NamedTuple):
    """Someone with one I&A account, and what holds of its clock now: the columns of the table, in their order."""

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


WIDTH = len(Person._fields)


def _person(row: Row[Any]) -> Person:
    """Return the person whose columns a row begins with."""
    return Person._make(row[:WIDTH])


_new = insert(person).returning(person.c.id)


def add(
    connection: Connection, *, name: str, email: str, now: datetime, registered_by: str, **optional: str | None
) -> int:
    """Add a person and return the id; `optional`: second_email, language, user_id."""
    values = {"name": name, "email": email, "registered_at": now, "registered_by": registered_by, **optional}
    key: int = connection.execute(_new, {"next_step_at": now, **values}).scalar_one()
    return key


_one = update(person).where(person.c.id == bindparam("who"))
_memberships_of_one = update(membership).where(membership.c.person_id == bindparam("who"))


def set_clocks(connection: Connection, clocks: Sequence[Mapping[str, Any]]) -> None:
    """Keep what follows from the resets that count, and their ends in the memberships, by which lists are read.

    Each clock holds `person_id`, `expires_on`, and whatever else of the person changes, the same for all.
    """
    rows = [{("who" if name == "person_id" else name): value for name, value in one.items()} for one in clocks]
    if rows:
        connection.execute(_one, rows)
        ends = [{"who": row["who"], "expires_on": row["expires_on"]} for row in rows]
        connection.execute(_memberships_of_one, ends)


def change(connection: Connection, person_id: int, values: dict[str, Any]) -> None:
    """Overwrite columns of a person."""
    connection.execute(_one, {"who": person_id, **values})


def greet(connection: Connection, ids: Collection[int], now: datetime) -> None:
    """Note that the first mail ever was written to these people."""
    if ids:
        connection.execute(update(person).where(person.c.id.in_(ids)).values(greeted_at=now))


_these = select(person).where(person.c.id.in_(SOME))


def load(connection: Connection, ids: Iterable[int]) -> dict[int, Person]:
    """Return the people with these ids, by id."""
    return {row.id: _person(row) for row in rows_for(connection, list(ids), _these)}


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
        here = and_(membership.c.person_id == found.id, membership.c.practice_id == practice_id)
        is_there = connection.scalar(select(membership.c.id).where(here, membership.c.left_at.is_(None)))
        found = found if is_there else None
    if found is None:
        message = f"person: nobody here has the e-mail address, user ID or number {who!r}; see: reminder staff list"
        raise UsageError(message)
    return found


_due = (
    select(person)
    .where(person.c.next_step_at <= NOW)
    .order_by(person.c.next_step_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


def due(connection: Connection, now: datetime, limit: int) -> list[Person]:
    """Lock and return people whose clock is to be looked at, the longest waiting first."""
    return [_person(row) for row in connection.execute(_due, {"now": now, "most": limit})]


def lock(connection: Connection, ids: Collection[int]) -> None:
    """Keep the planner and others away from some people until the transaction ends."""
    for _ in rows_for(connection, sorted(ids), select(person.c.id).where(person.c.id.in_(SOME)).with_for_update()):
        pass


_look_again_at = update(person).where(person.c.id == bindparam("key")).values(next_step_at=bindparam("at"))


def look_again_at(connection: Connection, at_by_person: dict[int, datetime | None]) -> None:
    """Set when each clock is to be looked at next."""
    rows = [{"key": key, "at": at} for key, at in at_by_person.items()]
    if rows:
        connection.execute(_look_again_at, rows)


def look_again_all(connection: Connection, now: datetime) -> None:
    """Have every clock looked at by the next tick."""
    connection.execute(update(person).where(person.c.home_id.is_not(None)).values(next_step_at=now))


def registered_count(connection: Connection) -> int:
    """Return how many people are in some practice."""
    active = exists().where(membership.c.person_id == person.c.id, membership.c.left_at.is_(None))
    return connection.scalar(select(func.count()).select_from(person).where(active)) or 0
