"""Passwords of admins: which ones may be used, and how they are kept (Argon2id, expensive on purpose)."""

from __future__ import annotations

import re
import secrets
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from reminder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 256
STRONG = 3
"""The least of zxcvbn's five grades, 0 to 4, that is taken: it withstands guessing even if the database is stolen."""

GRADES = ("It is very easy to guess", "It is easy to guess", "It can be guessed", "It is strong", "It is very strong")
CONTEXT = ("reminder", "password", "cms", "pecos", "nppes", "medicare", "medicaid", "enrollment", "credentialing")
"""Words that anybody would try first at such a site; so are the names of the practice and of its admin."""

READ_BY_ZXCVBN = 72
"""Characters of a password that are graded: grading takes time that grows faster than the length."""

HASHED_AT_ONCE = 2
"""Each hash takes 64 MiB: a crowd at the sign-in page waits its turn instead of filling the memory."""

_turn = threading.BoundedSemaphore(HASHED_AT_ONCE)


@dataclass(frozen=True, kw_only=True)
class Strength:
    """How hard a password is to guess: in words, with one suggestion (empty if none is needed)."""

    is_strong: bool
    words: str
    advice: str


@cache
def hasher() -> PasswordHasher:
    """Return Argon2id with the parameters of RFC 9106 for little memory."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return hashed(secrets.token_urlsafe(16))


def hashed(password: str) -> str:
    """Return the hash under which a password is kept."""
    with _turn:
        return hasher().hash(password)


def fits(known: str | None, password: str) -> bool:
    """Tell whether this is the password behind a hash; without one it takes the same time to say no."""
    from argon2.exceptions import VerifyMismatchError

    try:
        with _turn:
            hasher().verify(known or _nobodys_hash(), password[:LONGEST])
    except VerifyMismatchError:
        return False
    return known is not None and len(password) <= LONGEST


def is_outdated(known: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return hasher().check_needs_rehash(known)


def checked_password(password: str, context: Iterable[str] = ()) -> str:
    """Return a password that may be used, as it was typed.

    `context`: names and addresses that belong to its owner. Raise UsageError for one that is too short, too long, or
    soon guessed.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        message = f"password: it has {len(password)} characters; choose {SHORTEST} to {LONGEST}"
        raise UsageError(message)
    found = strength(password, context)
    if not found.is_strong:
        message = f"password: {found.words[0].lower()}{found.words[1:]}. {found.advice}"
        raise UsageError(message)
    return password


def strength(password: str, context: Iterable[str] = ()) -> Strength:
    """Grade a password. What it shares with its surroundings counts for nothing."""
    from zxcvbn import zxcvbn

    words = _words(context)
    rest = re.sub("|".join(map(re.escape, words)), "", password[: READ_BY_ZXCVBN * 2], flags=re.IGNORECASE)
    if not rest:
        return Strength(is_strong=False, words=GRADES[0], advice=ADVICE)
    graded = zxcvbn(rest[:READ_BY_ZXCVBN])
    grade = int(graded["score"])
    if len(password) < SHORTEST:
        return Strength(is_strong=False, words="It is too short", advice=f"Type {SHORTEST} characters or more.")
    if grade >= STRONG:
        return Strength(is_strong=True, words=GRADES[grade], advice="")
    borrowed = len(rest) < len(password[: READ_BY_ZXCVBN * 2])
    return Strength(is_strong=False, words=GRADES[grade], advice=BORROWED if borrowed else ADVICE)


ADVICE = "Take three or four words that do not belong together, such as a colour, a fruit and a city."
BORROWED = "Leave out your own name, the practice's, and words like password, Medicare or PECOS; add others instead."


def _words(context: Iterable[str]) -> list[str]:
    """Return the words of three letters or more, the longest first."""
    found = {word for text in (*CONTEXT, *context) for word in re.findall(r"\w{3,}", text.casefold())}
    return sorted(found, key=lambda word: (-len(word), word))
