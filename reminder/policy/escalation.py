"""Rule 9: when a practice's admins are told who has not reset yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from reminder.policy.model import Step

ESCALATED_STEPS = frozenset({3, 1, 0})
"""The steps up to expiry on whose days the admins are told; after it, on all of them."""


def is_escalated(step: int) -> bool:
    """Tell whether the admins are told on the day of this step."""
    return step < 0 or step in ESCALATED_STEPS


def escalates(step: Step, known_on: date) -> bool:
    """Tell whether a step reached for the first time is told to the admins.

    Steps of days before `known_on` (the local date of the person's registration or of the recording of the reset,
    whichever is later) are not: registering and importing mail no admin.
    """
    return is_escalated(step.step) and step.on >= known_on
