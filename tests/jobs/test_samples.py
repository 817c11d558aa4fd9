from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from reminder.jobs.import_undo import undo_import
from reminder.jobs.samples import add_samples, are_there, remove_samples
from reminder.store import memberships
from reminder.store import practices as stored

if TYPE_CHECKING:
    from tests.world import World


def with_samples(world: World) -> None:
    with world.store.read() as connection:
        practice = stored.load(connection, [1])[1]
    add_samples(world.store, practice, by="Dana", actor="test", now=world.now)


def without_samples(world: World) -> list[str]:
    """Remove the invented people and return who is left."""
    with world.store.write() as connection:
        remove_samples(connection, actor="test", now=world.now)
        assert not are_there(connection)
        return [member.person.name for member in memberships.members(connection, 1)]


def test_invented_people_go_even_if_something_was_tried_out_with_them(world: World) -> None:
    world.person("Real Person")
    with_samples(world)
    world.reset(2, date(2026, 11, 30))

    assert without_samples(world) == ["Real Person"]


def test_invented_people_may_be_gone_already(world: World) -> None:
    with_samples(world)
    with world.store.write() as connection:
        undo_import(connection, 1, actor="test", now=world.now)

    assert without_samples(world) == []
