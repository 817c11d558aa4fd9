"""Rule 11: whether a practice still has somebody who can sign and let others in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.policy.model import Role, Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

COVERING_ROLES = frozenset({Role.AUTHORIZED_OFFICIAL, Role.ACCESS_MANAGER})
WORKING = frozenset({Status.OK, Status.DUE})
SOON_DAYS = 7
"""A sole working login that expires within this many days counts as a practice at risk."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """One AO's or AM's login: whose, where it stands today, when it expires."""

    person_id: int
    status: Status
    expires_on: date | None


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many AO/AM logins are registered, the working ones, and whether the practice is at risk."""

    registered: int
    working: tuple[Login, ...]
    at_risk: bool


def coverage_of(logins: Iterable[Login], today: date) -> Coverage:
    """Judge the AO/AM logins of a practice. Without any registered the practice is not `at_risk`, it has a gap to fill."""
    every = tuple(logins)
    working = tuple(login for login in every if login.status in WORKING)
    soon = [login for login in working if login.expires_on and (login.expires_on - today).days <= SOON_DAYS]
    at_risk = bool(every) and (not working or (len(working) == 1 and len(soon) == 1))
    return Coverage(registered=len(every), working=working, at_risk=at_risk)
