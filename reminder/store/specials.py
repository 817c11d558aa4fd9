"""The few in a list whose expiry date alone does not say where they stand: away, visiting, or with a refused address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select, true, union

from reminder.policy.moments import local_date
from reminder.policy.parts import BY_DATE, HOLDING, Part, dates_of, parts_of
from reminder.store import absences, practices
from reminder.store.tables import VISITING, absence, membership, person

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Select

    from reminder.policy.model import Absence
    from reminder.policy.parts import Dates
    from reminder.store.practices import Practice


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """A day on which practices stand, the last expiry date that is due on it, and these practices."""

    today: date
    until: date
    practice_ids: tuple[int, ...]

    def dates(self, part: Part) -> Dates | None:
        """Return the expiry dates that put somebody into a part."""
        return dates_of(part, self.today, self.until)


@dataclass(frozen=True, kw_only=True)
class Special:
    """Somebody in a practice: the parts that hold them, and those in which their expiry date alone would put them."""

    person_id: int
    parts: frozenset[Part]
    by_date: frozenset[Part]


def judged(
    connection: Connection,
    here: Mapping[int, Practice],
    calendars: Sequence[Calendar],
    now: datetime,
    *,
    is_short: bool,
) -> list[Special]:
    """Judge everybody here who is or will be away, is at home elsewhere, or has an address that is refused."""
    by_date = {
        practice_id: [(part, dates) for part in BY_DATE if (dates := calendar.dates(part))]
        for calendar in calendars
        for practice_id in calendar.practice_ids
    }
    earliest = min((calendar.today for calendar in calendars), default=now.date()) - timedelta(days=1)
    query = _special_lines(here, earliest, is_short=is_short)
    rows = [row for row in connection.execute(query) if row.practice_id in here]
    away = absences.of_people(connection, {row.person_id for row in rows if row.is_away})
    missing = {row.home_id for row in rows if row.home_id} - set(here)
    homes = {**here, **practices.load(connection, missing)}
    days = {key: local_date(now, home.schedule.zone) for key, home in homes.items()}

    @cache  # of many who are special, few differ in what is judged
    def parts(expires_on: date | None, home_id: int, absent: tuple[Absence, ...], reachable: bool) -> frozenset[Part]:
        return parts_of(expires_on, days[home_id], homes[home_id].schedule, absent, reachable=reachable)

    @cache
    def plain(expires_on: date | None, practice_id: int) -> frozenset[Part]:
        return HOLDING[next(part for part, dates in by_date[practice_id] if dates.hold(expires_on))]

    return [
        Special(
            person_id=row.person_id,
            parts=parts(
                row.expires_on, row.home_id or row.practice_id, away.get(row.person_id, ()), bool(row.is_reachable)
            ),
            by_date=plain(row.expires_on, row.practice_id),
        )
        for row in rows
    ]


def _special_lines(here: Collection[int], earliest: date, *, is_short: bool) -> Select[Any]:
    """Return the query for everybody special here (and elsewhere, unless the list is short), with what judges them.

    `earliest` is the first day that is today anywhere. Of a long list the special ones are few, so the query starts
    from them; SQLite, which keeps no statistics, would start from the list.
    """
    away = select(absence.c.person_id).where(
        absence.c.cleared_at.is_(None), or_(absence.c.to_on.is_(None), absence.c.to_on >= earliest)
    )
    refused = select(person.c.id).where(person.c.email_refused_at.is_not(None))
    visiting = select(membership.c.person_id).where(membership.c.practice_id.in_(here), VISITING)
    reachable = or_(
        person.c.email_refused_at.is_(None),
        and_(person.c.second_email.is_not(None), person.c.second_refused_at.is_(None)),
    )
    columns = (
        *(membership.c.person_id, membership.c.practice_id, membership.c.expires_on, person.c.home_id),
        *(reachable.label("is_reachable"), membership.c.person_id.in_(away).label("is_away")),
    )
    return (
        select(*columns)
        .join(person, person.c.id == membership.c.person_id)
        .where(membership.c.person_id.in_(union(away, refused, visiting)), membership.c.left_at.is_(None))
        .where(membership.c.practice_id.in_(here) if is_short else true())
    )
