"""The product beside a small model of it: whoever does what in whatever order, both say the same of each clock."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from reminder.errors import UsageError
from reminder.jobs import confirm, staff
from reminder.store import migrate
from reminder.store import practices as stored
from reminder.store.engine import Store
from tests.oracle import date_at, days_on
from tests.world import CHICAGO, World, chicago

WHO = st.integers(0, 9)


class Beside(RuleBasedStateMachine):
    """The model: of each person the resets that were not taken back, in order, and whether they are still here."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="model"))
        store = Store(f"sqlite:///{self.folder / 'reminder.db'}")
        migrate.upgrade(store)
        self.world = World(store, chicago("2026-12-01", "07:00"))
        self.world.practice()
        self.resets: dict[int, list[date]] = {}
        self.here: set[int] = set()
        self.looked_at = 0

    def teardown(self) -> None:
        self.world.store.close()
        shutil.rmtree(self.folder)

    @property
    def today(self) -> date:
        return date_at(self.world.now, CHICAGO)

    def one(self, who: int) -> int:
        return sorted(self.resets)[who % len(self.resets)]

    @precondition(lambda self: len(self.resets) < 4)
    @rule(back=st.none() | st.integers(0, 90))
    def register(self, back: int | None) -> None:
        known = [] if back is None else [days_on(self.today, -back)]
        key = self.world.person(f"Person {len(self.resets)}", known[0] if known else None)
        self.resets[key] = known
        self.here.add(key)

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
        try:
            with self.world.store.write() as connection:
                person = self.world.look(key)
                confirm.undo_by_admin(connection, person, actor="test", now=self.world.now, practice_id=None)
        except UsageError:
            assert not self.resets[key]
        else:
            self.resets[key].pop()

    @precondition(lambda self: bool(self.here))
    @rule(who=WHO)
    def leave(self, who: int) -> None:
        key = sorted(self.here)[who % len(self.here)]
        with self.world.store.write() as connection:
            home = stored.load(connection, [1])[1]
            staff.remove(connection, self.world.look(key), home, actor="test", now=self.world.now)
        self.here.discard(key)

    @rule(hours=st.integers(1, 24 * 20))
    def time_passes(self, hours: int) -> None:
        self.world.now += timedelta(hours=hours)

    @rule()
    def a_pass(self) -> None:
        self.world.tick()
        mails = self.world.transport.sent[self.looked_at :]
        self.looked_at += len(mails)
        warned = [to for to, raw in mails if b"X-Reminder-Kind: warning" in raw or b"X-Reminder-Kind: expired" in raw]
        assert len(set(warned)) == len(warned)
        for key in self.resets:
            if self.world.look(key).email in warned:
                assert key in self.here
                assert self.resets[key]

    @invariant()
    def both_say_the_same_of_each_clock(self) -> None:
        for key, known in self.resets.items():
            person = self.world.look(key)
            assert person.expires_on == (days_on(known[-1], 60) if known else None)
            assert (person.home_id is not None) == (key in self.here)


TestBeside: Any = Beside.TestCase
TestBeside.settings = settings(
    max_examples=6,
    stateful_step_count=15,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
