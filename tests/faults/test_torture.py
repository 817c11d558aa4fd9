"""Torture: the call that fails is chosen by a seed here; `make soak` takes every one."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection

from reminder.jobs import confirm
from reminder.store import backups, engine, sending
from tests.faults import calls, orphans
from tests.faults.calls import Way
from tests.faults.torture import Point, Torture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.orphans import Bug

SEED = 17
HALF_OF_THEM = 250


@pytest.fixture(scope="module")
def torture(tmp_path_factory: pytest.TempPathFactory) -> Torture:
    return Torture(tmp_path_factory.mktemp("torture"))


@pytest.fixture(scope="module")
def points(torture: Torture) -> list[Point]:
    return torture.points()


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_whatever_call_fails_nothing_is_lost_doubled_or_half_done(
    torture: Torture, points: list[Point], seed: int
) -> None:
    struck = Random(seed).sample(points, HALF_OF_THEM)
    faults = [fault for point in struck for fault in torture.strike(point)]

    assert faults == []
    assert len(points) >= 5000


def test_every_kind_of_call_is_among_those_that_fail(tmp_path: Path) -> None:
    names = {name for scenario in ("send", "send to a folder") for name in Torture(tmp_path).run(whole(scenario))[0]}

    assert names >= {
        "clock",
        "connect",
        "file fsync",
        "file replace",
        "file write",
        "log write",
        "socket receive",
        "socket send",
        "sql begin",
        "sql commit",
        "sql insert",
        "sql rollback",
        "sql update",
    }


def test_a_number_means_the_same_call_in_every_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_verb", lambda sql: f"sql {sql}")
    torture = Torture(tmp_path)
    runs = [torture.run(whole("upgrade"))[0] for _ in range(4)]

    assert runs[1:] == runs[:-1]


def whole(scenario: str) -> Point:
    """A run in which nothing fails."""
    return Point(scenario, 0, Way.RAISE)


def never_marks(patch: pytest.MonkeyPatch) -> None:
    """Send without having said so beforehand."""
    patch.setattr(sending, "mark_sending", lambda *given: {row.id for row in given[1]})
    orphans.has_no_fence(patch)


def commits_each_statement(patch: pytest.MonkeyPatch) -> None:
    """Begin no transaction."""
    real = engine._engine
    patch.setattr(engine, "_engine", lambda url, **_: real(url, "select 1"))


def loses_the_receipt(patch: pytest.MonkeyPatch) -> None:
    """Plan the receipt of a confirmation in a transaction of its own, once the confirmation is committed."""
    patch.setattr(confirm, "plan_receipt", lambda *_: None)


def forgets_leftovers(patch: pytest.MonkeyPatch) -> None:
    """Leave what a killed backup wrote."""
    patch.setattr(backups, "tidy_up", lambda *_: None)


def forgets_foreign_keys(patch: pytest.MonkeyPatch) -> None:
    """Put a connection back that checks no foreign keys since it changed the schema."""
    patch.setattr(Connection, "invalidate", lambda _: None)


def removes_without_care(patch: pytest.MonkeyPatch) -> None:
    """Let tidying up fail where there is nothing left to tidy."""
    patch.setattr(backups, "remove", lambda path: path.unlink())


@pytest.mark.parametrize(
    ("bug", "scenario", "call", "way", "told"),
    [
        (never_marks, "send", "socket send", Way.KILL_LATE, "a second copy that was not in doubt"),
        (commits_each_statement, "confirm", "sql insert", Way.RAISE, "half done"),
        (commits_each_statement, "import", "sql insert", Way.KILL, "half done"),
        (forgets_leftovers, "back up", "file fsync", Way.KILL, "left over"),
        (removes_without_care, "back up", "file unlink", Way.HANG, "cannot be repeated: UsageError"),
        (forgets_foreign_keys, "upgrade", "sql pragma", Way.RAISE_LATE, "foreign keys are off"),
        (loses_the_receipt, "confirm", "sql commit", Way.KILL_LATE, "half done"),
    ],
)
def test_torture_finds_a_bug_that_was_made_on_purpose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: Bug, scenario: str, call: str, way: Way, told: str
) -> None:
    torture = Torture(tmp_path)
    names = torture.run(whole(scenario))[0]
    bug(monkeypatch)
    places = [at for at, name in enumerate(names, 1) if name == call]
    faults = [fault for at in places[-4:] for fault in torture.strike(Point(scenario, at, way))]

    assert any(told in fault for fault in faults), faults
