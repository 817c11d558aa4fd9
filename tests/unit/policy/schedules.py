"""Schedules by the hundred thousand against the oracle: plain random ones, since hypothesis takes its time over each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tests import oracle
from tests.unit.policy import cases

STAFF = 200
"""People of one practice: the same zone, ladder and closures, each with a reset, a policy and absences of their own."""

FIRST, LAST = date(1999, 3, 1), cases.LAST_RESET
LADDERS = ([14, 7, 3, 1, 0, -1, -7, -14, -28, -42, -56], [14, 7, 3, 1, 0], [30, 10, 2], [60, -60])


def differing(count: int, seed: int) -> list[str]:
    """Compare the days and instants of every step of so many clocks with the oracle's; return those that differ."""
    random, found = Random(seed), list[str]()
    for _ in range(0, count, STAFF):
        home = practice(random)
        oracle.at_local.cache_clear()
        for case in (person(home, random) for _ in range(min(STAFF, count))):
            try:
                cases.same_steps(case)
            except AssertionError:
                found.append(repr(case))
    return found


def practice(random: Random) -> cases.Case:
    """Make up a practice, and the first of its people: any zone, any hour, any ladder, closures in the year around."""
    year = date(random.randint(FIRST.year, LAST.year - 1), random.randint(1, 12), 1)
    ladder = random.choice((*LADDERS, random.sample(range(-60, 61), random.randint(1, 10))))
    return cases.Case(
        zone=random.choice(cases.US_ZONES + cases.ODD_ZONES),
        send=time(random.randrange(18), random.choice((0, 0, 15, 30, 59))),
        ladder=sorted(ladder, reverse=True),
        closures={year + timedelta(days=random.randrange(800)) for _ in range(random.choice((0, 3, 40)))},
        absences=[],
        reset_on=max(FIRST, min(year, LAST)),
        days=60,
        now=datetime(year.year, year.month, 1, tzinfo=UTC),
    )


def person(home: cases.Case, random: Random) -> cases.Case:
    reset_on = min(home.reset_on + timedelta(days=random.randrange(366)), LAST)
    days = random.choice((60, 60, 60, random.randint(1, 400)))
    first = reset_on + timedelta(days=days + random.randint(-40, 40))
    away = [(first, random.choice((None, first + timedelta(days=random.randrange(30)))))]
    return replace(home, reset_on=reset_on, days=days, absences=random.choice(([], [], away)))
