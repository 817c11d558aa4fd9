"""How mail is sent, in the settings: what holds, what is locked, and every way tried out before it is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from reminder import installation
from reminder.demo.show import demo_settings
from reminder.mail import providers
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.settings import ON_PAGE, Origin, Settings
from reminder.web.app import create_app
from tests.smtp_server import HOST, authority_file
from tests.unit.mail.test_oauth import SECRET, Microsoft, microsoft  # noqa: F401 - a fixture
from tests.web.test_first_run import FirstRun, draft_in, heading, run  # noqa: F401 - a fixture
from tests.world import PUBLIC_URL, World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.conftest import Site

OURS = {"Sec-Fetch-Site": "same-origin"}
MAILBOX = "reminders@lakeside.example"
APP = {"sender": MAILBOX, "tenant": "abc-1", "client_id": "the-app", "secret": SECRET, "to": "dana@lakeside.example"}


@pytest.fixture
def tile(
    run: FirstRun,  # noqa: F811 - a fixture
    microsoft: tuple[Microsoft, int],  # noqa: F811 - a fixture
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> tuple[FirstRun, Microsoft]:
    """The Microsoft 365 tile, with Microsoft's token endpoint and server played on this machine."""
    made, port = microsoft
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file(tmp_path)))
    monkeypatch.setattr("reminder.mail.servers.MICROSOFT", made.url + "?tenant={tenant}")
    local = replace(providers.MICROSOFT, host=HOST, port=port)
    monkeypatch.setitem(providers.PROVIDERS, "microsoft365", local)
    run.open()
    return run, made


def test_microsoft_365_works_from_its_tile_to_the_sent_mail(tile: tuple[FirstRun, Microsoft]) -> None:
    on, made = tile
    tried = on.post("/settings/mail/microsoft365", **APP)
    on.post("/settings/mail/keep", draft=draft_in(tried), answer="yes")
    on.post("/settings/mail/test")

    assert heading(tried) == "Did the test arrive?"
    assert len(made.mails) == 2
    assert on.services.sender_address == MAILBOX
    assert on.services.limits.minute == 30


@pytest.mark.parametrize(
    ("error", "said", "told"),
    [
        ("invalid_client", "AADSTS7000215: Invalid client secret provided. Ensure the secret ...", "its Secret ID"),
        ("invalid_client", "AADSTS7000222: The provided client secret keys for app ... are expired.", "has run out"),
        ("unauthorized_client", "AADSTS700016: Application with identifier ... was not found", "(client) ID"),
        ("invalid_request", "AADSTS90002: Tenant ... not found.", "(tenant) ID"),
    ],
)
def test_what_microsoft_refuses_is_told_at_its_step(
    tile: tuple[FirstRun, Microsoft], error: str, said: str, told: str
) -> None:
    on, made = tile
    made.refusal = (401, {"error": error, "error_description": said})
    page = on.post("/settings/mail/microsoft365", **APP)

    assert "Not signed in" in page.text
    assert told in page.text
    assert said.partition(":")[0] in page.text
    assert SECRET not in page.text


def test_a_secret_once_typed_need_not_be_typed_again(tile: tuple[FirstRun, Microsoft]) -> None:
    on, made = tile
    made.refusal = (401, {"error": "invalid_request", "error_description": "AADSTS90002: Tenant not found."})
    refused = on.post("/settings/mail/microsoft365", **{**APP, "tenant": "wrong"})
    made.refusal = None
    again = {**APP, "secret": "", "draft": draft_in(refused)}
    other_mailbox = on.post("/settings/mail/microsoft365", **{**again, "sender": "other@lakeside.example"})

    assert heading(on.post("/settings/mail/microsoft365", **again)) == "Did the test arrive?"
    assert other_mailbox.status_code == 422
    assert made.asked[-1]["client_secret"] == [SECRET]


def test_another_admins_draft_cannot_be_kept(world: World, site: Site) -> None:
    world.practice("Desert Bloom", owner="ann@desert.example")
    draft = draft_in_box(world, 1)
    answer = site.signed_in("ann@desert.example").post(
        "/settings/mail/keep", data={"draft": draft, "answer": "yes"}, headers=OURS
    )
    with world.store.read() as connection:
        held = installation.in_force(connection, world.settings)

    assert answer.headers["location"] == "/settings/mail"
    assert held == world.settings


def draft_in_box(world: World, admin: int) -> str:
    return world.services.box.seal("{}", f"mail-draft/{admin}")


def locked_site(world: World, site: Site, origin: Origin) -> TestClient:
    """The browser of the owner, on a server that sets everything itself."""
    settings = Settings(secret_key="a key", origins=dict.fromkeys(ON_PAGE, origin))
    browser = TestClient(create_app(world.services, settings), base_url=PUBLIC_URL, follow_redirects=False)
    browser.cookies = site.signed_in("dana@lakeside.example").cookies
    return browser


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (Origin.ENVIRONMENT, "Set by your server (REMINDER_MAIL_URL)"),
        (Origin.FILE, "Set by your server (reminder.toml)"),
        (Origin.DEMO, "Set by the demo"),
    ],
)
def test_what_the_server_sets_shows_as_locked(world: World, site: Site, origin: Origin, words: str) -> None:
    browser = locked_site(world, site, origin)
    page = browser.get("/settings/mail").text
    form = browser.get("/settings/mail/google").status_code
    tried = browser.post("/settings/mail/google", data=APP, headers=OURS).status_code
    browser.post("/settings/mail/addresses", data={"public_url": "https://x.example"}, headers=OURS)
    with world.store.read() as connection:
        held = installation.in_force(connection, Settings())

    assert words in page
    assert page.count(" disabled") == 3
    assert (form, tried) == (404, 404)
    assert held == Settings()


def test_nothing_in_the_demo_can_be_pointed_at_real_people(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path, "http://127.0.0.1:8060")

    assert all(settings.is_locked(name) for name in ON_PAGE)
    assert settings.mail_url.startswith("folder:")


def test_addresses_are_saved_or_the_field_is_named(run: FirstRun) -> None:  # noqa: F811 - a fixture
    run.open()
    typed = {"public_url": "http://new.example", "mail_limit": "google", "alert_email": "it@elsewhere.example"}
    wrong = run.post("/settings/mail/addresses", **{**typed, "public_url": "new"})
    unchanged = run.services.links.base
    run.post("/settings/mail/addresses", **typed)

    assert wrong.status_code == 422
    assert 'href="#public_url"' in wrong.text
    assert 'value="it@elsewhere.example"' in wrong.text
    assert unchanged == "http://reminders.lakeside.example"
    assert run.services.links.base == "http://new.example"
    assert (run.services.limits.day, run.services.installation.alert_email) == (2_000, "it@elsewhere.example")


def test_a_test_by_the_server_that_holds_is_told_step_by_step(world: World, site: Site) -> None:
    owner = site.signed_in("dana@lakeside.example")
    good = owner.post("/settings/mail/test", headers=OURS).text
    refusal = Verdict(
        outcome=Outcome.MISCONFIGURED, stage=Stage.AUTH, code=535, reply="5.7.3 Authentication unsuccessful"
    )
    world.transport.refusal = refusal
    bad = owner.post("/settings/mail/test", headers=OURS).text

    assert [mail.to for mail in world.mails] == ["dana@lakeside.example"]
    assert "The server took the test." in good
    assert "Add-MailboxPermission" in bad
    assert "535 5.7.3 Authentication unsuccessful" in bad


def test_a_test_speaks_in_the_name_of_the_viewers_own_practice(world: World, site: Site) -> None:
    world.practice("A Practice of Others", owner="ann@desert.example")
    site.signed_in("dana@lakeside.example").post("/settings/mail/test", headers=OURS)

    assert "Lakeside" in world.mails[0].text
    assert "Others" not in world.mails[0].raw.decode()


def test_whoever_moves_the_pages_to_https_stays_signed_in(run: FirstRun) -> None:  # noqa: F811 - a fixture
    run.open()
    answer = run.post("/settings/mail/addresses", public_url="https://reminders.lakeside.example")

    assert "__Host-session=" in answer.headers["set-cookie"]
    assert "Secure" in answer.headers["set-cookie"]


def test_the_mail_server_is_changed_only_by_who_proved_lately_who_they_are(
    run: FirstRun,  # noqa: F811 - a fixture
) -> None:
    run.open()
    run.now += timedelta(minutes=16)
    asked = [run.get("/settings/mail/other"), run.post("/settings/mail/other"), run.post("/settings/mail/keep")]
    asked.append(run.post("/settings/mail/addresses"))

    assert run.get("/settings/mail").status_code == 200
    assert all(answer.headers["location"].startswith("/account/prove?then=") for answer in asked)
