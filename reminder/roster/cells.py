"""Keeps cells of an exported file from running as formulas, and takes exactly that guard off again."""

from __future__ import annotations

import re

from reminder.roster.safe_text import FORMULA_LEADS

_LEADS = re.escape(FORMULA_LEADS)
_START = r"(?:^|(?<=[,;|\t\r\n\"]))"
"""Where a cell begins, also for a program that splits the text at another delimiter or at a line break."""
_RUNS = re.compile(rf"{_START}('*[{_LEADS}])")
_GUARDED = re.compile(rf"{_START}'('*[{_LEADS}])")


def guarded(text: str) -> str:
    """Return `text` with an apostrophe before whatever a spreadsheet might run (= + - @ TAB CR, full-width forms)."""
    return _RUNS.sub(r"'\1", text)


def without_guard(text: str) -> str:
    """Undo `guarded`: for every text, `without_guard(guarded(text)) == text`."""
    return _GUARDED.sub(r"\1", text)
