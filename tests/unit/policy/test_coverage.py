"""Whether a practice still has somebody who can sign."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reminder.policy.coverage import COVERING_ROLES, Login, coverage_of
from reminder.policy.model import Role, Status
from tests.unit.policy.cases import december

TODAY = december(1)


def login(days: int | None, status: Status = Status.OK) -> Login:
    return Login(person_id=1, status=status, expires_on=None if days is None else TODAY + timedelta(days=days))


EXPIRED, UNKNOWN = login(0, Status.EXPIRED), login(None, Status.UNKNOWN)
AWAY, DUE = login(40, Status.PAUSED), login(8, Status.DUE)


def test_officials_and_access_managers_cover_a_practice() -> None:
    assert {Role.AUTHORIZED_OFFICIAL, Role.ACCESS_MANAGER} == COVERING_ROLES


@pytest.mark.parametrize(
    ("logins", "at_risk"),
    [
        ([], False),  # nobody registered: a line in the digest, never a mail
        ([login(40)], False),
        ([DUE], False),  # 8 days
        ([login(7, Status.DUE)], True),
        ([login(1, Status.DUE)], True),
        ([EXPIRED], True),
        ([UNKNOWN], True),
        ([AWAY], True),
        ([EXPIRED, UNKNOWN, AWAY], True),
        ([login(7, Status.DUE), EXPIRED, AWAY], True),
        ([DUE, EXPIRED, AWAY], False),
        ([login(7, Status.DUE), login(40)], False),
        ([login(7, Status.DUE), login(3, Status.DUE)], False),  # two that work, however short
    ],
)
def test_a_practice_is_at_risk_with_no_working_login_or_one_that_ends_within_a_week(
    logins: list[Login], at_risk: bool
) -> None:
    assert coverage_of(logins, TODAY).at_risk is at_risk


@pytest.mark.parametrize(
    ("status", "works"),
    [
        (Status.OK, True),
        (Status.DUE, True),
        (Status.PAUSED, False),
        (Status.EXPIRED, False),
        (Status.UNKNOWN, False),
        (Status.REMOVED, False),
    ],
)
def test_a_login_works_while_it_is_ok_or_due(status: Status, works: bool) -> None:
    found = coverage_of([login(30, status)], TODAY)

    assert (len(found.working) == 1) is works


def test_coverage_counts_the_registered_and_names_the_working() -> None:
    found = coverage_of(iter([EXPIRED, DUE, login(40)]), TODAY)

    assert found.registered == 3
    assert found.working == (DUE, login(40))
