"""The mistakes that are made again: each patch still fits the program as it is, and the quickest ones are made here."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.history import ROOT, Bug, bugs, main

QUICKEST = (
    "a-missed-run-is-a-missed-reminder",
    "the-expiry-day-itself-is-safe",
    "a-year-of-two-digits-is-of-the-last-century",
    "a-mail-asks-for-the-password",
)
BUGS = bugs()


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_patch_fits_once_and_changes_a_file_that_can_still_be_read(bug: Bug) -> None:
    source = bug.source()

    assert source != bug.path.read_text("utf-8")
    if bug.path.suffix == ".py":
        compile(source, bug.file, "exec")


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_tests_that_must_fail_are_there(bug: Bug) -> None:
    for test in bug.tests:
        path, *names = test.partition("[")[0].split("::")
        text = (ROOT / path).read_text("utf-8")

        assert all(f"def {name}(" in text or f"class {name}" in text for name in names), test


def test_there_are_at_least_a_hundred_each_with_a_name_and_a_change_of_its_own() -> None:
    assert len({bug.name for bug in BUGS}) == len({(bug.file, bug.old, bug.new) for bug in BUGS}) == len(BUGS) >= 100


def test_a_patch_that_no_longer_fits_is_named_with_its_file() -> None:
    bug = Bug(name="old", seen="", file="reminder/errors.py", old="not there", new="", tests=())

    with pytest.raises(ValueError, match=r"old: its text stands 0 times in reminder/errors\.py"):
        bug.source()


def test_an_unknown_mistake_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["none-of-this-name"])

    assert "none-of-this-name" in capsys.readouterr().err


def test_the_quickest_are_noticed() -> None:
    command = [sys.executable, "-m", "tests.history", *QUICKEST]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert json.loads(done.stdout) == {"bugs": 4, "caught": 4, "missed": []}
    assert done.returncode == 0
