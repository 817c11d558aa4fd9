"""Names of those who did something, as far as a viewer may know them: nobody of another practice is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.store import admins

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from reminder.store.people import Person
    from reminder.web.pages import Viewer

NAMELESS = {"admin": "an admin", "person": "the person", "cli": "the command line on your server", "demo": "the demo"}
"""What somebody is called whose name is not known here, by the kind of the actor."""


@dataclass(frozen=True, kw_only=True)
class Actors:
    """The names behind `admin:7` and `person:3` in the records."""

    names: Mapping[str, str]

    def name(self, actor: str) -> str:
        """Return who this was, such as `Dana Whitfield`, or `an admin` for one of another practice."""
        return self.names.get(actor) or NAMELESS.get(actor.partition(":")[0], "the program")


def actors_for(connection: Connection, viewer: Viewer, people: Iterable[Person] = ()) -> Actors:
    """Return the names that a viewer may read: of the admins of their practices, and of these people."""
    names = {f"person:{person.id}": person.name for person in people}
    for team in admins.of_practices(connection, list(viewer.practices)).values():
        names |= {f"admin:{found.admin_id}": found.name for found in team}
    return Actors(names=names)
