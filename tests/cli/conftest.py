"""The command line, run in this process at an instant that tests set."""

from __future__ import annotations

import io
import json
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import typer.main
from freezegun import freeze_time

from reminder.cli import main

if TYPE_CHECKING:
    from pathlib import Path

typer.main.get_command = cache(typer.main.get_command)
"""A program makes its commands out of their functions once; here it would a thousand times."""


@dataclass
class Done:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs commands on one database, with mails caught in a folder."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.mail = folder, folder / "mail"
        self.at = "2026-12-01T13:00:00Z"  # 7 AM in Chicago
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.set(DATABASE_URL=f"sqlite:///{folder / 'reminder.db'}", MAIL_URL=f"folder:{self.mail}")
        self.set(PUBLIC_URL="https://reminders.lakeside.example", SECRET_KEY="a secret key for tests")

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(f"REMINDER_{name}", value)

    def __call__(self, *words: str, stdin: bytes = b"") -> Done:
        self._monkeypatch.setattr(sys, "argv", ["reminder", *words])
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = 0
        with freeze_time(self.at):
            try:
                main()
            except SystemExit as stop:
                code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        printed = self._capsys.readouterr()
        return Done(code, printed.out, printed.err)

    def mails(self) -> list[str]:
        return sorted(path.read_text("ascii") for path in self.mail.glob("*.eml")) if self.mail.is_dir() else []


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell without a database."""
    return Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a live practice, filled by the first test that takes one."""
    return tmp_path_factory.mktemp("founded")


@pytest.fixture
def shell(bare: Shell, founded: Path) -> Shell:
    """A shell with one live practice."""
    if not any(founded.iterdir()):
        done = bare(
            "init", "--practice", "Lakeside Family Medicine", "--timezone", "America/Chicago",
            "--admin", "dana@lakeside.example", "--live",
        )  # fmt: skip
        assert done.code == 0, done.err
        shutil.copytree(bare.folder, founded, dirs_exist_ok=True)
    shutil.copytree(founded, bare.folder, dirs_exist_ok=True)
    return bare
