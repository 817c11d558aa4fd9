"""P2: the same queue sent by others: django-post_office, a cron script with smtplib, nodemailer's pool."""

from __future__ import annotations

import email
import json
import re
import subprocess
import sys
from email import policy
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.frame import Bar, Missing, Row, alternate
from benchmarks.sending import a_mail, rate_of_ours
from benchmarks.tools import HERE, MissingError, node, other_python, scratch, sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.frame import Found, Size

OTHERS = {
    "django-post_office, defaults": 20,
    "django-post_office, best setting": 11,
    "cron script with smtplib": 14,
    "nodemailer, pool of 8": 4,
}
"""Whom we are compared with, and how many times as many mails a second we are to send."""


def words_for_others(folder: Path) -> None:
    """Write down the words of one of our mails, with places where the person's name and link stand."""
    message = email.message_from_bytes(a_mail(folder), policy=policy.default)
    parts = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    text, html = (
        re.sub(r"/r/[^\s\"<]+", "/r/{{ token }}", part.get_content().replace("Person 1", "{{ name }}"))
        for part in parts.values()
        if part is not None
    )
    words = {"subject": str(message["Subject"]), "text": text, "html": html}
    (folder / "mail.json").write_text(json.dumps(words), "utf-8")


def _command(name: str) -> tuple[list[str], Path]:
    """Return the program of another and the folder in which it runs."""
    others = HERE / "others"
    if name.startswith("django"):
        return [other_python(), str(others / "django_queue.py")], HERE
    if name.startswith("nodemailer"):
        program, folder = node()
        return [program, str(others / "pool.mjs")], folder
    return [sys.executable, str(others / "cron.py")], HERE


def rate_of(command: list[str], cwd: Path, *arguments: str) -> float:
    """Run a program of the others and return the mails a second that it prints."""
    done = subprocess.run([*command, *arguments], cwd=cwd, check=True, capture_output=True, text=True)
    rate: float = json.loads(done.stdout.splitlines()[-1])["rate"]
    return rate


def run(size: Size) -> Iterator[Found]:
    mails = size.of(1_000, 6_000)
    runs: dict[str, Callable[[], float]] = {}
    try:
        with scratch() as folder, sink() as port:
            words_for_others(folder)
            for name in OTHERS:
                try:
                    command, cwd = _command(name)
                except MissingError as error:
                    yield Missing(id="P2", measure=name, why=str(error))
                    continue
                way = "default" if "default" in name else "best"
                runs[name] = partial(rate_of, command, cwd, str(folder), str(port), str(size.of(100, 2_000)), way)
            found = alternate(size.rounds(45), ours=partial(rate_of_ours, folder, mails, port), **runs)
    except MissingError as error:
        yield Missing(id="P2", measure="the same by others", why=str(error))
        return
    for name in runs:
        bar = Bar(limit=OTHERS[name], at_least=True)
        row = Row(id="P2", measure=f"against {name}", unit="mails/s", ours=found["ours"])
        yield row.against(name, found[name], bar)
