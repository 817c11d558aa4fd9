"""Puts the parts together from the settings: the store, the mail server, the wording, the links."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reminder.clock import utc_now
from reminder.jobs.services import MailLimits, Services
from reminder.mail.links import Links
from reminder.mail.servers import transport_from_url
from reminder.mail.wording import Wording
from reminder.settings import Settings, prepare
from reminder.store.engine import Store

if TYPE_CHECKING:
    from reminder.clock import Clock


def open_store(settings: Settings) -> Store:
    """Open the database that the settings name; for the default one its folder is made."""
    return Store(prepare(settings).database_url)


def build(settings: Settings, clock: Clock = utc_now) -> Services:
    """Build everything a job may use; raise UsageError for settings or templates that cannot be used."""
    settings = prepare(settings)
    limits = settings.limits
    return Services(
        store=Store(settings.database_url),
        transport=transport_from_url(settings.mail_url),
        wording=Wording.load(Path(settings.templates) if settings.templates else None),
        links=Links(settings.public_url, settings.secret_keys),
        clock=clock,
        sender_address=settings.mail_from,
        limits=MailLimits(connections=limits["connections"] or 1, minute=limits["minute"], day=limits["day"]),
    )
