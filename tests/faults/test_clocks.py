"""A running worker whose clock is set, and a laptop that sleeps; `make soak` does so a hundred times."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.faults.clocks import JUMPS, PEOPLE, moved, set_and_set_right, sleep_until
from tests.world import chicago

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(sys.platform != "linux", reason="what moves the clock of a process is a library of Linux")
def test_a_clock_that_jumps_holds_up_no_pass_and_mails_nobody_twice(tmp_path: Path) -> None:
    with moved(tmp_path) as machine:
        begun = machine.sent()
        faults = [fault for jump in JUMPS for fault in set_and_set_right(machine, jump)]
        faults += sleep_until(machine, machine.now + timedelta(minutes=10), 0.5)
        faults += sleep_until(machine, chicago("2026-12-09", "10:30"), 1)  # past the step of seven days

    assert begun == PEOPLE
    assert faults == []
