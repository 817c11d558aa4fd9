"""Reads a mail back with the standard library's parsers."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import Any


def read_back(data: bytes) -> Any:
    return message_from_bytes(data, policy=policy.SMTP)


def mailboxes(data: bytes, header: str) -> list[tuple[str, str]]:
    """Return the names and addresses of a header.

    The addresses by the parser of today; the names by the older one: the newer puts a space between two encoded words
    of a name, where RFC 2047 (6.2) has none.
    """
    addresses = [one.addr_spec for one in read_back(data)[header].addresses]
    raw = str(message_from_bytes(data)[header]).replace("\r\n ", " ")
    names = [str(make_header(decode_header(name))) if name else "" for name, _ in getaddresses([raw])]
    return list(zip(names, addresses, strict=True))
