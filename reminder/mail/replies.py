"""What the answers of a mail server mean for a mail, and what a broken connection means at each phase."""

from __future__ import annotations

import re

from reminder.mail.transport import Outcome, Stage, Verdict, clean_reply


def reply_text(reply: bytes | str) -> str:
    """Return a server's answer as text."""
    return reply if isinstance(reply, str) else reply.decode("utf-8", "replace")


def plain_words(error: BaseException) -> str:
    """Return what went wrong with a connection, in words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return clean_reply(getattr(error, "strerror", None) or str(error) or type(error).__name__)


def broken(stage: Stage, error: BaseException) -> Verdict:
    """Say that the connection broke before the final dot: the mail was not taken."""
    return Verdict(outcome=Outcome.DEFERRED, stage=stage, reply=plain_words(error), usable=False)


def doubt(error: BaseException) -> Verdict:
    """Say that the connection broke from the final dot on: nobody knows."""
    return Verdict(outcome=Outcome.IN_DOUBT, stage=Stage.DOT, reply=plain_words(error), usable=False)


def refused(stage: Stage, code: int, text: str) -> Outcome:
    """Say what a refusal before the text means."""
    if code // 100 != 5:
        return Outcome.DEFERRED
    if stage is Stage.MAIL:
        return Outcome.MISCONFIGURED
    if stage is Stage.RCPT:
        return rcpt_outcome(code, text)
    return Outcome.REFUSED_CONTENT


ABOUT_US = re.compile(r"relay|authenticat|auth\b|sign[- ]?in|client submission|5\.7\.(57|60|30|139)", re.IGNORECASE)
"""Words in a refusal of the recipient that speak of us, not of the address."""

SIGN_IN = frozenset({530, 534, 535, 538})
"""Codes that speak of our sign-in, wherever they come (RFC 4954, 6)."""

MAILBOX_FULL = 552
"""RFC 5321, 4.5.3.1.10: a 552 at RCPT is to be treated as temporary."""


def rcpt_outcome(code: int, text: str) -> Outcome:
    """Say whether a 5xx at RCPT is about the address, about us (530, 535, relaying denied), or passes (a full mailbox)."""
    if code == MAILBOX_FULL:
        return Outcome.DEFERRED
    if code in SIGN_IN or ABOUT_US.search(text):
        return Outcome.MISCONFIGURED
    return Outcome.REFUSED_RECIPIENT


def taken(code: int) -> Outcome:
    """Say what the answer to the final dot means for the mail."""
    return {2: Outcome.ACCEPTED, 4: Outcome.DEFERRED, 5: Outcome.REFUSED_CONTENT}.get(code // 100, Outcome.IN_DOUBT)


def is_out_of_step(stage: Stage, answer: Verdict | None) -> bool:
    """Tell whether a server cannot mean this, having refused what came before: an answer came twice, or one too many."""
    if answer is None:
        return stage is Stage.RCPT
    return answer.code is not None and answer.code // 100 not in (4, 5)
