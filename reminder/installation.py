"""The settings as they hold now: the environment, else `reminder.toml`, else what was saved on a page, else the default."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reminder.errors import UsageError
from reminder.secrets_box import SecretBox
from reminder.settings import ENTRIES, ON_PAGE, Origin, Settings, variable
from reminder.settings_checks import problem
from reminder.store import events, system

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

log = logging.getLogger(__name__)

KEPT = "setting."
"""Under this and its name a setting stands in the table of facts about the installation."""

SEALED = frozenset(entry.name for entry in ENTRIES if entry.metadata["on_page"] and entry.metadata["secret"])
PURPOSE = "settings"


def in_force(connection: Connection, settings: Settings) -> Settings:
    """Return the settings as they hold now: `settings` as they were read at start, over what was saved on a page."""
    saved = system.starting_with(connection, KEPT)
    values: dict[str, str] = {}
    origins = dict(settings.origins)
    for name in ON_PAGE:
        kept = saved.get(KEPT + name)
        if kept is None or settings.is_locked(name):
            continue
        value = SecretBox(settings.secret_keys).open(kept, PURPOSE) if name in SEALED else kept
        origins[name] = Origin.UNREADABLE if value is None else Origin.PAGE
        if value is not None:
            values[name] = value
    found: dict[str, Any] = {**values, "origins": origins}
    return replace(settings, **found) if values or origins != settings.origins else settings


def save(
    connection: Connection, settings: Settings, values: Mapping[str, str], *, actor: str, now: datetime
) -> list[str]:
    """Keep settings from a page, an empty value meaning the default again; return the names of those that changed.

    Raise UsageError, and keep none, for one that the server has set or that cannot be used.
    """
    problems = [words for name, value in values.items() if (words := _problem(settings, name, value))]
    if problems:
        raise UsageError("\n".join(problems))
    present = in_force(connection, settings)
    changed = [name for name, value in values.items() if _differs(present, name, value)]
    for name in changed:
        value = values[name]
        if not value:
            system.remove(connection, KEPT + name)
        else:
            sealed = name in SEALED
            kept = SecretBox(settings.secret_keys).seal(value, PURPOSE) if sealed else value
            system.put(connection, KEPT + name, kept)
    if changed:
        after = {name: values[name] for name in changed if name not in SEALED}
        before = {name: getattr(present, name) for name in after}
        events.record(
            connection, "settings.saved", actor=actor, now=now, fields=sorted(changed), before=before, after=after
        )
        log.info("settings saved on a page: %s", ", ".join(sorted(changed)), extra={"action": "settings.saved"})
    return changed


def _problem(settings: Settings, name: str, value: str) -> str | None:
    if name not in ON_PAGE:
        return f"{name}: cannot be saved on a page; set {variable(name)} on the server"
    if settings.is_locked(name):
        return f"{name}: is set by the server ({variable(name)}); change it there"
    words = problem(name, value) if value else None
    return f"{name}: {words}" if words else None


def _differs(present: Settings, name: str, value: str) -> bool:
    if present.origin(name) is Origin.PAGE:
        return bool(value != getattr(present, name))
    return bool(value) or present.origin(name) is Origin.UNREADABLE
