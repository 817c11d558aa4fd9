"""Lists of words, written as text so that they can be read."""

from __future__ import annotations


def vocabulary(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())
