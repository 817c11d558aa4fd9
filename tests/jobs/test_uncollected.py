"""While very many records are built, Python's cycle collector waits."""

from __future__ import annotations

import gc

import pytest

from reminder.jobs.uncollected import uncollected


def test_the_collector_rests_within_the_block_and_works_afterwards() -> None:
    with uncollected():
        assert not gc.isenabled()

    assert gc.isenabled()


def test_it_works_again_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), uncollected():
        1 / 0  # noqa: B018 - it is to fail

    assert gc.isenabled()


def test_a_block_within_another_does_not_end_its_rest() -> None:
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()
