from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.postgres_chaos import chaos_round
from tests.postgres import FAST, cluster

if TYPE_CHECKING:
    from pathlib import Path


def test_senders_go_on_by_themselves_whatever_happens_to_postgresql(tmp_path: Path) -> None:
    with cluster(FAST) as server:
        counts, faults = chaos_round(
            server, tmp_path, deeds={"terminate": 96, "cut": 96, "restart": 4, "flip": 4}, seed=21
        )

    assert faults == []
    assert counts["lost"] == 0
