from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from reminder import checkup
from reminder.mail.links import Links
from reminder.mail.redaction import redacted
from reminder.mail.transport import ConnectFault, Outcome, Stage, Verdict
from reminder.policy.model import AdminRole
from reminder.settings import Origin, Settings
from reminder.store import backups, system
from reminder.store.tables import metadata
from reminder.web.app import create_app
from tests.world import OWNER, PUBLIC_URL

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

OURS = {"Sec-Fetch-Site": "same-origin"}
HOST = PUBLIC_URL.removeprefix("https://")
REFUSAL = Verdict(
    outcome=Outcome.MISCONFIGURED,
    stage=Stage.AUTH,
    code=535,
    reply="5.7.139 SmtpClientAuthentication is disabled for canary@secret.example",
)


class RefusingTransport:
    """A mail server that lets nobody in."""

    def describe(self) -> str:
        return "nowhere"

    def connect(self) -> None:
        raise ConnectFault(REFUSAL)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(backup_dir=str(tmp_path / "backups"), public_url=PUBLIC_URL, secret_key="canary-key")


@pytest.fixture
def owner(world: World, site: Site, settings: Settings) -> TestClient:
    links = Links(settings.public_url, settings.secret_keys)
    world.services.installation = replace(world.services.installation, links=links)
    site.app = create_app(world.services, settings)
    world.tick()
    return site.signed_in(OWNER)


def test_all_is_well_and_said_line_by_line(owner: TestClient) -> None:
    page = owner.get("/diagnostics").text

    assert "<h1>Everything works</h1>" in page
    for name in ("Database", "Clock", "Last pass", "Queue", "Rule", "Backup", "Disk", "Public address", "Versions"):
        assert f'<th scope="row">{name}</th>' in page
    assert "Trouble" not in page


def test_only_owners_look(world: World, site: Site, owner: TestClient) -> None:
    editor = site.colleague("editor@lakeside.example", role=AdminRole.EDITOR)
    answers = [editor.get("/diagnostics"), *(editor.post(f"/diagnostics/{what}", headers=OURS) for what in POSTS)]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert site.visitor().get("/diagnostics").headers["location"] == "/sign-in"


POSTS = ("mail-server", "backup")


def test_looking_changes_nothing_and_asks_no_mail_server(world: World, owner: TestClient) -> None:
    def everything() -> dict[str, list[tuple[object, ...]]]:
        with world.store.read() as connection:
            return {name: [tuple(row) for row in connection.execute(select(t))] for name, t in metadata.tables.items()}

    world.services.installation = replace(world.services.installation, transport=RefusingTransport())  # type: ignore[arg-type]
    owner.get("/diagnostics")
    before = everything()
    page = owner.get("/diagnostics").text

    assert everything() == before
    assert "Mail server" not in page.partition("<tbody>")[2].partition("</tbody>")[0]


def test_the_mail_server_is_asked_on_demand(world: World, owner: TestClient) -> None:
    well = owner.post("/diagnostics/mail-server", headers=OURS).text
    world.services.installation = replace(world.services.installation, transport=RefusingTransport())  # type: ignore[arg-type]
    sick = owner.post("/diagnostics/mail-server", headers=OURS).text

    assert "accepts us (memory)" in well
    assert "1 thing needs a look" in sick
    assert "auth: 535 5.7.139" in sick
    assert "Microsoft" in sick
    assert 'href="/settings/mail"' in sick


@pytest.mark.parametrize(
    ("hours", "words"),
    [(None, "none yet; the first one"), (26, "26 hours ago"), (27, "There is no backup of the last day")],
)
def test_the_last_backup_is_told_with_its_age(world: World, owner: TestClient, hours: int | None, words: str) -> None:
    if hours is not None:
        at = world.now - timedelta(hours=hours)
        with world.store.write() as connection:
            system.put(connection, backups.LAST_BACKUP, at.isoformat())

    assert words in owner.get("/diagnostics").text


def test_without_a_backup_for_a_day_that_is_trouble(world: World, owner: TestClient) -> None:
    world.tick(world.now + timedelta(hours=27))
    site_owner = owner.get("/diagnostics").text

    assert "No backup was ever made. Cure: is reminder serve or reminder worker running" in site_owner


def test_back_up_now_writes_a_backup_that_can_be_read(world: World, owner: TestClient, settings: Settings) -> None:
    answer = owner.post("/diagnostics/backup", headers=OURS)
    (made,) = Path(settings.backup_dir).glob("*.db")
    page = owner.get(answer.headers["location"]).text

    assert made.read_bytes().startswith(b"SQLite format 3")
    assert "The backup is made" in page
    assert "0 minutes ago" in page
    assert "Made a backup" in owner.get("/history").text


def test_a_backup_that_cannot_be_made_is_said_so(
    world: World, site: Site, owner: TestClient, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "a-file").write_text("")
    site.app = create_app(world.services, replace(settings, backup_dir=str(tmp_path / "a-file")))
    blocked = site.signed_in(OWNER).post("/diagnostics/backup", headers=OURS)
    site.app = create_app(world.services, replace(settings, backup_dir=""))
    nowhere = site.signed_in(OWNER).post("/diagnostics/backup", headers=OURS)

    assert (blocked.status_code, nowhere.status_code) == (422, 422)
    assert "No backup was made" in blocked.text
    assert "REMINDER_BACKUP_DIR" in nowhere.text


@pytest.mark.parametrize(("seconds", "age"), [(59, "0 minutes ago"), (60, "1 minute ago"), (120, "2 minutes ago")])
def test_an_age_is_told_in_english(world: World, owner: TestClient, seconds: int, age: str) -> None:
    with world.store.write() as connection:
        system.put(connection, backups.LAST_BACKUP, (world.now - timedelta(seconds=seconds)).isoformat())

    assert age in owner.get("/diagnostics").text


def test_another_address_in_the_browser_is_trouble(world: World, owner: TestClient) -> None:
    page = owner.get("/diagnostics", headers={"Host": "10.0.0.7:8060"}).text

    assert "10.0.0.7:8060, but the links in mails lead to https://reminders.lakeside.example" in page
    assert checkup.seen_address(PUBLIC_URL, HOST.upper()).ok


def test_a_late_pass_and_a_held_queue_are_trouble_with_the_way_out(world: World, owner: TestClient) -> None:
    world.now += timedelta(minutes=11)
    with world.store.write() as connection:
        hold = system.Hold(reason="a backup was restored", cure="look at the list", since_at=world.now)
        system.set_hold(connection, hold)
    page = owner.get("/diagnostics").text

    assert "2 things need a look" in page
    assert "start reminder serve or reminder worker" in page
    assert 'href="/messages">See what waits and what failed' in page
    assert 'href="/diagnostics">Find out why' in owner.get("/").text


def test_only_owners_are_led_to_the_diagnostics(world: World, site: Site, owner: TestClient) -> None:
    world.now += timedelta(minutes=11)
    page = site.colleague("viewer@lakeside.example").get("/").text

    assert "The reminders have not run since" in page
    assert "/diagnostics" not in page.partition("</header>")[0]


CANARIES = ("canary", "Lakeside", "dana", "reyes", "hunter2", "secret.example", "Zeta")


def test_no_canary_is_ever_in_the_support_text(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "canary-user"
    (folder / "data").mkdir(parents=True)
    settings = Settings(
        database_url=f"sqlite:///{folder}/canary.db",
        mail_url="smtp://canary:hunter2@mail.secret.example:587",
        mail_from="canary@secret.example",
        public_url="http://canary.secret.example",
        secret_key="canary-key",
        alert_email="canary@secret.example",
        alert_url="https://hooks.secret.example/canary",
        ping_url="https://ping.secret.example/canary",
        backup_dir=str(folder / "backups"),
        templates=str(folder),
        origins={"mail_url": Origin.ENVIRONMENT},
    )
    world.practice("Zeta Practice", owner="canary@zeta.example")
    world.person("Alma Reyes", date(2026, 10, 9))
    world.transport.answers.append(
        Verdict(outcome=Outcome.REFUSED_CONTENT, stage=Stage.DOT, code=554, reply="5.7.1 canary@secret.example spam")
    )
    world.tick()
    with world.store.write() as connection:
        hold = system.Hold(reason="canary@secret.example refused", cure="ask canary", since_at=world.now)
        system.set_hold(connection, hold)
    findings = [
        *checkup.look(world.store, settings, world.now),
        checkup.mail_server(RefusingTransport()),  # type: ignore[arg-type]
        checkup.seen_address(settings.public_url, "canary.other.example"),
    ]
    text = checkup.support_text(world.store, settings, findings)

    assert [word for word in CANARIES if word.lower() in text.lower()] == []
    for words in (
        "FAULT mail server: refused at auth: 535 5.7.139",
        "FAULT queue: Sending is held: no mail goes. (0 minutes)",
        "FAULT public address: plain http",
        "mail: smtp\n",
        "setting mail_url: environment",
        "practices: 2",
        "people: 1",
        "SQLite, schema",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("to Dana.W+x@a-b.example, 550", "to <address>, 550"),
        ("see https://x.example/r/abc?d=1 now", "see <url> now"),
        ("smtp://u:p@h:587", "<url>"),
        ("/home/dana/data.db", "/home/<user>/data.db"),
        (r"C:\Users\Dana W\x", r"C:\Users\<user> W\x"),
        ("key " + "a" * 31, "key " + "a" * 31),
        ("key " + "a" * 32, "key <secret>"),
    ],
)
def test_what_tells_who_and_where_is_taken_out(text: str, clean: str) -> None:
    assert redacted(text) == clean


def test_the_page_shows_the_text_for_support(owner: TestClient) -> None:
    page = owner.get("/diagnostics").text
    support = page.partition('aria-label="Text for support">')[2].partition("</pre>")[0]

    assert "ok    database: answers and takes writes, SQLite, schema" in support
    assert "lakeside" not in support.lower()
    assert "reminder " in support
