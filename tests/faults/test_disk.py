"""The disk under SQLite fails: power cuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reminder.store import engine
from tests.faults.powercuts import power_cuts

if TYPE_CHECKING:
    from pathlib import Path


def test_a_power_cut_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    counts, faults = power_cuts(tmp_path, cuts=1000, seed=31)

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
