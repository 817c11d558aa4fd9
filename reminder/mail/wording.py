"""The wording of the mails: Jinja templates, loaded and checked once, known by a version made of their text."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import DictLoader, Environment, StrictUndefined, TemplateError, select_autoescape

from reminder import facts
from reminder.errors import UsageError
from reminder.policy.phrases import days_phrase
from reminder.resources import resource_dir

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from pathlib import Path

NAMES = (
    "warning", "expired", "ask", "receipt", "escalation", "digest", "coverage", "notice", "sign-in", "invitation", "address", "account", "test",
)  # fmt: skip
MOST_NAMED = 50
"""People whom one list in a mail names; servers refuse a mail of megabytes, and nobody reads it."""

PARTS = ("subject.txt", "body.txt", "body.html")


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A mail in words: subject, plain text, HTML."""

    subject: str
    text: str
    html: str


class _Environment(Environment):
    """Gives each template its globals as one plain dict: Jinja's chain of two costs a fifth of the time of a mail."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


STYLES = "_base/styles.css"
RULE = re.compile(r"^(\w+) \{ (.+) \}$", re.MULTILINE)
TAG = re.compile(r"<(\w+)>")


def _styled(sources: Mapping[str, str]) -> dict[str, str]:
    """Return the templates with the rules of `STYLES` written into every tag that has nothing else: many mail programs
    know no other place for them. Done once for a template instead of in each mail.
    """
    rules = dict(RULE.findall(sources.get(STYLES, "")))

    def styled(tag: re.Match[str]) -> str:
        return f'<{tag[1]} style="{rules[tag[1]]}">' if tag[1] in rules else tag[0]

    return {name: TAG.sub(styled, text) if name.endswith(".html") else text for name, text in sources.items()}


class Wording:
    """All templates of one version."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        """Compile the templates; raise UsageError naming the one that is missing or broken."""
        self._sources = dict(sorted(sources.items()))
        self.version = hashlib.sha256(self.as_json().encode()).hexdigest()[:16]
        self._environment = _Environment(
            loader=DictLoader(_styled(self._sources)),
            autoescape=select_autoescape(["html"], default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            cache_size=-1,  # all of them, and none ever changes
            auto_reload=False,
        )
        self._environment.filters |= {
            "longdate": longdate,
            "shortdate": shortdate,
            "role_name": facts.ROLE_NAMES.__getitem__,
        }
        self._environment.globals |= {"facts": facts, "days_phrase": days_phrase, "people_count": people_count}
        self._environment.globals["most_named"] = MOST_NAMED
        for name in NAMES:
            for part in PARTS:
                self._compile(f"{name}/{part}")

    @classmethod
    def load(cls, override: Path | None = None) -> Wording:
        """Load our templates, and those of a folder that override them by the same path."""
        sources: dict[str, str] = {}
        for folder in (resource_dir("templates") / "email", override):
            if folder is not None:
                found = sorted(path for suffix in ("txt", "html", "css") for path in folder.rglob(f"*.{suffix}"))
                sources |= {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in found}
        return cls.from_json(_as_json(sources))

    @classmethod
    @lru_cache(maxsize=8)
    def from_json(cls, text: str) -> Wording:
        """Take up a version that was kept; the last few are compiled once."""
        return cls(json.loads(text))

    def as_json(self) -> str:
        """Return the sources, to be kept: an old mail is shown with the words it was sent with."""
        return _as_json(self._sources)

    def _compile(self, name: str) -> None:
        try:
            self._environment.get_template(name)
        except TemplateError as error:
            message = f"mail template {name}: {error.message or 'is missing'}; mend it in the folder REMINDER_TEMPLATES"
            raise UsageError(message) from None

    def render(self, name: str, values: Mapping[str, object]) -> Rendered:
        """Write a mail from plain values; the same values give the same mail."""
        subject, text, html = (self._environment.get_template(f"{name}/{part}").render(values) for part in PARTS)
        return Rendered(subject=" ".join(subject.split()), text=text.strip() + "\n", html=html.strip() + "\n")


def _as_json(sources: Mapping[str, str]) -> str:
    return json.dumps(sources, ensure_ascii=False, sort_keys=True)


@lru_cache  # the mails of one morning name few dates
def longdate(iso: str) -> str:
    """Return a date as `Thursday, December 10, 2026`."""
    day = date.fromisoformat(iso)
    return f"{day:%A}, {day:%B} {day.day}, {day.year}"


@lru_cache
def shortdate(iso: str) -> str:
    """Return a date as `Thu, Dec 10`."""
    day = date.fromisoformat(iso)
    return f"{day:%a}, {day:%b} {day.day}"


def people_count(count: int) -> str:
    """Return `1 person` or `3 people`."""
    return "1 person" if count == 1 else f"{count} people"
