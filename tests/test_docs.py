"""What the documents say is held against the code."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reminder.jobs import passwords, signing_in, team
from tests import reference
from tests.cli.conftest import bare, shell  # noqa: F401 - fixtures
from tests.soak.__main__ import LOOPS
from tests.web.every_route import USES, Access

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
COMMANDS = ROOT / "docs" / "how-to" / "command-line.md"


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_reference_is_what_the_code_says(name: str) -> None:
    assert (reference.FOLDER / name).read_text("utf-8") == reference.PAGES[name](), "run: make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_the_pages_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
    broken = [target for target in targets if "://" not in target and not (page.parent / target).exists()]

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_setting_named_in_the_pages_exists(page: Path) -> None:
    known = reference.settings()
    named = set(re.findall(r"REMINDER_[A-Z_]+[A-Z]", page.read_text("utf-8")))

    assert {name for name in named if name.removesuffix("_FILE") not in known} == set()


@pytest.mark.parametrize("target", ["demo", "test", "soak", "lock", "docs", "screenshots"])
def test_every_make_target_that_is_named_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_the_commands_work_as_written(bare: Shell) -> None:  # noqa: F811 - a fixture
    blocks = re.findall(r"```console\n(.*?)```", COMMANDS.read_text("utf-8"), re.DOTALL)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ reminder ")]
    (bare.folder / "staff.csv").write_text(re.findall(r"```csv\n(.*?)```", COMMANDS.read_text("utf-8"), re.DOTALL)[0])
    done = [bare(*shlex.split(line)[1:]) for line in lines if "serve" not in line]

    assert len(done) > 7
    assert [(line, result.err) for line, result in zip(lines, done, strict=False) if result.code != 0] == []


def test_every_loop_of_the_soak_stands_beside_the_promises_and_is_there() -> None:
    page = (ROOT / "docs" / "explanation" / "promises.md").read_text("utf-8")
    told = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)

    assert told == [name for name in LOOPS if (ROOT / "tests" / "soak" / f"{name}.py").exists()]


ALLOWED = {
    Access.SIGNED_IN: "yes yes yes",
    Access.LOOK: "yes yes yes",
    Access.CHANGE: "– yes yes",
    Access.CHANGE_ANY: "– yes yes",
    Access.OWN: "– – yes",
    Access.OWN_ANY: "– – yes",
}
"""What viewer, editor and owner read in the table of roles."""


def test_the_table_of_roles_is_what_the_pages_do() -> None:
    text = (ROOT / "docs" / "explanation" / "accounts.md").read_text("utf-8").partition("## What each role may do")[2]
    rows = [[cell.strip() for cell in line.split("|")[2:-1]] for line in text.splitlines() if line.startswith("|")]
    said = {
        (method, path): " ".join(cells)
        for addresses, *cells in rows[2:]
        for method, path in re.findall(r"`([A-Z]+) (\S+)`", addresses)
    }
    held = {(method, path.replace(":int}", "}")): ALLOWED.get(use.access) for (method, path), use in USES.items()}

    assert len(said) > 30
    assert said == {case: held.get(case) for case in said}


@pytest.mark.parametrize(
    "words",
    [
        f"{passwords.SHORTEST} to {passwords.LONGEST} characters",
        f"after **{signing_in.IDLE_LIFE // HOUR} hours** without use, and **{signing_in.SESSION_LIFE.days} days**",
        f"not older than **{signing_in.PROOF_LIFE // MINUTE} minutes**",
        f"within {signing_in.NEW_PASSWORD_WITHIN // MINUTE} minutes of a mailed link",
        f"once, for {signing_in.MAIL_LIFE // MINUTE} minutes",
        f"wherever | {signing_in.GUESSES.most} | 1 in {signing_in.GUESSES.every // MINUTE} minutes",
        f"/64) | {signing_in.KNOCKS.most} | 1 in {signing_in.KNOCKS.every // MINUTE} minutes",
        f"address | {signing_in.LINKS.most} | 1 in {signing_in.LINKS.every // MINUTE} minutes",
        f"practice | {team.INVITATIONS.most} | 1 in {team.INVITATIONS.every // MINUTE} minutes",
        ", ".join(passwords.CONTEXT),
    ],
)
def test_the_limits_of_accounts_are_what_the_code_says(words: str) -> None:
    text = " ".join((ROOT / "docs" / "explanation" / "accounts.md").read_text("utf-8").split())

    assert words in text
