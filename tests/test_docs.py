"""What the documents say is held against the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import reference
from tests.cli.conftest import bare, shell  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

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


@pytest.mark.parametrize("target", ["demo", "test", "lock", "docs", "screenshots"])
def test_every_make_target_that_is_named_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_the_commands_work_as_written(bare: Shell) -> None:  # noqa: F811 - a fixture
    blocks = re.findall(r"```console\n(.*?)```", COMMANDS.read_text("utf-8"), re.DOTALL)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ reminder ")]
    (bare.folder / "staff.csv").write_text(re.findall(r"```csv\n(.*?)```", COMMANDS.read_text("utf-8"), re.DOTALL)[0])
    done = [bare(*shlex.split(line)[1:]) for line in lines if "serve" not in line]

    assert len(done) > 7
    assert [(line, result.err) for line, result in zip(lines, done, strict=False) if result.code != 0] == []
