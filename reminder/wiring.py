"""Puts the parts together from the settings: the store, the mail server, the wording, the links."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reminder.clock import SharedClock, utc_now
from reminder.installation import in_force
from reminder.jobs.services import Installation, MailLimits, Services
from reminder.mail.links import Links
from reminder.mail.servers import reaches_people, transport_from_url
from reminder.mail.wording import Wording
from reminder.secrets_box import SecretBox
from reminder.settings import Origin, Settings, data_dir, prepare
from reminder.store.engine import Store

if TYPE_CHECKING:
    from reminder.clock import Clock


log = logging.getLogger(__name__)


def open_store(settings: Settings) -> Store:
    """Open the database that the settings name; for the default one its folder is made."""
    return Store(prepare(settings).database_url)


def build(settings: Settings, clock: Clock | None = None) -> Services:
    """Build everything a job may use; raise UsageError for settings or templates that cannot be used.

    The clock is, unless given, this machine's; on PostgreSQL, which several machines may share, the server's.
    What was saved on a page holds from the first `refresh()` on: the database may have no tables yet.
    """
    settings = prepare(settings)
    store = Store(settings.database_url)
    return Services(
        store=store,
        wording=Wording.load(Path(settings.templates) if settings.templates else None),
        clock=clock or (utc_now if store.is_sqlite else SharedClock(store.server_time)),
        installation=_installation(settings),
        reread=_Reader(store, settings),
        mark=mark_of(store),
    )


def mark_of(store: Store) -> Path:
    """Return where the passes are counted outside the database: beside its file, or in this machine's data folder."""
    if store.is_sqlite:
        return Path(f"{store.url.database}.passes")
    name = hashlib.sha256(store.url.render_as_string(hide_password=True).encode()).hexdigest()[:16]
    return data_dir() / f"{name}.passes"


def _installation(settings: Settings) -> Installation:
    limits = settings.limits
    return Installation(
        transport=transport_from_url(settings.mail_url),
        links=Links(settings.public_url, settings.secret_keys),
        box=SecretBox(settings.secret_keys),
        sender_address=settings.mail_from,
        limits=MailLimits(connections=limits["connections"] or 1, minute=limits["minute"], day=limits["day"]),
        alert_email=settings.alert_email,
        is_set_up=reaches_people(settings.mail_url),
    )


class _Reader:
    """Reads the settings anew, and builds anew only what changed: a mail server keeps the token it has."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self._held = settings

    def __call__(self, present: Installation) -> Installation:
        with self._store.read() as connection:
            found = in_force(connection, self._settings)
        held, self._held = self._held, found
        if found == held:
            return present
        for name, origin in found.origins.items():
            if origin is Origin.UNREADABLE:
                log.error("setting %s: no secret key opens what was saved; save it anew on the page", name)
        built = _installation(found)
        return replace(built, transport=present.transport) if found.mail_url == held.mail_url else built
