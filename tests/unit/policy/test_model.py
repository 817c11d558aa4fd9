"""The words of the product as types."""

from __future__ import annotations

import pytest

from reminder.policy.model import Absence, AdminRole, Confidence, Kind, Mode, Role, State, Status
from tests.unit.policy.cases import SCHEDULE, chicago, december


@pytest.mark.parametrize(("day", "away"), [(3, False), (4, True), (7, True), (8, False)])
def test_an_absence_covers_both_of_its_ends(day: int, away: bool) -> None:
    assert Absence(from_on=december(4), to_on=december(7)).covers(december(day)) is away


@pytest.mark.parametrize(("day", "away"), [(3, False), (4, True), (400, True)])
def test_an_absence_without_an_end_covers_all_that_follows(day: int, away: bool) -> None:
    assert Absence(from_on=december(4)).covers(december(day)) is away


def test_a_status_is_listed_in_the_order_of_its_precedence() -> None:
    assert [status.value for status in Status] == ["removed", "unknown", "expired", "paused", "due", "ok"]


@pytest.mark.parametrize("words", [Role, Confidence, Mode, AdminRole, State, Status])
def test_a_word_is_stored_as_it_is_written(
    words: type[Role | Confidence | Mode | AdminRole | State | Status],
) -> None:
    assert [word.value for word in words] == [word.name.lower() for word in words]


def test_the_kind_of_a_sign_in_mail_alone_has_a_hyphen() -> None:
    assert {kind.value for kind in Kind if kind.value != kind.name.lower()} == {"sign-in"}


def test_mails_go_at_eight_by_default() -> None:
    assert SCHEDULE.send_time == chicago("2026-12-01 08:00").time()
    assert SCHEDULE.closures == frozenset()
