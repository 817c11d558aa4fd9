"""Who in a practice is told: its admins, and for escalations the one AO or AM whom the practice chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.policy.coverage import COVERING_ROLES
from reminder.store import admins, memberships, people

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from reminder.store.people import Person
    from reminder.store.practices import Practice


@dataclass(frozen=True, kw_only=True)
class Told:
    """Addresses of a practice: of its admins, and of everybody who hears of escalations."""

    admins: tuple[str, ...] = ()
    escalation: tuple[str, ...] = ()


def load(connection: Connection, practices: Collection[Practice]) -> dict[int, Told]:
    """Return who is told in each practice, by practice id."""
    by_practice = admins.of_practices(connection, [practice.id for practice in practices])
    chosen = people.load(connection, {practice.escalate_to for practice in practices if practice.escalate_to})
    roles = memberships.practices_of(connection, chosen)
    told: dict[int, Told] = {}
    for practice in practices:
        addresses = [found.email for found in by_practice.get(practice.id, [])]
        extra = chosen.get(practice.escalate_to or 0)
        entitled = extra is not None and any(
            where == practice.id and role in COVERING_ROLES for where, role in roles.get(extra.id, [])
        )
        others = [extra.address] if extra and entitled and extra.address and extra.address not in addresses else []
        told[practice.id] = Told(admins=tuple(addresses), escalation=(*addresses, *others))
    return told


def is_about(person: Person, address: str) -> bool:
    """Tell whether an address is the person's own: nobody is told about themselves."""
    return address in (person.email, person.second_email)
