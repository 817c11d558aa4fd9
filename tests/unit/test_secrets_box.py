from __future__ import annotations

import pytest

from reminder.secrets_box import SecretBox

CANARY = "canary-4f2c"


def test_what_was_sealed_opens_again_and_shows_nothing() -> None:
    box = SecretBox(["a key"])
    sealed = box.seal(CANARY, "settings")

    assert box.open(sealed, "settings") == CANARY
    assert CANARY not in sealed
    assert box.seal(CANARY, "settings") != sealed


def test_the_newest_key_seals_and_an_older_one_still_opens() -> None:
    old = SecretBox(["old"]).seal(CANARY, "settings")
    new = SecretBox(["new", "old"]).seal(CANARY, "settings")

    assert SecretBox(["new", "old"]).open(old, "settings") == CANARY
    assert SecretBox(["new"]).open(new, "settings") == CANARY
    assert SecretBox(["old"]).open(new, "settings") is None


@pytest.mark.parametrize("sealed", ["", "nonsense", "gAAAAABh"])
def test_what_is_no_sealed_text_opens_to_nothing(sealed: str) -> None:
    assert SecretBox(["a key"]).open(sealed, "settings") is None


def test_a_secret_of_one_purpose_opens_for_no_other() -> None:
    box = SecretBox(["a key"])

    assert box.open(box.seal(CANARY, "settings"), "second-factor") is None
