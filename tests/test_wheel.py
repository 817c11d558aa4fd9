"""The wheel: what a practice installs, not the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    script = (
        f"import os; os.chdir({str(ROOT)!r}); from hatchling.build import build_wheel; build_wheel({str(folder)!r})"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_it_carries_templates_and_migrations(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert "reminder/templates/email/warning/body.html" in names
    assert "reminder/migrations/env.py" in names
    assert any(name.startswith("reminder/migrations/versions/0001") for name in names)


def test_it_finds_them_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    script = (
        "from reminder.resources import resource_dir; from reminder.mail.wording import Wording; Wording.load();"
        "print(resource_dir('templates'), resource_dir('migrations'))"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )

    folder = tmp_path / "installed" / "reminder"
    assert done.stdout.split() == [str(folder / "templates"), str(folder / "migrations")]
