from __future__ import annotations

import hashlib
import threading
import unicodedata
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from argon2.profiles import CHEAPEST

from reminder.errors import UsageError
from reminder.jobs import passwords

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(4))
GOOD = "violet papaya Lisbon"
OWN = ["Dana Whitfield", "dana@lakeside.example", "Lakeside Family Medicine"]


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> Iterator[PasswordHasher]:
    made = PasswordHasher.from_parameters(CHEAPEST)
    monkeypatch.setattr(passwords, "hasher", lambda: made)
    yield made
    passwords._nobodys_hash.cache_clear()


def test_a_hash_is_at_least_as_dear_as_it_should_be() -> None:
    parameters = extract_parameters(passwords.hasher().hash("x"))

    assert parameters.type is Type.ID
    assert parameters.time_cost >= 2
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.parallelism >= 1


def test_a_hash_of_other_parameters_is_outdated(cheap: PasswordHasher) -> None:
    assert passwords.is_outdated(PasswordHasher(time_cost=2, memory_cost=1024, parallelism=1).hash("x"))
    assert not passwords.is_outdated(cheap.hash("x"))


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "vyQ7pKz2#rLw",  # 12 characters
        "trailing space matters ",
        "日本語のパスワードは良い考えだ",
        LONG,
        "correct horse battery",
    ],
)
def test_any_characters_are_taken_as_they_were_typed(cheap: PasswordHasher, password: str) -> None:
    kept = passwords.hashed(passwords.checked_password(password, OWN))

    assert passwords.fits(kept, password)
    assert not passwords.fits(kept, f"{password} ")
    assert not passwords.fits(kept, password[:-1])


def test_letters_that_look_alike_are_not_the_same_password(cheap: PasswordHasher) -> None:
    composed = unicodedata.normalize("NFC", "café violet papaya")
    kept = passwords.hashed(composed)

    assert not passwords.fits(kept, unicodedata.normalize("NFD", composed))


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("vyQ7pKz2#rL", "11 characters"),
        (LONG + "x", "257 characters"),
        ("", "0 characters"),
        ("password1234", "easy to guess"),
        ("qwertyuiop123", "easy to guess"),
        ("aaaaaaaaaaaa", "easy to guess"),
        ("iloveyou1234", "easy to guess"),
        ("letmeinletmein", "easy to guess"),
        ("LakesideFamily2026", "Leave out"),
        ("lakeside medicine", "Leave out"),
        ("dana.whitfield1!", "Leave out"),
        ("reminder-cms-2026", "Leave out"),
        ("PECOS nppes Medicare", "Leave out"),
    ],
)
def test_what_is_short_common_or_close_at_hand_is_refused_with_a_cure(password: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        passwords.checked_password(password, OWN)


def test_strength_is_told_in_words_with_one_suggestion() -> None:
    weak, short, strong = (passwords.strength(text, OWN) for text in ("qwertyuiop12", "vy", GOOD))

    assert (weak.is_strong, weak.words, weak.advice) == (False, "It is easy to guess", passwords.ADVICE)
    assert (short.is_strong, short.words) == (False, "It is too short")
    assert (strong.is_strong, strong.words, strong.advice) == (True, "It is very strong", "")


def test_only_so_many_are_hashed_at_once(cheap: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, lock = 0, 0, threading.Lock()
    waiting = threading.Event()

    class Slow:
        def hash(self, password: str) -> str:
            nonlocal inside, most
            with lock:
                inside, most = inside + 1, max(most, inside + 1)
                if inside == passwords.HASHED_AT_ONCE:
                    waiting.set()
            waiting.wait(10)
            with lock:
                inside -= 1
            return password

    monkeypatch.setattr(passwords, "hasher", Slow)
    threads = [threading.Thread(target=passwords.hashed, args=("x",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == passwords.HASHED_AT_ONCE
