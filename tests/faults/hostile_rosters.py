"""Practices whose people have every hostile name, address and ID that the border lets in, exported and read back."""

from __future__ import annotations

import io
import string
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import TYPE_CHECKING

from reminder.policy.model import Role
from reminder.roster import fields
from reminder.roster.fields import FieldError
from reminder.roster.reading import read_roster
from reminder.roster.writing import ExportRow, write_csv, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from reminder.roster.model import RosterRow

TODAY = date(2026, 12, 1)
HOSTILE = "=+-@\t\r\n'\"\uff1d\uff0b\uff0d\uff20,;|\u00a0 a1_x\u00e9\u0301\U0001f600<>()&/\\%#!0"
IN_NAMES = "AbCd'.,-() \u00e9\u0141\"=+@"
IN_ADDRESSES = "az09=+'|-_."
FORMATS = {"csv": write_csv, "xlsx": write_xlsx}
TEXTS = 400
"""Different texts of a kind that are made once and used again: the border is asked for each, which takes its time."""


def _let_in(check: Callable[[str], str], alphabet: str, longest: int, seed: int) -> list[str]:
    """Return texts that the border lets in just as they are, as every stored value is."""
    random, found = Random(seed), dict[str, None]()
    while len(found) < TEXTS:
        text = "".join(random.choices(alphabet, k=random.randint(1, longest)))
        try:
            found[check(text)] = None
        except FieldError:
            continue
    return list(found)


@cache
def _texts() -> dict[str, list[str]]:
    return {
        "name": _let_in(fields.person_name, IN_NAMES + string.ascii_letters, 16, 1),
        "user_id": _let_in(fields.user_id, HOSTILE + string.digits, 12, 2),
        "practice": _let_in(lambda text: fields.plain_text(text, "practice"), HOSTILE + string.ascii_letters, 14, 3),
        "email": _let_in(lambda text: fields.email_address(f"{text}@lakeside.example"), IN_ADDRESSES, 8, 4),
    }


def people(random: Random) -> list[ExportRow]:
    """Return up to eight people, no two with the same address or ID."""
    texts, count = _texts(), random.randint(1, 8)
    emails = random.sample(texts["email"], 2 * count)
    ids = {text.casefold(): text for text in random.sample(texts["user_id"], count)}
    return [
        ExportRow(
            name=random.choice(texts["name"]),
            email=emails[number],
            role=random.choice(list(Role)),
            second_email=random.choice([None, emails[count + number]]),
            user_id=user_id if random.random() < 0.7 else None,
            practice=random.choice([None, random.choice(texts["practice"])]),
            reset_on=random.choice([None, TODAY - timedelta(days=random.randint(0, 9000))]),
            expires_on=random.choice([None, TODAY + timedelta(days=random.randint(-400, 60))]),
            days_left=random.choice([None, random.randint(-400, 60)]),
            status=random.choice(["ok", "due", "expired", ""]),
        )
        for number, user_id in enumerate(ids.values())
    ]


def round_trip(kind: str, random: Random) -> list[str]:
    """Export people and read them back; return what came back otherwise."""
    made = people(random)
    write: Callable[[Sequence[ExportRow], BinaryIO], None] = FORMATS[kind]
    stream = io.BytesIO()
    write(made, stream)
    roster = read_roster(stream.getvalue(), file_name=f"export.{kind}", today=TODAY)
    back = [_as_row(row) for row in roster.rows]
    wanted = [replace(row, expires_on=None, days_left=None, status="") for row in made]
    wrong = [f"{kind}: refused: {row}" for row in roster.rejected]
    wrong += [f"{kind}: {one} came back as {other}" for one, other in zip(wanted, back, strict=False) if one != other]
    if len(back) != len(wanted):
        wrong.append(f"{kind}: {len(wanted)} people went out, {len(back)} came back")
    return wrong


def _as_row(row: RosterRow) -> ExportRow:
    names = ("name", "email", "role", "second_email", "user_id", "practice", "reset_on", "days_left")
    return ExportRow(**{name: getattr(row, name) for name in names})


def round_trips(kind: str, bases: int, seed: int) -> tuple[dict[str, float], list[str]]:
    """Export and read back so many bases; return counts and what was wrong."""
    random = Random(seed)
    return {kind: bases}, [fault for _ in range(bases) for fault in round_trip(kind, random)]
