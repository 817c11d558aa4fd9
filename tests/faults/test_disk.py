"""The disk under SQLite fails: power cuts, no room left, writes and syncs that are refused."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from reminder.store import engine
from tests.faults.full_disk import FAULTS, Template, calls_of_a_pass, disk_failures
from tests.faults.powercuts import power_cuts

if TYPE_CHECKING:
    from pathlib import Path


def test_a_power_cut_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    counts, faults = power_cuts(tmp_path, cuts=20_000, seed=31)

    assert faults == []
    assert counts["commits"] > 30


@pytest.mark.parametrize(("synchronous", "fault"), [("1", "lost"), ("0", "corrupt")])
def test_what_weaker_settings_would_lose_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, synchronous: str, fault: str
) -> None:
    monkeypatch.setitem(engine.PRAGMAS, "synchronous", synchronous)
    counts, faults = power_cuts(tmp_path, cuts=100, seed=32)

    assert counts[fault] > 10
    assert len(faults) == counts["lost"] + counts["corrupt"]


POINTS = {"full": 60, "write failed": 60, "sync failed": 10}
POINTS |= {"full, once": 30, "write failed, once": 30, "sync failed, once": 10}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_disk_that_fails_loses_no_mail_is_told_and_is_gone_on_with_by_itself(tmp_path: Path, fault: str) -> None:
    template = Template(tmp_path / "template.db")
    last = calls_of_a_pass(template, tmp_path / "counted", fault, backups=True)
    points = sorted(Random(33).sample(range(1, last + 1), POINTS[fault]))
    counts, faults = disk_failures(template, tmp_path, [(call, fault) for call in points], backups=True)

    assert faults == []
    assert counts["points"] == POINTS[fault]
