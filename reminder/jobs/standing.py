"""Where the members of a practice stand today: the same view for the pages, the digest, coverage and the CLI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.policy.coverage import COVERING_ROLES, Coverage, Login, coverage_of
from reminder.policy.expiry import days_left
from reminder.policy.model import Absence, Confidence, Role, Schedule, Status
from reminder.policy.moments import local_date
from reminder.policy.status import is_away, lapses_while_away, status_of
from reminder.store import absences, memberships, practices, resets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from reminder.store.memberships import Member
    from reminder.store.people import Person
    from reminder.store.practices import Practice


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One member of a practice, as they stand on `today` (local at their home)."""

    person: Person
    practice_id: int
    role: Role
    status: Status
    today: date
    days_left: int | None
    confidence: Confidence | None
    absences: tuple[Absence, ...]

    @property
    def is_unreachable(self) -> bool:
        """Tell whether no address of the person works."""
        return self.person.address is None

    @property
    def is_absent(self) -> bool:
        """Tell whether the person is away today."""
        return is_away(self.absences, self.today)

    @property
    def lapses_while_away(self) -> bool:
        """Tell whether the password ends while the person is away."""
        return lapses_while_away(self.person.expires_on, self.today, self.absences)


def urgency(found: Standing) -> tuple[bool, int, str]:
    """Order by the days left; who has none comes last."""
    return (found.days_left is None, found.days_left or 0, found.person.name)


def of_practice(connection: Connection, practice_id: int, now: datetime, *, with_left: bool = False) -> list[Standing]:
    """Return everybody in a practice by name; who has left it only if asked for."""
    return _standings(connection, memberships.members(connection, practice_id, with_left=with_left), now)


def officials(connection: Connection, practice_ids: Collection[int], now: datetime) -> dict[int, list[Standing]]:
    """Return the AOs and AMs of each of these practices by name, by practice id."""
    found: dict[int, list[Standing]] = {key: [] for key in practice_ids}
    for one in _standings(connection, memberships.in_roles(connection, practice_ids, COVERING_ROLES), now):
        found[one.practice_id].append(one)
    return found


def of_person(connection: Connection, person_id: int, practice_ids: Sequence[int], now: datetime) -> Standing | None:
    """Return one person as a member of the first of these practices; None for somebody of none of them."""
    for practice_id in practice_ids:
        found = memberships.member(connection, person_id, practice_id)
        if found is not None:
            return _standings(connection, [found], now)[0]
    return None


def of_members(connection: Connection, keys: Collection[tuple[int, int]], now: datetime) -> list[Standing]:
    """Return the members with these (person, practice) in the order given; a pair that is no member is passed over."""
    return _standings(connection, list(memberships.some_members(connection, keys).values()), now)


def _standings(connection: Connection, members: Sequence[Member], now: datetime) -> list[Standing]:
    ids = [member.person.id for member in members]
    away = absences.of_people(connection, ids)
    homes = practices.load(connection, {member.person.home_id or member.practice_id for member in members})
    sources = resets.confidences(connection, [m.person.reset_id for m in members if m.person.reset_id])
    return [
        _standing(member, homes[member.person.home_id or member.practice_id].schedule, away, sources, now)
        for member in members
    ]


def _standing(
    member: Member,
    schedule: Schedule,
    absences: dict[int, tuple[Absence, ...]],
    sources: dict[int, Confidence],
    now: datetime,
) -> Standing:
    person = member.person
    today = local_date(now, schedule.zone)
    away = absences.get(person.id, ())
    removed = member.left_at is not None
    return Standing(
        person=person,
        practice_id=member.practice_id,
        role=member.role,
        status=status_of(person.expires_on, today, schedule, away, removed=removed),
        today=today,
        days_left=None if person.expires_on is None else days_left(person.expires_on, today),
        confidence=sources.get(person.reset_id or 0),
        absences=away,
    )


def coverage(standings: Iterable[Standing], today: date) -> Coverage:
    """Judge the AO/AM logins among the members of a practice."""
    logins = [
        Login(person_id=found.person.id, status=found.status, expires_on=found.person.expires_on)
        for found in standings
        if found.role in COVERING_ROLES and found.status is not Status.REMOVED
    ]
    return coverage_of(logins, today)


def settle_coverage(connection: Connection, practice_ids: Collection[int], now: datetime) -> None:
    """Note where coverage stands after a registration or an import, without a mail: these tell the admins nothing."""
    covering = officials(connection, practice_ids, now)
    for practice in practices.load(connection, practice_ids).values():
        found = coverage(covering[practice.id], local_date(now, practice.schedule.zone))
        practices.change(connection, practice.id, {"at_risk": found.at_risk})


def recheck(connection: Connection, person_id: int, now: datetime) -> None:
    """Have the practices of a person checked by the next tick: what happened may have changed their coverage."""
    for practice_id in memberships.roles_of(connection, person_id):
        practices.change(connection, practice_id, {"next_check_at": now})


def today_of(practice: Practice, now: datetime) -> date:
    """Return the practice's local date."""
    return local_date(now, practice.schedule.zone)
