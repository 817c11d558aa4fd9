"""How far a mail came, step by step, for people who try a mail server out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reminder.mail.diagnosis import in_plain_words
from reminder.mail.smtp import Security, SmtpTransport
from reminder.mail.transport import Outcome, Stage

if TYPE_CHECKING:
    from reminder.mail.transport import Transport, Verdict


class State(StrEnum):
    """How a step went."""

    DONE = "done"
    FAILED = "failed"
    NOT_NEEDED = "not_needed"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: what it is called, how it went, and for a failed one what that means and what the server said."""

    name: str
    state: State
    meaning: str = ""
    said: str = ""


CONNECTED, ENCRYPTED, SIGNED_IN, ACCEPTED = "Connected", "Encrypted", "Signed in", "Accepted by the server"
STEPS = (CONNECTED, ENCRYPTED, SIGNED_IN, ACCEPTED)

STEP_OF = {
    Stage.CONNECT: CONNECTED,
    Stage.GREETING: CONNECTED,
    Stage.EHLO: CONNECTED,
    Stage.STARTTLS: ENCRYPTED,
    Stage.TLS: ENCRYPTED,
    Stage.AUTH: SIGNED_IN,
}
"""The step to which a stage belongs; all later stages are the server's to accept."""


def steps_of(verdict: Verdict, transport: Transport) -> list[Step]:
    """Return how far a mail came: every step up to the one at which it was refused, and that one explained."""
    failed = None if verdict.outcome is Outcome.ACCEPTED else STEP_OF.get(verdict.stage, ACCEPTED)
    found = []
    for name in STEPS:
        if name == failed:
            said = f"{verdict.code or ''} {verdict.reply}".strip()
            found.append(Step(name=name, state=State.FAILED, meaning=in_plain_words(verdict), said=said))
        elif failed is not None and STEPS.index(name) > STEPS.index(failed):
            found.append(Step(name=name, state=State.NOT_REACHED))
        else:
            needed = name not in _not_needed(transport)
            found.append(Step(name=name, state=State.DONE if needed else State.NOT_NEEDED))
    return found


def _not_needed(transport: Transport) -> set[str]:
    """Return the steps that this way out has none of."""
    if not isinstance(transport, SmtpTransport):
        return {CONNECTED, ENCRYPTED, SIGNED_IN}
    plain = {ENCRYPTED} if transport.security is Security.PLAIN else set[str]()
    return plain if transport.login else plain | {SIGNED_IN}
