"""Takes the secret out of links, where a mail is shown to others than its reader or a path is logged."""

from __future__ import annotations

import re

SECRET = re.compile(r"(/(?:r|calendar|sign-in)/)[A-Za-z0-9_.\-]{8,}")


def without_links(text: str) -> str:
    """Return the text with the secret part of every link masked: an admin must not confirm in somebody's name."""
    return SECRET.sub(r"\1***", text)
