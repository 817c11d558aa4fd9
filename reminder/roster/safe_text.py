"""Text that may stand in a mail header, a mail's body and a spreadsheet cell without doing anything there."""

from __future__ import annotations

import re
import unicodedata

_PLAIN = re.compile(r"[A-Za-z0-9'&()#/,-]+(?: [A-Za-z0-9'&()#/,-]+)*")
"""Text in which nothing can be wrong but its first character; nearly every cell passes here, quickly."""
_SPACES = re.compile(r"[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
"""Spaces only: a tab or a line break in a name is no slip of the space bar and stays, to be refused."""
_BAD_CATEGORIES = {
    "Cc": "a control character",
    "Cf": "an invisible character",
    "Cs": "half a character",
    "Co": "a private character",
    "Cn": "an unknown character",
    "Zl": "a line break",
    "Zp": "a line break",
}
_INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that Unicode counts as letters, marks or symbols although nothing is seen of them."""
_NOT_KNOWN = frozenset({"", "-", "--", "\u2013", "\u2014", "?", "n/a", "na", "none", "unknown", "not known", "tbd"})
FORMULA_LEADS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
"""What a spreadsheet may take for the start of a formula, full-width forms included."""
_ENCODED_WORD = re.compile(r"=\?.*\?=", re.DOTALL)
_LINK = re.compile(r"://|\bwww\.|@|\w\.[^\W\d_]{2,}|\d+\.\d+\.\d+\.\d+", re.IGNORECASE)
"""What mail programs turn into a link. `P.C.` and `M.D.` pass: only single letters stand between their dots."""


def tidy(text: str) -> str:
    """Return `text` composed (NFC), without spaces around it and with single plain spaces inside."""
    if text.isascii() and "  " not in text:
        return text.strip(" ")
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text)).strip(" ")


def says_nothing(text: str) -> bool:
    """Tell whether `text` is empty or what people write where they have nothing to write (a dash, n/a, unknown)."""
    return len(text) < 12 and text.strip().casefold() in _NOT_KNOWN


def danger_in(text: str) -> str | None:
    """Say in plain words why `text` may not stand in a header or a mail, or return None."""
    if _PLAIN.fullmatch(text) and text[0] != "-":
        return None
    seen = unicodedata.normalize("NFKC", text).replace("\u3002", ".")
    if text[:1] in FORMULA_LEADS or seen[:1] in FORMULA_LEADS:
        return "starts like a formula; type the plain text instead"
    hidden = hidden_character_in(text)
    if hidden:
        return f"holds {hidden}; type it anew"
    if _ENCODED_WORD.search(seen):
        return "looks like an encoded mail header; type the plain text instead"
    link = _LINK.search(seen)
    if link:
        return "looks like a web or mail address; leave it out, or put a space after the full stop"
    return None


def hidden_character_in(text: str) -> str | None:
    """Name the first character that is not visible text (control, bidi, zero-width, surrogate ...), or return None."""
    if text.isascii() and text.isprintable():
        return None
    for character in text:
        if character in _INVISIBLE_LETTERS:
            return "an invisible character"
        kind = _BAD_CATEGORIES.get(unicodedata.category(character))
        if kind:
            return f"{kind} (U+{ord(character):04X})"
    return None
