"""The settings as they hold now: what the server sets wins over what was saved on a page."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from reminder import wiring
from reminder.errors import UsageError
from reminder.installation import in_force, save
from reminder.mail.folder import FolderTransport
from reminder.mail.smtp import SmtpTransport
from reminder.settings import ON_PAGE, Origin, Settings, load
from reminder.store import system
from reminder.store.tables import metadata
from tests.world import chicago

if TYPE_CHECKING:
    from pathlib import Path

    from reminder.jobs.services import Services
    from reminder.store.engine import Store

NOW = chicago("2026-12-01")
PASSWORD = "canary-4f2c"
MAIL_URL = f"smtp://office:{PASSWORD}@mail.example:587"
OTHER = "smtp://office:other@mail.example:587"


def keep(store: Store, settings: Settings, **values: str) -> list[str]:
    with store.write() as connection:
        return save(connection, settings, values, actor="admin:1", now=NOW)


def now_holds(store: Store, settings: Settings) -> Settings:
    with store.read() as connection:
        return in_force(connection, settings)


@pytest.fixture
def settings(store: Store, tmp_path: Path) -> Settings:
    """What a server without any setting of its own starts with."""
    url = store.url.render_as_string(hide_password=False)
    return load({"REMINDER_DATABASE_URL": url, "REMINDER_SECRET_KEY": "a key for all tests"}, tmp_path)


def test_what_was_saved_holds_until_it_is_emptied(store: Store, settings: Settings) -> None:
    keep(store, settings, mail_from="office@lakeside.example")
    saved = now_holds(store, settings)
    keep(store, settings, mail_from="")

    assert (saved.mail_from, saved.origin("mail_from")) == ("office@lakeside.example", Origin.PAGE)
    assert now_holds(store, settings) == settings


@pytest.mark.parametrize(
    ("environment", "line", "holds", "origin"),
    [
        ("environment@x.example", 'mail_from = "file@x.example"', "environment@x.example", Origin.ENVIRONMENT),
        ("", 'mail_from = "file@x.example"', "file@x.example", Origin.FILE),
        ("", "", "page@x.example", Origin.PAGE),
    ],
)
def test_the_environment_wins_then_the_file_then_the_page(
    store: Store, settings: Settings, tmp_path: Path, environment: str, line: str, holds: str, origin: Origin
) -> None:
    keep(store, settings, mail_from="page@x.example")
    (tmp_path / "reminder.toml").write_text(line)
    found = now_holds(store, load({"REMINDER_MAIL_FROM": environment}, tmp_path))

    assert (found.mail_from, found.origin("mail_from")) == (holds, origin)


@pytest.mark.parametrize("name", ON_PAGE)
def test_what_the_server_sets_cannot_be_saved(store: Store, name: str) -> None:
    locked = Settings(secret_key="a key", origins={name: Origin.ENVIRONMENT})
    with pytest.raises(UsageError, match=f"REMINDER_{name.upper()}"):
        keep(store, locked, **{name: MAIL_URL})

    with store.read() as connection:
        assert system.starting_with(connection, "setting.") == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mail_from", "nobody"),
        ("public_url", "reminders"),
        ("public_url", "https://user@host.example"),
        ("public_url", "https://host.example:port"),
        ("mail_limit", "fast"),
        ("alert_email", "nobody"),
        ("database_url", "sqlite:///elsewhere.db"),
    ],
)
def test_one_value_that_cannot_be_used_keeps_all_from_being_saved(
    store: Store, settings: Settings, name: str, value: str
) -> None:
    with pytest.raises(UsageError, match=name):
        keep(store, settings, **{"mail_url": MAIL_URL, name: value})

    assert now_holds(store, settings) == settings


def everything(store: Store) -> str:
    with store.read() as connection:
        return repr([row for table in metadata.sorted_tables for row in connection.execute(table.select())])


def test_a_password_is_in_no_table_and_no_log(
    store: Store, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    keep(store, settings, mail_url=MAIL_URL, mail_from="office@lakeside.example")
    found = now_holds(store, settings)
    rows = everything(store)

    assert found.mail_url == MAIL_URL
    assert "office@lakeside.example" in rows
    assert "settings.saved" in rows
    assert PASSWORD not in rows + caplog.text + repr(found)


def test_a_new_secret_key_beside_the_old_one_opens_what_was_saved(store: Store, settings: Settings) -> None:
    keep(store, settings, mail_url=MAIL_URL)

    assert now_holds(store, Settings(secret_key="new, a key for all tests")).mail_url == MAIL_URL


def test_without_its_key_a_saved_server_counts_as_not_set(store: Store, settings: Settings) -> None:
    keep(store, settings, mail_url=MAIL_URL)
    lost = Settings(secret_key="another", mail_url="folder:/mail")
    found = now_holds(store, lost)
    keep(store, lost, mail_url="")

    assert (found.mail_url, found.origin("mail_url")) == ("folder:/mail", Origin.UNREADABLE)
    assert now_holds(store, lost) == lost


def test_the_same_values_again_change_nothing_and_leave_no_trace(store: Store, settings: Settings) -> None:
    first = keep(store, settings, mail_url=MAIL_URL, alert_email="")
    again = keep(store, settings, mail_url=MAIL_URL, alert_email="")

    assert (first, again) == (["mail_url"], [])
    assert everything(store).count("settings.saved") == 1


@pytest.fixture
def services(store: Store, settings: Settings) -> Services:
    built = wiring.build(settings)
    built.refresh()
    return built


def test_mails_go_to_a_folder_until_a_server_is_saved(store: Store, settings: Settings, services: Services) -> None:
    before = services.transport, services.installation.is_set_up
    keep(store, settings, mail_url=MAIL_URL, mail_from="office@lakeside.example", mail_limit="google")
    services.refresh()

    assert isinstance(before[0], FolderTransport)
    assert not before[1]
    assert isinstance(services.transport, SmtpTransport)
    assert services.installation.is_set_up
    assert (services.sender_address, services.limits.day) == ("office@lakeside.example", 2_000)
    services.store.close()


def test_a_server_is_built_anew_only_when_it_changes(store: Store, settings: Settings, services: Services) -> None:
    keep(store, settings, mail_url=MAIL_URL)
    services.refresh()
    first = services.transport
    keep(store, settings, public_url="https://new.example")
    services.refresh()
    same, base = services.transport, services.links.base
    keep(store, settings, mail_url=OTHER)
    services.refresh()

    assert same is first
    assert base == "https://new.example"
    assert services.transport is not first
    services.store.close()


def test_what_cannot_be_opened_is_told(store: Store, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    keep(store, settings, mail_url=MAIL_URL)
    built = wiring.build(Settings(database_url=settings.database_url, secret_key="another", mail_url="folder:/mail"))
    built.refresh()

    assert "save it anew on the page" in caplog.text
    assert not built.installation.is_set_up
    built.store.close()
