"""The pages, asked without a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from starlette.testclient import TestClient

from reminder.jobs import passwords
from reminder.jobs.signing_in import make_sign_in_link
from reminder.policy.model import AdminRole
from reminder.store import admins
from reminder.store.tables import session
from reminder.web.app import create_app
from tests.world import OWNER, PUBLIC_URL, World, chicago

if TYPE_CHECKING:
    from reminder.store.engine import Store


SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
"""What browsers send with a form of our own pages."""


NEVER = timedelta(days=365 * 100)
"""After so long a session of the tests ends; those of sessions sign in by themselves."""


class Site:
    """The web application over a small world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.app = create_app(world.services, world.settings)

    def visitor(self, host: str = "testclient") -> TestClient:
        """Return somebody's browser, signed in nowhere; `host`: the address it comes from."""
        return TestClient(self.app, base_url=PUBLIC_URL, follow_redirects=False, client=(host, 50_000))

    def signed_in(self, email: str) -> TestClient:
        """Return the browser of an admin who used a one-time link, and stays in however far a test moves the clock."""
        with self.world.store.write() as connection:
            found = admins.with_email(connection, email)
            assert found is not None
            link = make_sign_in_link(connection, found.id, self.world.now)
        browser = self.visitor()
        assert browser.post(link).status_code == 303
        with self.world.store.write() as connection:
            lasting = {"seen_at": self.world.now + NEVER, "expires_at": self.world.now + NEVER}
            connection.execute(session.update().where(session.c.admin_id == found.id).values(lasting))
        return browser

    def colleague(self, email: str, practice: int = 1, role: AdminRole = AdminRole.VIEWER) -> TestClient:
        with self.world.store.write() as connection:
            key = admins.add(connection, email=email, name="Colleague", now=self.world.now)
            admins.grant(connection, key, practice, role)
        return self.signed_in(email)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed in no time; tests/jobs/test_passwords.py looks at what they really cost."""
    made = PasswordHasher.from_parameters(CHEAPEST)
    monkeypatch.setattr(passwords, "hasher", lambda: made)


@pytest.fixture
def world(sqlite_store: Store) -> World:
    """Tuesday, December 1, 2026, 8 AM in Chicago."""
    made = World(sqlite_store, chicago("2026-12-01"))
    made.practice()
    return made


@pytest.fixture
def site(world: World) -> Site:
    return Site(world)


@pytest.fixture
def owner(site: Site) -> TestClient:
    return site.signed_in(OWNER)
