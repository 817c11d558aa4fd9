"""Every revision of the schema, up and down, with rows in every table, and killed in the middle."""

from __future__ import annotations

from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING

import pytest

from reminder.store import migrate
from tests.faults.migrating import REVISIONS, STARTS, core_schema, down_and_up, killed_upgrades, lived_at, state, up

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.postgres import Cluster

ROWS = 500
"""In each table: a base of more than ten thousand rows."""

KILLS = 3


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Give the address of another empty database at each call."""
    if request.param == "sqlite":
        numbers = count(1)
        return lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"
    server: Cluster = request.getfixturevalue("postgres")
    return server.fresh_url


def test_the_migrated_tables_are_those_of_the_program(fresh_url: Callable[[], str]) -> None:
    with closing(lived_at(fresh_url(), REVISIONS[-1], 0, seed=1)) as store:
        migrated = state(store)[0]

    assert migrated == core_schema(fresh_url())


def test_the_revisions_tested_are_those_there_are() -> None:
    assert migrate._known() == set(REVISIONS)


@pytest.mark.parametrize("revision", REVISIONS)
def test_down_and_up_again_keeps_all_that_the_older_schema_can_hold(
    fresh_url: Callable[[], str], revision: str
) -> None:
    assert down_and_up(fresh_url(), revision, ROWS, seed=2) == []


@pytest.mark.parametrize("start", STARTS)
def test_an_upgrade_from_any_schema_keeps_every_row(fresh_url: Callable[[], str], start: str | None) -> None:
    assert up(fresh_url(), start, ROWS, seed=3) == []


@pytest.mark.parametrize("start", STARTS)
def test_an_upgrade_killed_anywhere_leaves_the_old_schema_and_ends_well_when_run_again(
    fresh_url: Callable[[], str], start: str | None
) -> None:
    assert killed_upgrades(fresh_url, start, kills=KILLS, rows=10, seed=4)[1] == []
