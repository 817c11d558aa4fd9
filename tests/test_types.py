"""The types fit: here and not before the tests, since the checker keeps one processor busy and leaves the others idle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_type_checker_finds_nothing() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert checked.stdout + checked.stderr == ""
