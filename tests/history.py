"""Make mistakes again that others, or we, have made before, and see whether the tests notice.

    python -m tests.history [NAME ...]

`tests/history.toml` holds them as small patches, each with the tests that must fail. The answer is one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.mutants import LONGEST, Changed, prepared, run_tests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
HISTORY = ROOT / "tests" / "history.toml"
RESOURCES = ROOT / "reminder" / "resources.py"
NOTICED = {pytest.ExitCode.TESTS_FAILED, -signal.SIGXCPU, -signal.SIGKILL, -signal.SIGABRT}
"""How tests end that notice a mistake: one fails, goes on for ever, or ends the process. A file that cannot even be imported shows nothing."""


@dataclass(frozen=True, kw_only=True)
class Bug:
    """One mistake: `seen` says whose it was; where `old` stands in `file`, `new` makes it again; `tests` must fail."""

    name: str
    seen: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def path(self) -> Path:
        return ROOT / self.file

    def source(self) -> str:
        """Return the file with the mistake in it; raise ValueError if the text stands there not once."""
        text = self.path.read_text("utf-8")
        if text.count(self.old) != 1:
            message = f"{self.name}: its text stands {text.count(self.old)} times in {self.file}; write the patch anew"
            raise ValueError(message)
        return text.replace(self.old, self.new)


def bugs() -> list[Bug]:
    """Return every mistake, in the order of the file."""
    return [Bug(**{**one, "tests": tuple(one["tests"])}) for one in tomllib.loads(HISTORY.read_text("utf-8"))["bug"]]


def is_noticed(bug: Bug) -> bool:
    """Tell whether the tests that must fail do."""
    with _changed(bug) as changed:
        return run_tests([str(ROOT / test) for test in bug.tests], changed) in NOTICED


@contextmanager
def _changed(bug: Bug) -> Iterator[Changed]:
    """Give the module with the mistake; a template or a migration is changed in a copy of its folder."""
    if bug.path.suffix == ".py" and bug.file.startswith("reminder/"):
        yield Changed(bug.path, bug.source())
        return
    with tempfile.TemporaryDirectory() as place:
        for folder in ("templates", "migrations"):
            shutil.copytree(ROOT / folder, Path(place, folder))
        Path(place, bug.file).write_text(bug.source(), "utf-8")
        elsewhere = f"\n\ndef resource_dir(name):\n    return Path({place!r}, name)\n"
        yield Changed(RESOURCES, RESOURCES.read_text("utf-8") + elsewhere)


def missed_among(tried: Sequence[Bug]) -> list[str]:
    """Make mistakes, one after the other, and return those that nobody notices."""
    found = []
    with prepared():
        named = dict.fromkeys(test for bug in tried for test in bug.tests)
        assert run_tests([str(ROOT / test) for test in named], seconds=LONGEST * 10) == 0, "they fail without a mistake"
        for bug in tried:
            if not is_noticed(bug):
                found.append(bug.name)
                sys.stderr.write(f"missed: {bug.name}\n")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Make the mistakes; return 1 if one is not noticed."""
    every = {bug.name: bug for bug in bugs()}
    parser = argparse.ArgumentParser(prog="python -m tests.history", description="Make the mistakes of others again.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which of them; default: all")
    names = parser.parse_args(arguments).names or list(every)
    unknown = sorted(set(names) - set(every))
    if unknown:
        parser.error(f"no mistake is called {', '.join(unknown)}; see {HISTORY.name}")
    missed = missed_among([every[name] for name in names])
    sys.stdout.write(f"{json.dumps({'bugs': len(names), 'caught': len(names) - len(missed), 'missed': missed})}\n")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
