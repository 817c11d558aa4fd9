"""The schedule equals what is then sent: random small worlds, foretold for sixty days and then lived through."""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from reminder.errors import UsageError
from reminder.jobs import practices as practice_jobs
from reminder.jobs import staff
from reminder.jobs.skipping import Skip, skip_step
from reminder.policy.model import Absence, Role, Schedule, State
from reminder.policy.moments import instant, local_date
from reminder.store import engine, memberships, migrate
from reminder.store import practices as stored
from reminder.store.engine import Store
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAYS = 60
ZONES = ["America/Chicago", "America/New_York", "America/Phoenix", "Pacific/Honolulu", "America/Anchorage"]
SEND_TIMES = [time(8), time(0), time(1, 30), time(2, 30), time(17, 59)]
LADDERS = [(14, 7, 3, 1, 0, -1, -7, -14, -28, -42, -56), (3, 1, 0), (30, 21, 10, 5, 4, 3, 2, 1, 0, -1, -2), (0, -3)]
STARTS = [datetime(2026, 12, 18, tzinfo=UTC), datetime(2027, 2, 20, tzinfo=UTC), datetime(2028, 1, 28, tzinfo=UTC),
          datetime(2027, 10, 20, tzinfo=UTC)]  # fmt: skip
"""Before the year's end, before a clock change forward, before a leap day, before a clock change back."""


@dataclass(frozen=True)
class Somebody:
    """A person as hypothesis makes them up; days count from the day of their registration."""

    reset: int | None
    role: Role
    practices: set[int]
    away: tuple[int, int | None] | None
    skips: set[int]


@dataclass(frozen=True)
class SmallWorld:
    start: datetime
    lived: int
    schedules: list[Schedule]
    people: list[Somebody]


@st.composite
def schedules(draw: st.DrawFn, start: date) -> Schedule:
    closed = draw(st.sets(st.integers(0, DAYS), max_size=6))
    return Schedule(
        zone=draw(st.sampled_from(ZONES)),
        send_time=draw(st.sampled_from(SEND_TIMES)),
        ladder=draw(st.sampled_from(LADDERS)),
        closures=frozenset(start + timedelta(days=day) for day in closed),
    )


@st.composite
def small_worlds(draw: st.DrawFn) -> SmallWorld:
    start = draw(st.sampled_from(STARTS)) + timedelta(minutes=draw(st.integers(0, 7 * 24 * 60)))
    made = draw(st.lists(schedules(start.date()), min_size=1, max_size=2))
    somebody = st.builds(
        Somebody,
        reset=st.one_of(st.none(), st.integers(0, 75)),
        role=st.sampled_from([Role.AUTHORIZED_OFFICIAL, Role.STAFF_END_USER]),
        practices=st.sets(st.integers(1, len(made)), min_size=1),
        away=st.one_of(
            st.none(), st.tuples(st.integers(-2, 40), st.one_of(st.none(), st.integers(0, 12), st.integers(0, 12)))
        ),
        skips=st.sets(st.sampled_from([14, 7, 3, 1, 0, -1, -3, -7]), max_size=3),
    )
    people = draw(st.lists(somebody, min_size=1, max_size=5))
    return SmallWorld(start=start, lived=draw(st.integers(0, 9)), schedules=made, people=people)


def build(store: Store, small: SmallWorld) -> World:
    world = World(store, small.start)
    for number, schedule in enumerate(small.schedules, 1):
        owner = f"owner{number}@practice.example"
        with store.write() as connection:
            practice_jobs.open_practice(
                connection, name=f"Practice {number}", schedule=schedule, owner=owner, actor="test",
                now=world.now, live=True,
            )  # fmt: skip
        with store.write() as connection:
            found = stored.load(connection, [number])[number]
            practice_jobs.close(connection, found, tuple(schedule.closures), actor="test", now=world.now)
    for number, somebody in enumerate(small.people):
        key = 0
        for practice in sorted(somebody.practices):
            key = world.person(f"Person {number}", role=somebody.role, practice=practice)
        add_story(world, key, somebody)
    return world


def add_story(world: World, key: int, somebody: Somebody) -> None:
    with world.store.read() as connection:
        today = local_date(world.now, memberships.home_zone(connection, key))
    if somebody.reset is not None:
        world.reset(key, today - timedelta(days=somebody.reset))
    if somebody.away is not None:
        first, length = somebody.away
        from_on = today + timedelta(days=first)
        to_on = from_on + timedelta(days=length) if length is not None else None
        with world.store.write() as connection:
            away = Absence(from_on=from_on, to_on=to_on)
            staff.pause(connection, world.look(key), away, actor="test", now=world.now)


def skip_some(world: World, key: int, wanted: set[int]) -> None:
    """Skip what can be skipped; the others are not placed in this cycle or have gone."""
    person = world.look(key)
    for step in sorted(wanted):
        skip = Skip(
            person=person, cycle_on=person.expires_on or date.min, step=step, by="Dana", actor="test", practice_id=1
        )
        with suppress(UsageError), world.store.write() as connection:
            skip_step(connection, skip, world.now)


def live_until(world: World, end: datetime) -> None:
    """Run the passes of a scheduler that looks every minute, leaving out those that would find nothing to do."""
    while True:
        with world.store.read() as connection:
            found = connection.execute(NEXT_MOMENTS).one()
        moments = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in found if moment is not None]
        world.now = max(min(moments, default=end), world.now)
        if world.now >= end:
            return
        world.tick()


NEXT_MOMENTS = text(
    "select (select min(next_step_at) from person), (select min(next_check_at) from practice),"
    " (select min(next_at) from reminder where state in ('planned', 'deferred', 'in_doubt'))"
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty database to copy; what hypothesis lives through need not outlast a power cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "PRAGMAS", {**engine.PRAGMAS, "journal_mode": "memory", "synchronous": "0"})
        path = tmp_path_factory.mktemp("foretold") / "empty.db"
        with closing(Store(f"sqlite:///{path}")) as store:
            migrate.upgrade(store)
        yield path


@settings(max_examples=40, derandomize=True, phases=[Phase.explicit, Phase.generate])  # shrinking a world takes minutes
@given(small=small_worlds())
def test_what_the_schedule_says_is_what_is_then_sent(empty: Path, small: SmallWorld) -> None:
    path = empty.with_name("lived.db")
    shutil.copy(empty, path)
    with closing(Store(f"sqlite:///{path}")) as store:
        world = build(store, small)
        if small.lived:
            live_until(world, small.start + timedelta(days=small.lived))
        for key, somebody in enumerate(small.people, 1):
            skip_some(world, key, somebody.skips)
        began = world.now
        ends = [local_date(began, made.zone) + timedelta(days=DAYS) for made in small.schedules]
        until = min(instant(day, time(0), made.zone) for day, made in zip(ends, small.schedules, strict=True))
        foretold = [mail for mail in world.forecast(DAYS) if mail.at < until]
        already = {row.id for row in world.reminders(state=State.SENT)}
        live_until(world, until)
        sent = [row for row in world.reminders(state=State.SENT) if row.id not in already]

    assert Counter((row.sent_at, row.recipient, row.kind, row.step) for row in sent) == Counter(
        (mail.at, mail.to, mail.kind, mail.step) for mail in foretold
    )
