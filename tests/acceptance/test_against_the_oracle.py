"""Four months of a practice against a calculation that shares no code with the product: who gets what on which day."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from reminder.jobs import staff
from reminder.policy.model import Absence
from tests import oracle
from tests.world import CHICAGO, OWNER, World, chicago

if TYPE_CHECKING:
    from reminder.store.engine import Store

START, DAYS = date(2026, 12, 1), 120
LADDER = [14, 7, 3, 1, 0, -1, -7, -14, -28, -42, -56]
CLOSURES = (date(2026, 12, 24), date(2026, 12, 31), date(2027, 1, 15))
LEAVE = (date(2026, 12, 14), date(2027, 1, 4))
RESETS = [START - timedelta(days=back) for back in (*range(0, 60, 7), 46, 53, 57, 59, 60, 61, 67, 88, 116, 200)]


def said_phrase(left: int) -> str:
    """The words of rule 4, written again."""
    if left > 1:
        return f"{left} days left"
    if left >= -1:
        return {
            1: "expires tomorrow, today is the last safe day",
            0: "the expiry date is today",
            -1: "expired yesterday",
        }[left]
    return f"expired {-left} days ago"


def expected_of(number: int, reset: date, away: list[tuple[date, date | None]]) -> list[tuple[date, str, str, int]]:
    """Return the mails of one person: day, kind, words, step."""
    expires = reset + timedelta(days=60)
    placed = sorted(oracle.step_days(expires, LADDER, set(CLOSURES), away).items())
    passed = [entry for entry in placed if entry[0] <= START]
    coming = [entry for entry in placed if START < entry[0] < START + timedelta(days=DAYS)]
    due = ([(START, passed[-1][1])] if passed else []) + coming
    return [(day, "warning" if step >= 0 else "expired", said_phrase((expires - day).days), step) for day, step in due]


@pytest.mark.parametrize("every_hours", [3, 24])
def test_each_mail_comes_on_the_day_and_in_the_words_of_the_oracle(sqlite_store: Store, every_hours: int) -> None:
    world = World(sqlite_store, chicago("2026-12-01", "07:00"))
    world.practice(closures=CLOSURES)
    expected: Counter[tuple[date, str, str]] = Counter()
    escalated: set[date] = set()
    for number, reset in enumerate(RESETS):
        key = world.person(f"Person {number}", reset)
        away: list[tuple[date, date | None]] = [LEAVE] if number % 4 == 3 else []
        for start, end in away:
            with world.store.write() as connection:
                leave = Absence(from_on=start, to_on=end)
                staff.pause(connection, world.look(key), leave, actor="test", now=world.now)
        mails = expected_of(number, reset, away)
        expected.update((day, kind, words) for day, kind, words, _ in mails)
        placed = oracle.step_days(reset + timedelta(days=60), LADDER, set(CLOSURES), away)
        escalated |= {day for day, step in placed.items() if (step in {3, 1, 0} or step < 0) and day >= START}
    world.now = chicago("2026-12-01", "08:00")
    world.tick()
    world.live(chicago("2027-03-30", "09:00"), every=timedelta(hours=every_hours))
    last = START + timedelta(days=DAYS)

    found: Counter[tuple[date, str, str]] = Counter()
    for mail in world.mails:
        day = mail.at.astimezone(ZoneInfo(CHICAGO)).date()
        if mail.to != OWNER and day < last:
            words = " ".join(mail.text.split())
            phrase = next(said for left in range(60, -300, -1) if (said := said_phrase(left)) in words)
            found[(day, mail.kind, phrase)] += 1
    admin_days = {
        kind: {mail.at.astimezone(ZoneInfo(CHICAGO)).date() for mail in world.mails if mail.kind == kind}
        for kind in ("escalation", "digest")
    }
    mondays = {START + timedelta(days=n) for n in range(DAYS) if (START + timedelta(days=n)).weekday() == 0}

    assert found == expected
    assert {day for day in admin_days["escalation"] if day < last} == {day for day in escalated if day < last}
    assert len(admin_days["digest"]) == len(mondays)
    assert admin_days["digest"] - mondays == {date(2027, 1, 19), date(2027, 2, 16)}  # the Tuesdays after two holidays
