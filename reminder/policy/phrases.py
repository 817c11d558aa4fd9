"""Rule 4: how the days left are said. The mails and the pages use these words and no others."""

from __future__ import annotations


def days_phrase(days_left: int) -> str:
    """Return the days left in words, with digits. Whether one can sign in on the expiry date itself is unknown."""
    if days_left > 1:
        return f"{days_left} days left"
    if days_left == 1:
        return "expires tomorrow, today is the last safe day"
    if days_left == 0:
        return "the expiry date is today; you may already be unable to sign in"
    if days_left == -1:
        return "expired yesterday"
    return f"expired {-days_left} days ago"
