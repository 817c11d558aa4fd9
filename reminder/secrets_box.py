"""Keeps secrets that must be read again: encrypted under the installation's secret keys before they are stored."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.fernet import MultiFernet


class SecretBox:
    """Seals and opens short texts. The first key seals, every key opens (rotation)."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the secret keys, the one that seals first."""
        self._keys = tuple(keys)

    def seal(self, text: str, purpose: str) -> str:
        """Return the text encrypted. What was sealed for one purpose opens for no other."""
        return self._fernet(purpose).encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str, purpose: str) -> str | None:
        """Return the text again, or None if none of the keys opens it."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet(purpose).decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None

    def _fernet(self, purpose: str) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet

        return MultiFernet([Fernet(_derived(key, purpose)) for key in self._keys])


def _derived(key: str, purpose: str) -> bytes:
    """Return a Fernet key of its own for a purpose (RFC 5869): the secret keys themselves sign links."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"reminder.{purpose}".encode()).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
