"""Silence is impossible: each way of being broken is seen by `/healthz`, on the page and outside, until it is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.house import House, house, settled
from tests.faults.outages import CANARY, OUTAGES, Outage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_SILENCE = 10
"""Minutes within which the outside must know: by the webhook, or because the dead-man's switch is not fetched."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("house") / "reminder.db"
    settled(path)
    return path


@pytest.fixture
def home(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    yield from house(template, tmp_path, monkeypatch)


def test_there_are_at_least_twenty_five_ways() -> None:
    assert len({outage.name for outage in OUTAGES}) == len(OUTAGES) >= 25


@pytest.mark.parametrize("outage", OUTAGES, ids=lambda outage: outage.name)
def test_no_outage_is_silent_and_each_is_over_when_it_is_mended(
    home: House, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.minute()
    assert (home.health()[:2], "banner warn" in home.band(), home.doctor()) == ((200, []), False, True)

    with outage.break_it(home, monkeypatch):
        for _ in range(outage.page_after):
            home.minute()
        (status, matters, said), band, known = home.health(), home.band(), len(home.listener.heard)
        is_well = home.doctor()
        for _ in range(LONGEST_SILENCE - outage.page_after):
            if home.was_told(outage.matter):
                break
            home.minute()
        is_told, is_fetched = home.was_told(outage.matter), "/alive" in home.listener.paths()[known:]

    assert (status, outage.matter in matters, "banner warn" in band, is_well) == (503, True, True, False)
    assert (is_told, is_fetched) == (outage.is_told, False)
    assert CANARY not in said
    assert "@" not in said

    over = len(home.listener.heard)
    for _ in range(outage.mended_after):
        home.minute()
        if home.health()[:2] == (200, []):
            break
    home.minute()
    assert (home.health()[:2], "banner warn" in home.band()) == ((200, []), False)
    assert "/alive" in home.listener.paths()[over:]
