"""A whole installation in one process, whose minutes go by at once: passes, backups, alarms, pages, and who listens."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from reminder import checkup, scheduler
from reminder.alarms import Alarms
from reminder.condition import Lookout
from reminder.jobs.signing_in import make_sign_in_link
from reminder.scheduler import ClockWatch, back_up, raise_alarms, wake
from reminder.settings import Settings
from reminder.store import admins, migrate
from reminder.store.engine import Store
from reminder.store.tables import session
from reminder.web.app import create_app
from tests.faults.listener import Listener, listening
from tests.world import KEY, OWNER, PUBLIC_URL, World, chicago

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

START = chicago("2026-12-01", "09:00")  # a Tuesday, within the sending window
SEVEN_LEFT = date(2026, 10, 9)
MINUTE = timedelta(minutes=1)
LONG = timedelta(days=400)


def settled(path: Path) -> None:
    """Make the database that each house is copied from: a practice, its owner, three people whose mails have gone."""
    store = Store(f"sqlite:///{path}")
    migrate.upgrade(store)
    world = World(store, START - timedelta(hours=1))
    world.practice()
    for name in ("Alma Reyes", "Ben Okafor", "Cleo Marsh"):
        world.person(name, SEVEN_LEFT)
    world.tick()
    store.close()


@dataclass
class House:
    """What runs, who listens, and which parts of it stand still."""

    world: World
    folder: Path
    listener: Listener
    elapsed: float = 0.0
    stands_still: set[str] = field(default_factory=set)
    lookout: Lookout = field(init=False)
    browser: TestClient = field(init=False)

    def __post_init__(self) -> None:
        settings = Settings(
            secret_key=KEY,
            public_url=PUBLIC_URL,
            backup_dir=str(self.folder / "backups"),
            ping_url=f"{self.listener.url}/alive",
            alert_url=f"{self.listener.url}/alert",
        )
        self.lookout = Lookout(self.world.services, settings)
        self.clock_watch, self.alarms = ClockWatch(), Alarms(self.lookout)
        app = create_app(self.world.services, settings, lookout=self.lookout)
        self.browser = TestClient(app, base_url=PUBLIC_URL, follow_redirects=False, raise_server_exceptions=False)
        with self.world.store.write() as connection:
            found = admins.with_email(connection, OWNER)
            assert found is not None
            link = make_sign_in_link(connection, found.id, self.world.now)
        assert self.browser.post(link).status_code == 303
        with self.world.store.write() as connection:
            stays = {"seen_at": START + LONG, "expires_at": START + LONG}
            connection.execute(session.update().values(stays))

    def minute(self) -> None:
        """Let a minute go by, and everything run that is due and does not stand still."""
        self.world.now += MINUTE
        self.elapsed += 60
        if "passes" not in self.stands_still:
            wake(self.world.services, self.clock_watch)
        if "backups" not in self.stands_still:
            back_up(self.world.services, self.folder / "backups")
        if "alarms" not in self.stands_still:
            raise_alarms(self.alarms)

    def change(self, settings: Settings) -> None:
        """Let other settings hold, as after a start with them."""
        self.lookout.settings = settings
        self.alarms = Alarms(self.lookout)

    def due(self, *names: str) -> None:
        """Register people who have a mail to get now."""
        for name in names:
            self.world.person(name, SEVEN_LEFT)

    def health(self) -> tuple[int, list[str], str]:
        """What `/healthz` answers: the status, what is wrong, and every word of it."""
        answer = self.browser.get("/healthz")
        said: dict[str, Any] = answer.json()
        return answer.status_code, [trouble["matter"] for trouble in said["troubles"]], answer.text

    def band(self) -> str:
        """What stands at the top of the first page, in the words of the page."""
        return self.browser.get("/").text.partition("<header>")[2].partition('<div class="top">')[0]

    def doctor(self) -> bool:
        """Whether `reminder doctor` finds nothing wrong."""
        found = checkup.look(self.world.services.store, self.lookout.settings, self.world.now)
        return all(finding.ok for finding in found)

    def was_told(self, matter: str) -> bool:
        """Whether the webhook told of it."""
        told = [json.loads(body)["troubles"] for path, body in self.listener.heard if path == "/alert"]
        return any(trouble["matter"] == matter for troubles in told for trouble in troubles)


def house(template: Path, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[House]:
    """Open a copy of the template."""
    path = folder / "reminder.db"
    path.write_bytes(template.read_bytes())
    world = World(Store(f"sqlite:///{path}"), START)
    with listening() as listener:
        made = House(world, folder, listener)
        patch.setattr(scheduler, "utc_now", lambda: world.now)
        patch.setattr(scheduler, "elapsed_seconds", lambda: made.elapsed)
        yield made
    world.services.store.close()
