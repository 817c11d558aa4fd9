"""What was worked out is kept until anybody changes the database, and never for whoever changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from reminder.policy.parts import Part
from reminder.store import practices
from reminder.store.listing import Listing
from reminder.store.recall import MOST, recall
from reminder.store.tables import practice

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.store.engine import Store
    from tests.world import World


class Counting:
    """Asks for the number of practices, and counts how often that was worked out."""

    def __init__(self) -> None:
        self.times = 0

    def ask(self, connection: Connection, key: object = "practices") -> int:
        def work_out() -> int:
            self.times += 1
            return int(connection.scalars(select(func.count()).select_from(practice)).one())

        return recall(connection, key, work_out)


def rename(store: Store, name: str) -> None:
    with store.write() as connection:
        connection.execute(update(practice).values(name=name))


def test_what_nothing_has_changed_since_is_worked_out_once(world: World) -> None:
    counting = Counting()
    for _ in range(5):
        with world.store.read() as connection:
            assert counting.ask(connection) == 1
    assert counting.times == 1


def test_any_change_has_it_worked_out_again(world: World) -> None:
    counting = Counting()
    for number in range(1, 6):
        with world.store.read() as connection:
            counting.ask(connection)
            counting.ask(connection)
        assert counting.times == number
        rename(world.store, f"Practice {number}")


def test_a_change_that_commits_between_two_questions_of_one_reader_is_seen_by_the_next(world: World) -> None:
    counting = Counting()
    with world.store.read() as connection:
        counting.ask(connection)
        rename(world.store, "Another")
    with world.store.read() as connection:
        counting.ask(connection)
    assert counting.times == 2


def test_whoever_changes_the_database_is_told_nothing_from_before(world: World) -> None:
    counting = Counting()
    with world.store.write() as connection:
        counting.ask(connection)
        connection.execute(update(practice).values(name="Another"))
        counting.ask(connection)
    assert counting.times == 2


def test_a_database_that_nobody_changes_is_not_remembered_without_end(world: World) -> None:
    counting = Counting()
    with world.store.read() as connection:
        for key in range(MOST * 3):
            counting.ask(connection, key)
        assert len(connection.info["recalled"]["answers"]) <= MOST


def test_the_tiles_count_a_person_who_was_just_registered(world: World) -> None:
    for number in range(3):
        with world.store.read() as connection:
            here = practices.load(connection, [1])
            assert Listing(connection, here, world.now).counts[Part.EVERYBODY] == number
        world.person(f"Person {number}")
