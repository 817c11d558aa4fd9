"""Lists of people of any size: how many stand where, and one page of them, without reading everybody.

Where somebody stands follows from their expiry date: each status is a range of dates, so SQL counts and reads it from
an index. The few whose status needs more than that (whoever is away, visits from another practice, or has an address
that is refused) are judged one by one, as everywhere, and put where they belong.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, bindparam, case, exists, false, func, or_, select, true

from reminder.policy.model import Role
from reminder.policy.moments import local_date
from reminder.policy.parts import BY_DATE, HOLDING, Part
from reminder.policy.status import due_until
from reminder.store import specials
from reminder.store.recall import recall
from reminder.store.specials import Calendar
from reminder.store.statements import holding
from reminder.store.tables import membership, person

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection

    from reminder.policy.parts import Dates
    from reminder.store.practices import Practice
    from reminder.store.specials import Special

PAGE = 50
"""People on one page."""

MOST_FOUND = 1000
"""A search counts and shows so many; whoever looks for somebody among more of them types another letter."""


SHORT = 1000
"""A list of so many lines is read whole as fast as the special ones among them are looked for elsewhere."""


class Order(StrEnum):
    """By what a list is sorted."""

    DATE = "date"
    NAME = "name"
    ROLE = "role"


class Key(NamedTuple):
    """One line of a list: a person in a practice."""

    person_id: int
    practice_id: int


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be listed. `words`: each must stand in the name, an address or the user ID, or be this role's name."""

    part: Part = Part.EVERYBODY
    words: tuple[tuple[str, Role | None], ...] = ()
    role: Role | None = None
    order: Order = Order.DATE
    backwards: bool = False

    @property
    def is_narrowed(self) -> bool:
        """Tell whether more than a part is asked for, so that the parts' counts do not say how many fit."""
        return bool(self.words or self.role)


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a list, and how many fit in all; `is_cut`: more than that, it was not counted how many."""

    keys: tuple[Key, ...]
    total: int
    is_cut: bool = False


class Listing:
    """The people of some practices, as they stand at an instant. Nobody of another practice is ever in it."""

    def __init__(self, connection: Connection, here: Mapping[int, Practice], now: datetime) -> None:
        """Take the practices by their ids; those with the same calendar are counted and read together."""
        self._connection, self._here, self._now = connection, here, now
        together: dict[tuple[date, date], list[int]] = {}
        for key, practice in here.items():
            today = local_date(now, practice.schedule.zone)
            together.setdefault((today, due_until(today, practice.schedule)), []).append(key)
        self._calendars = [
            Calendar(today=today, until=until, practice_ids=tuple(ids)) for (today, until), ids in together.items()
        ]
        # Midnight comes at a full quarter of an hour of UTC, wherever it comes.
        self._asked = ("where they stand", *self._calendars, now.timestamp() // 900)

    @cached_property
    def counts(self) -> dict[Part, int]:
        """Return how many lines each part has; somebody of two of the practices has two."""
        return self._counted(one_each=False)

    @cached_property
    def people(self) -> dict[Part, int]:
        """Return how many people stand in each part."""
        return self._counted(one_each=True)

    @cached_property
    def _where_they_stand(self) -> tuple[dict[Part, int], list[Special]]:
        """Return how many are where by their dates alone, and whoever stands elsewhere."""

        def work_out() -> tuple[dict[Part, int], list[Special]]:
            by_date = self._count_by_date()
            is_short = sum(by_date.values()) <= SHORT
            judged = specials.judged(self._connection, self._here, self._calendars, self._now, is_short=is_short)
            return by_date, judged

        return recall(self._connection, self._asked, work_out)

    def _count_by_date(self) -> dict[Part, int]:
        found = dict.fromkeys(BY_DATE, 0)
        for calendar in self._calendars:
            lines = select(func.count()).select_from(membership).where(_present(calendar.practice_ids))
            parts = {part: dates for part in BY_DATE if (dates := calendar.dates(part))}
            counts = (lines.where(_condition(dates)).scalar_subquery() for dates in parts.values())
            for part, count in zip(parts, self._connection.execute(select(*counts)).one(), strict=True):
                found[part] += count
        return found

    def _counted(self, *, one_each: bool) -> dict[Part, int]:
        by_date, others = self._where_they_stand
        found = {part: sum(n for one, n in by_date.items() if part in HOLDING[one]) for part in Part}
        seen: set[int] = set()
        for special in others:
            again = one_each and special.person_id in seen
            seen.add(special.person_id)
            for part in special.by_date:
                found[part] -= 1
            for part in special.parts if not again else ():
                found[part] += 1
        return found

    def page(self, wanted: Wanted, number: int = 1) -> Page:
        """Return one page of what is wanted, counted from 1; the last one for a greater number."""
        if wanted.is_narrowed:
            keys = self._read(wanted, limit=MOST_FOUND + 1)
            total, start = min(len(keys), MOST_FOUND), _start(number, min(len(keys), MOST_FOUND))
            return Page(keys=tuple(keys[start : min(start + PAGE, total)]), total=total, is_cut=len(keys) > MOST_FOUND)
        total = self.counts[wanted.part]
        return Page(keys=tuple(self._read(wanted, limit=PAGE, offset=_start(number, total))), total=total)

    def keys(self, wanted: Wanted) -> list[Key]:
        """Return everybody who fits, however many they are."""
        return self._read(wanted)

    def _read(self, wanted: Wanted, *, limit: int | None = None, offset: int = 0) -> list[Key]:
        query = select(membership.c.person_id, membership.c.practice_id).where(self._fits(wanted))
        if wanted.order is Order.NAME:
            query = query.join(person, person.c.id == membership.c.person_id)
        query = query.order_by(*_ordering(wanted)).limit(limit).offset(offset)
        return [Key(row.person_id, row.practice_id) for row in self._connection.execute(query)]

    def _fits(self, wanted: Wanted) -> ColumnElement[bool]:
        """Return the condition for what is wanted: by the date, but for those who are not where it would put them."""
        part = wanted.part
        by_date = [
            and_(membership.c.practice_id.in_(calendar.practice_ids), _condition(dates))
            for calendar in self._calendars
            if (dates := calendar.dates(part))
        ]
        fits = or_(*by_date) if by_date else false()
        _, others = self._where_they_stand
        elsewhere = {one.person_id for one in others if part in one.by_date - one.parts}
        added = {one.person_id for one in others if part in one.parts - one.by_date}
        if elsewhere:
            fits = and_(fits, ~_among(membership.c.person_id, elsewhere))
        if added:
            fits = or_(fits, _among(membership.c.person_id, added))
        conditions = [_present(list(self._here)), fits]
        if wanted.role is not None:
            conditions.append(membership.c.role == wanted.role)
        if wanted.words:
            conditions.append(self._said_of(wanted.words))
        return and_(*conditions)

    def _said_of(self, words: Sequence[tuple[str, Role | None]]) -> ColumnElement[bool]:
        """Return the condition that all words fit a person.

        Of few who fit, their numbers are looked up first. Many are met soon enough while the list is read in its order.
        """
        who = person.alias()
        texts = [
            or_(
                *(holding(self._connection, who.c[name], word) for name in ("name", "email", "second_email", "user_id"))
            )
            for word, _ in words
        ]
        if not any(role for _, role in words):
            found = list(self._connection.scalars(select(who.c.id).where(*texts).limit(MOST_FOUND + 1)))
            if len(found) <= MOST_FOUND:
                return _among(membership.c.person_id, found)
        either = [
            or_(text, membership.c.role == role) if role else text for text, (_, role) in zip(texts, words, strict=True)
        ]
        return exists().where(who.c.id == membership.c.person_id, *either)


def _present(practice_ids: Iterable[int]) -> ColumnElement[bool]:
    return and_(membership.c.practice_id.in_(practice_ids), membership.c.left_at.is_(None))


def _among(column: ColumnElement[int], ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that a column is one of some numbers: any number of them, written into the statement."""
    return column.in_(bindparam(None, sorted(ids), expanding=True, literal_execute=True))


def _condition(dates: Dates) -> ColumnElement[bool]:
    """Return the condition that a membership's expiry date is among these."""
    column = membership.c.expires_on
    bounds = [column > dates.after] if dates.after else []
    bounds += [column <= dates.upto] if dates.upto else []
    if not dates.undated:
        return and_(column.is_not(None), *bounds)
    if not dates.dated:
        return column.is_(None)
    return or_(and_(*bounds), column.is_(None)) if bounds else true()


def _start(number: int, total: int) -> int:
    """Return where a page begins."""
    last = max(total - 1, 0) // PAGE
    return min(max(number - 1, 0), last) * PAGE


def _ordering(wanted: Wanted) -> list[ColumnElement[Any]]:
    expiry = membership.c.expires_on
    soonest = expiry.desc().nulls_first() if wanted.backwards else expiry.nulls_last()
    line = [membership.c.person_id, membership.c.practice_id]
    rank = case({role: rank for rank, role in enumerate(Role)}, value=membership.c.role)
    columns: dict[Order, list[ColumnElement[Any]]] = {
        Order.DATE: [soonest, *line],
        Order.NAME: [func.lower(person.c.name), *line],
        Order.ROLE: [rank, soonest, *line],
    }
    turned = wanted.backwards
    return [column.desc() if turned and column is not soonest else column for column in columns[wanted.order]]
