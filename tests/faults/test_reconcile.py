from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reminder.store import migrate, reconcile
from reminder.store.engine import Store
from tests.faults.lived import lived
from tests.faults.mutations import MUTATIONS
from tests.faults.seeding import seed_differences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Cluster


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def good(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A database in which much has happened, of each kind; tests leave it as it was."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('lived') / 'reminder.db'}"
    else:
        server: Cluster = request.getfixturevalue("postgres")
        url = server.fresh_url()
    store = Store(url)
    migrate.upgrade(store)
    lived(store)
    yield store
    store.close()


def test_a_good_database_shows_no_difference(good: Store) -> None:
    with good.read() as connection:
        assert reconcile.differences(connection) == []


def test_every_seeded_difference_is_found(good: Store) -> None:
    seeded, unseen = seed_differences(good, 1010 if good.is_sqlite else len(MUTATIONS), seed=4)

    assert seeded >= (1000 if good.is_sqlite else 120)
    assert unseen == []
