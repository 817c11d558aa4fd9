from __future__ import annotations

from datetime import timedelta

import pytest

from reminder import wiring
from reminder.clock import SharedClock, utc_now
from reminder.errors import UnreachableError
from reminder.settings import Settings
from tests.world import chicago

NOW = chicago("2026-12-01")


@pytest.mark.parametrize("off", [timedelta(minutes=-10), timedelta(0), timedelta(minutes=10)])
def test_a_machine_goes_by_the_shared_clock_whatever_its_own_says(off: timedelta) -> None:
    assert SharedClock(lambda: NOW, machine=lambda: NOW + off)() == NOW


def test_the_shared_clock_goes_on_with_the_machines_and_is_asked_once() -> None:
    answers, machine = iter([NOW]), [NOW - timedelta(minutes=7)]
    clock = SharedClock(lambda: next(answers), machine=lambda: machine[0])
    clock()
    machine[0] += timedelta(seconds=30)

    assert clock() == NOW + timedelta(seconds=30)


def test_a_machine_that_slept_while_it_asked_asks_again() -> None:
    machine = iter([NOW, NOW + timedelta(minutes=20), NOW + timedelta(minutes=20), NOW + timedelta(minutes=20)])
    clock = SharedClock(lambda: NOW + timedelta(minutes=20), machine=lambda: next(machine, NOW + timedelta(minutes=20)))

    assert clock() == NOW + timedelta(minutes=20)


def test_the_shared_clock_is_asked_anew_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    elapsed, answers = [100.0], iter([NOW, NOW + timedelta(minutes=3)])
    monkeypatch.setattr("reminder.clock.time.monotonic", lambda: elapsed[0])
    clock = SharedClock(lambda: next(answers), machine=lambda: NOW)
    first = clock()
    elapsed[0] += 59.9
    same = clock()
    elapsed[0] += 0.1

    assert (first, same, clock()) == (NOW, NOW, NOW + timedelta(minutes=3))


def test_a_server_that_does_not_answer_is_no_clock(tmp_path: object) -> None:
    services = wiring.build(
        Settings(database_url="postgresql://user@127.0.0.1:1/nothing", mail_url=f"folder:{tmp_path}")
    )

    with pytest.raises(UnreachableError):
        services.clock()


def test_on_either_database_the_clock_is_right(database_url: str, tmp_path: object) -> None:
    services = wiring.build(Settings(database_url=database_url, mail_url=f"folder:{tmp_path}"))

    assert abs(services.clock() - utc_now()) < timedelta(seconds=5)
    services.store.close()
