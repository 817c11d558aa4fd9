"""The faults of the matrix: every code that servers are known to say, and every way to say nothing that has one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.faults.smtp_faults import CONTEXTS, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.smtp_faults import Link

CODES = (
    *(100, 150, 200, 211, 214, 220, 221, 235, 250, 251, 252, 299, 334, 354, 399),
    *(421, 422, 431, 432, 441, 442, 446, 447, 449, 450, 451, 452, 454, 455, 471, 499),
    *(500, 501, 502, 503, 504, 510, 511, 512, 521, 523, 530, 534, 535, 538, 541, 550, 551, 552, 553, 554, 555, 556),
    *(571, 599),
)

NONSENSE = {
    "words": b"abc nonsense\r\n",
    "bytes": bytes(range(128, 256)) + b"\r\n",
    "an empty line": b"\r\n",
    "NUL before the code": b"\x00250 ok\r\n",
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "four digits": b"2500 ok\r\n",
    "two digits": b"25 ok\r\n",
    "a signed code": b"+25 ok\r\n",
    "a code with a space": b" 25 ok\r\n",
    "a code with an underscore": b"2_5 ok\r\n",
    "Arabic digits": "\u0662\u0665\u0660 ok\r\n".encode(),
    "000": b"000 ok\r\n",
    "600": b"600 ok\r\n",
    "999": b"999 ok\r\n",
    "yes and no": b"250-ok\r\n550 no\r\n",
    "no and yes": b"550-no\r\n250 ok\r\n",
    "a line too long": b"250 " + b"x" * 200_000 + b"\r\n",
    "a TLS alert": b"\x15\x03\x01\x00\x02\x02\x28\r\n",
}
"""Answers that are none."""


def _say(words: bytes, then: Callable[[Link], None] | None = None) -> Callable[[Link, bytes], None]:
    def act(link: Link, usual: bytes) -> None:
        link.say(words)
        if then is not None:
            then(link)

    return act


def _drop(link: Link) -> None:
    link.drop()


def _reset(link: Link) -> None:
    link.reset()


def _wait(link: Link) -> None:
    link.wait()


def _half(then: Callable[[Link], None]) -> Callable[[Link, bytes], None]:
    def act(link: Link, usual: bytes) -> None:
        link.say(usual[:7])
        then(link)

    return act


def _usual(then: Callable[[Link], None]) -> Callable[[Link, bytes], None]:
    def act(link: Link, usual: bytes) -> None:
        link.say(usual)
        then(link)

    return act


def _with(more: bytes, *, before: bool = False) -> Callable[[Link, bytes], None]:
    def act(link: Link, usual: bytes) -> None:
        link.say(b"%b-%b\r\n%b" % (usual[:3], more, usual) if before else usual + more)

    return act


def _in_pieces(link: Link, usual: bytes) -> None:
    for start in range(0, len(usual), 9):
        link.say(usual[start : start + 9])
        time.sleep(0.01)


FAULTS = (
    *(Fault(str(code), "code", code=code) for code in CODES),
    *(Fault(f"{code} and the end", "code", code=code, closes=True) for code in (421, 451, 550, 554)),
    *(Fault(name, "broken", _say(words)) for name, words in NONSENSE.items()),
    Fault("drop", "broken", lambda link, _: link.drop()),
    Fault("reset", "broken", lambda link, _: link.reset()),
    Fault("silence", "broken", lambda link, _: link.wait(), waits=True),
    Fault("half a line and the end", "broken", _half(_drop)),
    Fault("half a line and silence", "broken", _half(_wait), waits=True),
    Fault("half a code and the end", "broken", _say(b"25", _drop)),
    Fault("half an answer and the end", "broken", _say(b"250-more\r\n", _drop)),
    Fault("half an answer and a reset", "broken", _say(b"250-more\r\n", _reset)),
    Fault("half an answer and silence", "broken", _say(b"250-more\r\n", _wait), waits=True),
    Fault("CR without LF", "broken", lambda link, usual: link.say(usual.replace(b"\n", b"")), waits=True),
    Fault("drip", "broken", lambda link, _: link.drip(b"250 "), waits=True),
    Fault("flood", "broken", lambda link, _: link.flood(b"250-more\r\n")),
    Fault("the usual and the end", "closes", _usual(_drop)),
    Fault("the usual and a reset", "closes", _usual(_reset)),
    Fault("two lines", "fine", _with(b"hello", before=True)),
    Fault("forty lines", "fine", lambda link, usual: link.say(b"%b-x\r\n" % usual[:3] * 40 + usual)),
    Fault("NUL in the text", "fine", _with(b"a\x00b", before=True)),
    Fault("text in UTF-8", "fine", _with("gr\u00fc\u00df".encode(), before=True)),
    Fault("text in no UTF-8", "fine", _with(b"gr\xfc\xdf", before=True)),
    Fault("an enhanced code of another class", "fine", _with(b"5.7.1 no", before=True)),
    Fault("LF without CR", "fine", lambda link, usual: link.say(usual.replace(b"\r", b""))),
    Fault("no text", "fine", lambda link, usual: link.say(usual[:3] + b"\r\n")),
    Fault("in pieces", "fine", _in_pieces),
    Fault("doubled", "doubled", lambda link, usual: link.say(usual * 2)),
    Fault("with a refusal behind it", "doubled", _with(b"550 5.0.0 no\r\n")),
    Fault("with words behind it", "doubled", _with(b"abc\r\n")),
    Fault("with half a line behind it", "doubled", _with(b"25"), waits=True),
    *(Fault(name, "certificate") for name in CONTEXTS if name != "good"),
)

BY_NAME = {fault.name: fault for fault in FAULTS}
