"""The wheel: what a practice installs, not the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def build(what: str, folder: Path) -> None:
    script = (
        f"import os; os.chdir({str(ROOT)!r}); from hatchling.build import build_{what}; build_{what}({str(folder)!r})"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build("wheel", folder)
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


def test_the_source_archive_carries_what_the_wheel_is_built_from(tmp_path: Path) -> None:
    build("sdist", tmp_path)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    wanted = {
        path.relative_to(ROOT).as_posix()
        for folder in ("reminder", "templates", "migrations")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert wanted <= names
