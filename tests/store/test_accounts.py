"""Admins, sessions, links, codes and tries, on both databases; what two do at once counts once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.errors import UsageError
from reminder.jobs.signing_in import GUESSES, IDLE_LIFE, SESSION_LIFE
from reminder.policy.model import AdminRole
from reminder.store import admins, factors, sessions, throttles
from reminder.store.sessions import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from tests.world import World

OWNER, KIM = 1, 2


@pytest.fixture
def team(world: World) -> World:
    """Two owners of the first practice."""
    with world.store.write() as connection:
        kim = admins.add(connection, email="kim@lakeside.example", name="Kim", now=world.now)
        admins.grant(connection, kim, 1, AdminRole.OWNER)
    return world


def at_once(world: World, act: Callable[[Connection], bool], times: int = 8) -> int:
    """Do the same in several threads, and return in how many it succeeded."""
    succeeded: list[bool] = []
    start = threading.Barrier(times)

    def run() -> None:
        start.wait()
        try:
            with world.store.write() as connection:
                found = act(connection)
        except UsageError:
            found = False
        succeeded.append(found)

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(succeeded)


def open_session(world: World, secret: str, admin_id: int = OWNER) -> Session:
    made = Session(
        token_hash=secret.ljust(64, "0"),
        admin_id=admin_id,
        created_at=world.now,
        seen_at=world.now,
        expires_at=world.now + SESSION_LIFE,
        browser="Firefox on Windows",
        needs_code=False,
        proved_at=world.now,
        linked_at=None,
    )
    with world.store.write() as connection:
        sessions.add(connection, made)
    return made


def test_a_code_that_two_give_at_once_lets_one_of_them_in(world: World) -> None:
    assert at_once(world, lambda connection: factors.use_step(connection, OWNER, 59_000_000)) == 1


@pytest.mark.parametrize(("step", "taken"), [(99, False), (100, False), (101, True)])
def test_no_code_is_taken_after_a_later_one(world: World, step: int, taken: bool) -> None:
    with world.store.write() as connection:
        factors.use_step(connection, OWNER, 100)

        assert factors.use_step(connection, OWNER, step) is taken


def test_a_recovery_code_that_two_give_at_once_lets_one_of_them_in(world: World) -> None:
    with world.store.write() as connection:
        factors.set_recovery_codes(connection, OWNER, ["a", "b"])

    assert at_once(world, lambda connection: factors.use_recovery_code(connection, OWNER, "a")) == 1
    with world.store.read() as connection:
        assert factors.recovery_codes_left(connection, OWNER) == 1


def test_nobody_uses_a_colleagues_recovery_code(team: World) -> None:
    with team.store.write() as connection:
        factors.set_recovery_codes(connection, OWNER, ["a"])

        assert not factors.use_recovery_code(connection, KIM, "a")


def test_a_link_that_two_press_at_once_works_for_one(world: World) -> None:
    until = world.now + timedelta(minutes=10)
    with world.store.write() as connection:
        sessions.add_link(connection, "link", OWNER, until)

    assert at_once(world, lambda connection: sessions.use_link(connection, "link", world.now) is not None) == 1


def test_tries_at_once_are_each_counted(world: World) -> None:
    taken = at_once(world, lambda connection: throttles.take(connection, "x", "dana", GUESSES, world.now))

    assert taken == GUESSES.most


def test_a_try_given_back_can_be_taken_again(world: World) -> None:
    with world.store.write() as connection:
        for _ in range(GUESSES.most):
            throttles.take(connection, "x", "dana", GUESSES, world.now)
        throttles.give_back(connection, "x", "dana", GUESSES)

        assert throttles.take(connection, "x", "Dana ", GUESSES, world.now)
        assert not throttles.take(connection, "x", "dana", GUESSES, world.now)
        assert throttles.take(connection, "y", "dana", GUESSES, world.now)


def test_two_owners_who_leave_at_once_leave_one_of_them(team: World) -> None:
    leaving = iter((OWNER, KIM))

    def leave(connection: Connection) -> bool:
        admins.revoke(connection, next(leaving), 1)
        return True

    assert at_once(team, leave, times=2) == 1


def test_the_last_owner_can_neither_be_removed_nor_become_less(world: World) -> None:
    with world.store.write() as connection:
        with pytest.raises(UsageError, match="last owner"):
            admins.revoke(connection, OWNER, 1)
        with pytest.raises(UsageError, match="last owner"):
            admins.grant(connection, OWNER, 1, AdminRole.EDITOR)


def test_with_the_last_role_sessions_and_links_end(team: World) -> None:
    kims, owners = open_session(team, "kim", KIM), open_session(team, "owner")
    with team.store.write() as connection:
        sessions.add_link(connection, "link", KIM, team.now + timedelta(days=1))
        admins.revoke(connection, KIM, 1)

        assert sessions.find(connection, kims.token_hash, team.now, IDLE_LIFE) is None
        assert sessions.link(connection, "link", team.now) is None
        assert sessions.find(connection, owners.token_hash, team.now, IDLE_LIFE) == owners


def test_who_keeps_a_role_stays_signed_in(team: World) -> None:
    other = team.practice("Desert Bloom", owner="kim@lakeside.example")
    kims = open_session(team, "kim", KIM)
    with team.store.write() as connection:
        admins.revoke(connection, KIM, 1)

        assert sessions.find(connection, kims.token_hash, team.now, IDLE_LIFE) == kims
        assert admins.practices_of(connection, KIM) == {other: AdminRole.OWNER}


def test_a_newer_link_ends_the_older_ones_of_its_kind(world: World) -> None:
    until = world.now + timedelta(minutes=10)
    with world.store.write() as connection:
        sessions.add_link(connection, "old", OWNER, until)
        sessions.add_link(connection, "address", OWNER, until, new_email="dana@new.example")
        sessions.add_link(connection, "new", OWNER, until)

        assert sessions.link(connection, "old", world.now) is None
        assert sessions.link(connection, "address", world.now) is not None
        assert sessions.link(connection, "new", world.now) is not None


def test_a_renewed_session_is_dead_under_its_old_secret(world: World) -> None:
    made = open_session(world, "old")
    with world.store.write() as connection:
        assert sessions.renew(connection, made.token_hash, "new", world.now)
        assert sessions.find(connection, made.token_hash, world.now, IDLE_LIFE) is None
        assert sessions.find(connection, "new", world.now, IDLE_LIFE) is not None
        assert not sessions.renew(connection, made.token_hash, "another", world.now)


def test_a_session_is_ended_by_its_mark_and_only_by_its_admin(team: World) -> None:
    kims = open_session(team, "kim", KIM)
    with team.store.write() as connection:
        assert not sessions.end_marked(connection, OWNER, kims.mark)
        assert not sessions.end_marked(connection, KIM, kims.mark[:-1])
        assert sessions.end_marked(connection, KIM, kims.mark)


def test_what_has_run_out_is_swept_away(world: World) -> None:
    made = open_session(world, "old")
    with world.store.write() as connection:
        sessions.sweep(connection, made.expires_at)

        assert sessions.of_admin(connection, OWNER, world.now, IDLE_LIFE) == []
