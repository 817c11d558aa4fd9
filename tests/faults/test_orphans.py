"""Twelve ways in which other queues left work orphaned or did it twice (O1 to O12).

Each test says what is seen of the product as it is, and what is seen once the bug is made in it: so each can fail.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from reminder.condition import Lookout
from reminder.errors import UnreachableError
from reminder.jobs import deliver
from reminder.jobs import tick as passes
from reminder.jobs.plan import plan_people
from reminder.jobs.releasing import release_queue
from reminder.jobs.services import Tally
from reminder.jobs.tick import tick, tick_within_limits
from reminder.mail.memory import MemoryTransport
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.policy.model import State
from reminder.scheduler import ClockWatch, wake
from reminder.settings import Settings
from reminder.store import migrate, sending
from reminder.store.engine import Store
from reminder.web.pages import Pages
from reminder.web.public.health import healthz
from tests.faults import orphans
from tests.faults.orphans import SAME_TOKEN, Bug, sound
from tests.world import World, chicago

if TYPE_CHECKING:
    from collections.abc import Callable

    from reminder.mail.memory import MemoryConnection
    from tests.postgres import Cluster

EIGHT = chicago("2026-12-01")
SEVEN_LEFT = date(2026, 10, 9)
MINUTE = timedelta(minutes=1)
LATER = Verdict(outcome=Outcome.DEFERRED, stage=Stage.RCPT, code=451, reply="4.7.1 greylisted")


class KilledError(BaseException):
    """The process is gone: nothing catches this, and nothing is said goodbye to."""


@dataclass
class SlowTransport(MemoryTransport):
    """A mail server in memory. `meanwhile`: what happens while it thinks about a text, one thing a mail."""

    meanwhile: deque[Callable[[], object]] = field(default_factory=deque)

    def connect(self) -> MemoryConnection:
        connection = super().connect()
        answer = connection.outcome

        def outcome() -> Verdict:
            verdict = answer()
            if self.meanwhile:
                self.meanwhile.popleft()()
            return verdict

        connection.outcome = outcome  # type: ignore[method-assign]
        return connection


class Office(World):
    """A practice at eight o'clock with mails due, a slow mail server, and a second sender on the same database."""

    def __init__(self, store: Store, people: int = 1) -> None:
        super().__init__(store, EIGHT)
        self.practice(ladder=(7, -7))
        for number in range(people):
            self.person(f"Person {number}", SEVEN_LEFT)
        self.transport = self.slow = SlowTransport()
        self.services.installation = replace(self.services.installation, transport=self.slow)

    def other_ticks(self) -> None:
        """Let the second sender run a pass now; what it sends reaches the same mail server."""
        installation = replace(self.services.installation, transport=MemoryTransport(sent=self.slow.sent))
        tick(replace(self.services, installation=installation))

    def minutes(self, count: int) -> None:
        """Let so many passes run, one a minute."""
        for _ in range(count):
            self.tick(self.now + MINUTE)

    def later(self, minutes: int, then: Callable[[], object]) -> Callable[[], None]:
        def happens() -> None:
            self.now += minutes * MINUTE
            then()

        return happens

    @property
    def seen(self) -> tuple[list[State], int]:
        """The states of the mails, and how many copies the server took."""
        return sorted({row.state for row in self.reminders()}), len(self.slow.sent)


@pytest.fixture
def office(sqlite_store: Store) -> Office:
    """One mail is due."""
    return Office(sqlite_store)


@pytest.fixture(autouse=True)
def bug(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    request.param(monkeypatch)


def orphaned_by(bug: Bug, seen: object, instead: object) -> pytest.MarkDecorator:
    """Run a test with the product as it is, and with the bug made in it: something else is then `seen`."""
    cases = [pytest.param(sound, seen, id="sound"), pytest.param(bug, instead, id="bug")]
    return pytest.mark.parametrize(("bug", "seen"), cases, indirect=["bug"])


def stop_at(store: Store, words: str, error: BaseException) -> None:
    """Let the next statement that holds these words end in an error."""

    def stop(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if words in statement:
            event.remove(store.engine, "before_cursor_execute", stop)
            raise error

    event.listen(store.engine, "before_cursor_execute", stop)


def die() -> None:
    raise KilledError


DISK = OperationalError("", {}, sqlite3.OperationalError("disk I/O error"))


@orphaned_by(orphans.spares_the_living, ([State.SENT], 2), ([State.SENDING], 1))
def test_o1_a_mail_whose_last_write_failed_is_freed_although_its_sender_lives(office: Office, seen: object) -> None:
    stop_at(office.store, "INSERT INTO attempt", DISK)
    with pytest.raises(UnreachableError):
        office.tick()
    office.minutes(16)

    assert office.seen == seen


@orphaned_by(orphans.spares_the_unlisted, ([State.SENT], 1), ([State.CLAIMED], 0))
def test_o2_a_mail_is_freed_although_nobody_knows_the_sender_that_claimed_it(office: Office, seen: object) -> None:
    plan_people(office.store, office.now, Tally())
    with office.store.write() as connection:
        sending.claim(connection, "a machine that was scrapped/1/f00", office.now, 1)
    office.minutes(16)

    assert office.seen == seen


@orphaned_by(orphans.spares_the_namesake, ([State.SENT], 2), ([State.SENDING], 1))
def test_o3_a_sender_that_starts_again_under_the_same_name_hides_no_mail_of_the_dead_one(
    office: Office, monkeypatch: pytest.MonkeyPatch, seen: object
) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _: SAME_TOKEN)
    office.slow.meanwhile.append(die)
    with pytest.raises(KilledError):
        office.tick()
    office.minutes(16)

    assert office.seen == seen


@orphaned_by(orphans.rescues_as_a_job, ([State.SENT], 2), ([State.SENDING], 1))
def test_o4_a_rescue_that_was_killed_is_done_by_the_next_pass(office: Office, seen: object) -> None:
    office.slow.meanwhile.append(die)
    with pytest.raises(KilledError):
        office.tick()
    stop_at(office.store, "WITH late", KilledError())
    with pytest.raises(KilledError):
        office.minutes(1)
    office.minutes(16)

    assert office.seen == seen


@orphaned_by(orphans.claims_of_the_first_page, 1, 0)
def test_o5_more_urgent_mails_that_cannot_go_now_keep_no_other_waiting(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, seen: object
) -> None:
    office = Office(sqlite_store, people=7)
    office.slow.answers.extend([LATER] * 7)
    office.tick()
    monkeypatch.setattr(deliver, "BATCH", 3)
    office.person("Also Due", SEVEN_LEFT)

    assert office.tick(office.now + timedelta(seconds=10)).sent == seen


@orphaned_by(orphans.rescues_by_age, ([State.SENT], 1), ([State.SENT], 2))
def test_o6_a_mail_that_is_still_being_sent_is_not_rescued(store: Store, seen: object) -> None:
    office = Office(store)
    office.slow.meanwhile.append(office.later(10, office.other_ticks))  # a server may take ten minutes to answer
    office.tick()

    assert office.seen == seen


@orphaned_by(orphans.has_no_fence, ([State.SENT], 1), ([State.DEFERRED], 1))
def test_o7_a_sender_that_wakes_up_late_does_not_overwrite_what_the_next_one_did(store: Store, seen: object) -> None:
    office = Office(store)
    office.slow.answers.append(replace(LATER, stage=Stage.DOT))
    office.slow.meanwhile.append(office.later(20, office.other_ticks))
    office.tick()

    assert office.seen == seen


def worst(office: Office) -> str:
    """What the alarms say first, and so every page."""
    found = Lookout(office.services, Settings()).look(by_writing=True)
    return found[0].matter if found else "well"


@orphaned_by(orphans.keeps_a_failed_transaction, (["database", "well"], 1), (["database", "last-pass"], 0))
def test_o8_an_error_while_committing_is_told_and_ends_no_further_pass(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, seen: object
) -> None:
    store = Store(sqlite_store.url.render_as_string())
    office, watch = Office(store), ClockWatch()

    def fail(_connection: object) -> None:
        message = "disk I/O error"
        raise sqlite3.OperationalError(message)

    with monkeypatch.context() as broken:
        broken.setattr(store.engine.dialect, "do_commit", fail)
        wake(office.services, watch)
        told = [worst(office)]
    wake(office.services, watch)
    told.append(worst(office))
    store.close()

    assert (told, len(office.slow.sent)) == seen


@orphaned_by(orphans.renews_by_a_dead_thread, ([State.SENT], 15), ([State.SENT], 16))
def test_o9_a_sender_that_is_at_work_for_an_hour_keeps_its_mails_without_a_heartbeat(
    sqlite_store: Store, seen: object
) -> None:
    office = Office(sqlite_store, people=15)
    office.slow.meanwhile.extend([office.later(4, office.other_ticks)] * 15)
    tick_within_limits(office.services, timedelta(minutes=1))

    assert office.seen == seen


@orphaned_by(orphans.sweeps_at_start, ([State.SENT], 1), ([State.SENT], 2))
def test_o10_a_sender_that_starts_takes_nothing_from_one_that_is_at_work(store: Store, seen: object) -> None:
    office = Office(store)

    def another_starts() -> None:
        passes.refresh_calendars(store, office.now)
        office.other_ticks()

    office.slow.meanwhile.append(another_starts)
    office.tick()

    assert office.seen == seen


def health_of(office: Office) -> int:
    try:
        return healthz(Pages(Lookout(office.services, Settings()))).status_code
    except Exception:  # noqa: BLE001 - the web server answers 500 to whatever it is
        return 500


@orphaned_by(orphans.keeps_the_demoted, ([503, 200], 1), ([500, 500], 0))
def test_o11_connections_to_a_server_that_was_demoted_are_left_and_the_health_page_writes(
    postgres: Cluster, seen: object
) -> None:
    store = Store(postgres.fresh_url())
    migrate.upgrade(store)
    office = Office(store)
    with store.write() as one, store.write() as other:
        for connection in (one, other):
            connection.execute(text("set session characteristics as transaction read only"))
    first = health_of(office)
    for _ in range(3):
        with suppress(Exception):  # the scheduler catches it, too
            office.minutes(1)
    last = health_of(office)
    store.close()

    assert ([first, last], len(office.slow.sent)) == seen


@orphaned_by(orphans.leaves_the_far_ahead, ([State.SENT], 1), ([State.DEFERRED], 0))
def test_o12_a_mail_put_off_by_a_clock_that_ran_ahead_goes_once_the_clock_is_right(
    office: Office, seen: object
) -> None:
    office.slow.answers.append(LATER)
    office.tick(EIGHT + timedelta(days=2))
    office.tick(EIGHT + MINUTE)
    with office.store.write() as connection:
        assert release_queue(connection, actor="test", now=office.now)
    office.minutes(1)

    assert office.seen == seen


@orphaned_by(orphans.leaves_the_missed, ([State.SENT], 1), ([State.DEFERRED], 0))
def test_o12_a_mail_put_off_to_a_time_that_was_slept_through_goes_at_the_next_chance(
    office: Office, seen: object
) -> None:
    office.slow.answers.append(LATER)
    office.tick()
    office.tick(chicago("2026-12-02", "09:00"))

    assert office.seen == seen
