"""The product beside a small model of it: whoever does what in whatever order, both say the same of each clock.

Nothing is rendered or sent, and all runs share one open database that is emptied between them: what takes a second in a
life takes some milliseconds here, so far more orders of acts are tried.
"""

from __future__ import annotations

import sqlite3
import tempfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from reminder.errors import UsageError
from reminder.jobs import confirm, staff
from reminder.jobs.plan import plan_people
from reminder.jobs.services import Tally
from reminder.policy.model import DEFAULT_LADDER
from reminder.store import migrate
from reminder.store import practices as stored
from reminder.store.engine import Store
from tests.oracle import at_local, date_at, days_on, step_days
from tests.simulation.life import fast_folder
from tests.world import CHICAGO, World, chicago

WHO = st.integers(0, 3)
MOST_PEOPLE = 4
TAKE_BACK = timedelta(days=30)
SEND_TIME = time(8)


class Shelf:
    """One open database and a picture of it as it began; opening one for each run would take most of the time."""

    def __init__(self, folder: Path) -> None:
        path = folder / "reminder.db"
        self.store = Store(f"sqlite:///{path}")
        migrate.upgrade(self.store)
        World(self.store, chicago("2026-12-01", "07:00")).practice()
        self.raw = sqlite3.connect(path, isolation_level=None)
        self.picture = sqlite3.connect(":memory:")
        self.raw.backup(self.picture)

    def empty(self) -> None:
        self.picture.backup(self.raw)

    def close(self) -> None:
        self.raw.close()
        self.picture.close()
        self.store.close()


class Beside(RuleBasedStateMachine):
    """The model: of each person the resets that were not taken back, in order, and since when they are gone, if so."""

    shelf: ClassVar[Shelf]
    steps: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.shelf.empty()
        type(self).steps -= 1  # both are looked at once before the first
        self.world = World(self.shelf.store, chicago("2026-12-01", "07:00"))
        self.resets: dict[int, list[date]] = {}
        self.gone: dict[int, datetime | None] = {}

    @property
    def today(self) -> date:
        return date_at(self.world.now, CHICAGO)

    def one(self, who: int) -> int:
        return sorted(self.resets)[who % len(self.resets)]

    def expiry(self, key: int) -> date | None:
        return days_on(self.resets[key][-1], 60) if self.resets[key] else None

    @precondition(lambda self: len(self.resets) < MOST_PEOPLE)
    @rule(back=st.none() | st.integers(0, 90))
    def register(self, back: int | None) -> None:
        known = [] if back is None else [days_on(self.today, -back)]
        key = self.world.person(f"Person {len(self.resets)}", known[0] if known else None)
        self.resets[key], self.gone[key] = known, None

    @precondition(lambda self: bool(self.resets))
    @rule(who=WHO, back=st.integers(0, 30))
    def reset(self, who: int, back: int) -> None:
        key, day = self.one(who), days_on(self.today, -back)
        recorded = self.world.reset(key, day)
        is_news = not self.resets[key] or self.resets[key][-1] != day
        assert (recorded is not None) == is_news
        self.resets[key] += [day] if is_news else []

    @precondition(lambda self: bool(self.resets))
    @rule(who=WHO)
    def take_back(self, who: int) -> None:
        key = self.one(who)
        person = self.world.look(key)
        try:
            with self.world.store.write() as connection:
                confirm.undo_by_admin(connection, person, actor="test", now=self.world.now, practice_id=None)
        except UsageError:
            assert not self.resets[key]
        else:
            self.resets[key].pop()

    @precondition(lambda self: any(since is None for since in self.gone.values()))
    @rule(who=WHO)
    def leave(self, who: int) -> None:
        here = sorted(key for key, since in self.gone.items() if since is None)
        key = here[who % len(here)]
        person = self.world.look(key)
        with self.world.store.write() as connection:
            home = stored.load(connection, [1])[1]
            staff.remove(connection, person, home, actor="test", now=self.world.now)
        self.gone[key] = self.world.now

    @precondition(lambda self: bool(self.resets))
    @rule(who=WHO)
    def come_back(self, who: int) -> None:
        key = self.one(who)
        since, person = self.gone[key], self.world.look(key)
        try:
            with self.world.store.write() as connection:
                home = stored.load(connection, [1])[1]
                staff.take_back(connection, person, home, actor="test", now=self.world.now)
        except UsageError:
            assert since is None or self.world.now - since > TAKE_BACK
        else:
            assert since is not None
            self.gone[key] = None

    @rule(hours=st.integers(1, 24 * 20))
    def time_passes(self, hours: int) -> None:
        self.world.now += timedelta(hours=hours)

    @rule()
    def plan(self) -> None:
        """What is planned is about cycles that count, of people who are here; and a step that is due is not missing."""
        plan_people(self.world.store, self.world.now, Tally())
        waits = "select person_id, cycle_on from reminder where kind in ('warning', 'expired') and state = 'planned'"
        planned = {(key, date.fromisoformat(day)) for key, day in self.shelf.raw.execute(waits)}
        assert planned <= {(key, self.expiry(key)) for key in self.resets if self.gone[key] is None}
        for key, since in self.gone.items():
            expires = self.expiry(key)
            if since is None and expires is not None and self.is_due(expires):
                assert (key, expires) in planned

    def is_due(self, expires: date) -> bool:
        first = min(step_days(expires, list(DEFAULT_LADDER), set(), []))
        return at_local(first, SEND_TIME, CHICAGO) <= self.world.now

    @invariant()
    def both_say_the_same_of_each_clock(self) -> None:
        type(self).steps += 1
        for key, expires_on, home in self.shelf.raw.execute("select id, expires_on, home_id from person"):
            expires = self.expiry(key)
            assert expires_on == (expires.isoformat() if expires else None)
            assert (home is not None) == (self.gone[key] is None)


def compare(runs: int, steps: int, number: int | None = None, *, shrink: bool = True) -> int:
    """Try so many runs of so many steps, by a seed or always the same; raise AssertionError. Return the steps made."""
    chosen = settings(
        max_examples=runs,
        stateful_step_count=steps,
        derandomize=number is None,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    with tempfile.TemporaryDirectory(dir=fast_folder(), prefix="model") as folder:
        shelf = Shelf(Path(folder))
        machine: type[Beside] = type("Beside", (Beside,), {"shelf": shelf, "steps": 0})
        try:
            run_state_machine_as_test(machine if number is None else seed(number)(machine), settings=chosen)
        finally:
            shelf.close()
    return machine.steps
