"""What is asked of the people table: read from the address, and written into the links that change one thing of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from starlette.exceptions import HTTPException

from reminder import facts
from reminder.errors import UsageError
from reminder.policy.model import Role
from reminder.policy.parts import Part
from reminder.roster import fields
from reminder.store.listing import Order, Wanted

if TYPE_CHECKING:
    from reminder.store.practices import Practice
    from reminder.web.pages import Viewer

TILES = {
    Part.EVERYBODY: "Everybody",
    Part.ATTENTION: "Need attention",
    Part.EXPIRED: "Expired",
    Part.DUE_NOW: "Due now",
    Part.DUE_SOON: "Due soon",
    Part.OK: "Up to date",
    Part.UNKNOWN: "Date unknown",
    Part.PAUSED: "Paused",
    Part.UNREACHABLE: "Cannot be reached",
}
"""The parts of the list that have a tile, with its words."""

LONGEST_SEARCH = 100
"""Characters of a search that are looked at."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One view of the people table; every part of it stands in the address."""

    part: Part = Part.EVERYBODY
    q: str = ""
    practice: int = 0
    role: Role | None = None
    order: Order = Order.DATE
    backwards: bool = False
    page: int = 1

    @classmethod
    def read(cls, query: str) -> Filter:
        """Read the part of an address after the `?`; what is not known there counts as not asked for."""
        given = dict(parse_qsl(query))
        sort = given.get("sort", "")
        order = sort.removeprefix("-")
        return cls(
            part=Part(given["status"]) if given.get("status") in set(Part) else Part.EVERYBODY,
            q=given.get("q", "").strip()[:LONGEST_SEARCH],
            practice=_number(given.get("practice", "")),
            role=Role(given["role"]) if given.get("role") in set(Role) else None,
            order=Order(order) if order in set(Order) else Order.DATE,
            backwards=sort.startswith("-"),
            page=max(_number(given.get("page", "")), 1),
        )

    @property
    def query(self) -> str:
        """Return the part of an address after the `?`: only what is not as it is without asking."""
        sort = f"{'-' if self.backwards else ''}{self.order}"
        parts = {
            "status": self.part,
            "q": self.q,
            "practice": self.practice or "",
            "role": self.role or "",
            "sort": "" if sort == Order.DATE else sort,
            "page": self.page if self.page > 1 else "",
        }
        return urlencode({name: value for name, value in parts.items() if value})

    @property
    def wanted(self) -> Wanted:
        """Return what the store is to list."""
        words = tuple((word, _role_named(word)) for word in self.q.split())
        return Wanted(part=self.part, words=words, role=self.role, order=self.order, backwards=self.backwards)

    @property
    def words(self) -> list[str]:
        """Return what is filtered by, for people."""
        part = "Due" if self.part is Part.DUE else TILES[self.part]
        shown = [part] if self.part is not Part.EVERYBODY else []
        shown += [f"“{self.q}”"] if self.q else []
        return shown + ([facts.ROLE_NAMES[self.role]] if self.role else [])

    def here(self, viewer: Viewer) -> dict[int, Practice]:
        """Return the viewer's practices that are looked at; one that is not theirs does not exist."""
        if not self.practice:
            return viewer.practices
        if self.practice not in viewer.practices:
            raise HTTPException(404)
        return {self.practice: viewer.practices[self.practice]}

    def url(self, path: str = "/people", **changes: object) -> str:
        """Return the address of this view with some of it changed; a change leads to the first page."""
        changed = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        return f"{path}?{changed.query}" if changed.query else path

    def sorted_by(self, order: str) -> str:
        """Return the address sorted by a column; by the present one the other way round."""
        chosen = Order(order)
        return self.url(order=chosen, backwards=chosen is self.order and not self.backwards)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _role_named(word: str) -> Role | None:
    """Return the role that a word of a search names, such as AO."""
    try:
        return fields.role(word)
    except UsageError:
        return None
