"""The signed links in mails: made anew whenever they are needed, never stored.

A link carries whom it is for, what it may do, and a mark of the address it was mailed to. It has no time in it, so
the same mail always carries the same link. What it is good for is decided by the ids inside, never by its text:
the last character of a signature has spare bits, so several texts can stand for one signature.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadData, Serializer, Signer, URLSafeSerializer
from itsdangerous.encoding import base64_encode


class Purpose(StrEnum):
    """What a link may do. The value is the salt of its signature, so one kind can never pass for another."""

    CONFIRM = "c"
    CALL_SHEET = "s"
    RECEIPT = "r"
    CALENDAR = "k"


@dataclass(frozen=True, kw_only=True)
class Token:
    """What a valid link says. `subject`: a person's id, or for a receipt the reset's; `cycle`: the expiry date it is
    bound to, or `unknown`.
    """

    purpose: Purpose
    subject: int
    cycle: str
    address_mark: str


def address_mark(address: str) -> str:
    """Return a short mark of an address: a link stops working when the address is no longer the person's."""
    return hashlib.sha256(f"reminder/{address.lower()}".encode()).hexdigest()[:8]


def is_local(url: str) -> bool:
    """Tell whether an address leads to the machine on which it is followed, whichever that is."""
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}


class _ShortSerializer(URLSafeSerializer):
    """Leaves out the library's try at compressing: it takes longer than the signature, and texts so short never shrink."""

    def dump_payload(self, obj: Any) -> bytes:  # noqa: ANN401 - the library's signature
        return base64_encode(Serializer.dump_payload(self, obj))


class Links:
    """Makes and reads links under one public address. The first key signs, every key is accepted."""

    def __init__(self, public_url: str, keys: list[str]) -> None:
        """Take the public address and the keys, the one that signs first."""
        self._base = public_url.rstrip("/")
        newest_last = list(reversed(keys))
        self._serializers = {
            purpose: _ShortSerializer(
                newest_last,
                salt=f"reminder.link.{purpose}",
                signer_kwargs={"digest_method": hashlib.sha256},
            )
            for purpose in Purpose
        }
        self._one_time = Signer(newest_last, salt="reminder.link.one-time", digest_method=hashlib.sha256)
        self._marker = Signer(newest_last, salt="reminder.link.mark", digest_method=hashlib.sha256)

    def absolute(self, path: str) -> str:
        """Return the full address of one of our pages."""
        return f"{self._base}{path}"

    @property
    def base(self) -> str:
        """Return the public address."""
        return self._base

    @property
    def mark(self) -> str:
        """Return a mark of the key that signs, which tells nothing of the key."""
        return self._marker.get_signature(b"").decode("ascii")

    def is_mark(self, mark: str) -> bool:
        """Tell whether a mark is that of a key whose links are accepted here."""
        return self._marker.verify_signature(b"", mark)

    @property
    def help(self) -> str:
        """Return the address of the help page."""
        return self.absolute("/help")

    @property
    def real(self) -> str:
        """Return the address of the page "Is this mail real?"."""
        return self.absolute("/is-this-mail-real")

    @property
    def dashboard(self) -> str:
        """Return the address of the admins' first page."""
        return self.absolute("/")

    def confirm(self, person_id: int, cycle: str, recipient: str) -> str:
        """Return the link by which a person says that they have reset."""
        return self.absolute(f"/r/{self._sign(Purpose.CONFIRM, person_id, cycle, recipient)}")

    def call_sheet(self, person_id: int, cycle: str, recipient: str) -> str:
        """Return the link that is printed on a person's call sheet; it does what the one in a mail does."""
        return self.absolute(f"/r/{self._sign(Purpose.CALL_SHEET, person_id, cycle, recipient)}")

    def receipt(self, reset_id: int, recipient: str) -> str:
        """Return the link of a receipt, by which a confirmation is taken back."""
        return self.absolute(f"/r/{self._sign(Purpose.RECEIPT, reset_id, '', recipient)}")

    def calendar(self, person_id: int, recipient: str) -> str:
        """Return the address of a person's private calendar."""
        return self.absolute(f"/calendar/{self._sign(Purpose.CALENDAR, person_id, '', recipient)}.ics")

    def one_time_secret(self, nonce: str) -> str:
        """Return the secret of an admin's one-time link. Its mail keeps the nonce, from which only the keys lead here."""
        return self._one_time.get_signature(nonce).decode("ascii")

    def sign_in(self, nonce: str) -> str:
        """Return the one-time link by which an admin signs in."""
        return self.absolute(f"/sign-in/{self.one_time_secret(nonce)}")

    def new_address(self, nonce: str) -> str:
        """Return the one-time link by which an admin confirms a new address."""
        return self.absolute(f"/account/address/{self.one_time_secret(nonce)}")

    def _sign(self, purpose: Purpose, subject: int, cycle: str, recipient: str) -> str:
        signed = self._serializers[purpose].dumps([subject, cycle.replace("-", ""), address_mark(recipient)])
        return f"{purpose}{signed if isinstance(signed, str) else signed.decode('ascii')}"

    def read(self, token: str) -> Token | None:
        """Return what a token says, or None if it is not one of ours."""
        try:
            purpose = Purpose(token[:1])
            subject, cycle, mark = self._serializers[purpose].loads(token[1:])
        except (BadData, ValueError, TypeError):
            return None
        dashed = f"{cycle[:4]}-{cycle[4:6]}-{cycle[6:]}" if cycle.isdecimal() else cycle
        return Token(purpose=purpose, subject=subject, cycle=dashed, address_mark=mark)
