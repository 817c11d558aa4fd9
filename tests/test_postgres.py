"""The PostgreSQL of the tests: it runs from any checkout, and says what is wrong when it does not."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest

from tests import postgres


def test_a_copy_of_the_programs_finds_its_libraries(tmp_path: Path) -> None:
    copied = postgres.copy_binaries(postgres.find_binaries(), tmp_path)

    assert "PostgreSQL" in subprocess.check_output([copied / "bin" / "initdb", "--version"], text=True)


def test_a_server_that_cannot_be_made_says_why_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="broken", dir=postgres.SHORT) as folder:
        program = Path(folder) / "bin" / "initdb"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\necho no room left >&2\nexit 1\n")
        program.chmod(0o755)
        Path(folder).chmod(0o755)
        home = Path(tempfile.mkdtemp(prefix="pg", dir=postgres.SHORT))
        monkeypatch.setattr(postgres, "find_binaries", lambda: Path(folder))
        monkeypatch.setattr(tempfile, "mkdtemp", lambda **_: str(home))

        with pytest.raises(AssertionError, match="initdb: no room left"), postgres.cluster():
            pass

    assert not home.exists()
