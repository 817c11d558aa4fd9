"""Writes the reference pages from the code. Run by `make docs`; a test compares them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from reminder.settings import ENTRIES, variable

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"


def commands() -> str:
    """Return the reference of commands, as typer writes it."""
    command = [sys.executable, "-m", "typer", "reminder.cli.app", "utils", "docs", "--name", "reminder"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.replace("# `reminder`", "# Commands", 1).strip() + "\n\n" + EXIT_CODES


EXIT_CODES = """## Exit codes

| code | means |
| --- | --- |
| 0 | done |
| 1 | ran, but some row or mail failed |
| 2 | wrong usage or settings |
| 3 | the database or the mail server cannot be reached |
"""


def settings() -> str:
    """Return the reference of settings, from their definitions."""
    lines = [
        "# Settings",
        "",
        "Each setting is an environment variable, or a line in a file `reminder.toml` in the working folder under the",
        'name in small letters without `REMINDER_` (`public_url = "https://..."`). The environment wins.',
        "Each also exists with `_FILE` at its end: the value is then read from the file it names.",
        "All problems are reported at once.",
        "",
        "Those marked *page* can be saved in the browser instead (Settings, Mail); what is set here wins and shows there",
        "as locked.",
        "",
        "| variable | what it is | default |",
        "| --- | --- | --- |",
    ]
    for entry in ENTRIES:
        secret = " Secret: never shown." if entry.metadata["secret"] else ""
        secret += " *page*" if entry.metadata["on_page"] else ""
        text = entry.metadata["help"].replace("|", "\\|")
        lines.append(f"| `{variable(entry.name)}` | {text}{secret} | {f'`{entry.default}`' if entry.default else ''} |")
    return "\n".join(lines) + "\n"


PAGES = {"commands.md": commands, "settings.md": settings}


def main() -> None:
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), "utf-8")


if __name__ == "__main__":
    main()
