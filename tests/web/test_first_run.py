"""The first run, page by page, on an empty database."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from reminder import wiring
from reminder.jobs import first_run
from reminder.jobs.mail_trial import probe_soon
from reminder.policy.model import AdminRole
from reminder.settings import Origin, Settings
from reminder.store import admins, memberships, practices, system
from reminder.store.tables import metadata
from reminder.web.app import create_app
from tests.smtp_server import authority_file, keeping_server
from tests.web.every_route import USES, Access
from tests.world import chicago

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from httpx2 import Response

    from reminder.store.engine import Store

OURS = {"Sec-Fetch-Site": "same-origin"}
TYPED = {
    "practice": "Lakeside Family Medicine",
    "name": "Dana Whitfield",
    "email": "dana@lakeside.example",
    "zone": "America/Chicago",
    "public_url": "http://reminders.lakeside.example",
    "password": "walnut canoe teapot orbit",
}
ROSTER = {"name": "Alma Reyes", "email": "alma@lakeside.example", "role": "Authorized Official (AO)"}


class FirstRun:
    """An installation that nobody has set up, and one browser."""

    def __init__(self, settings: Settings) -> None:
        self.now: datetime = chicago("2026-12-01")
        self.settings = settings
        self.services = wiring.build(settings, lambda: self.now)
        self.services.refresh()
        self.app = create_app(self.services, settings)
        self.browser = self.another()
        self.code = self.new_code()

    def another(self) -> TestClient:
        return TestClient(self.app, base_url="http://127.0.0.1:8060", follow_redirects=False, headers=OURS)

    def new_code(self) -> str:
        with self.services.store.write() as connection:
            return first_run.new_code(connection, self.now)

    def get(self, path: str) -> Response:
        answer: Response = self.browser.get(path)
        return answer

    def post(self, path: str, **form: str) -> Response:
        answer: Response = self.browser.post(path, data=form)
        return answer

    def open(self, **changed: str) -> Response:
        self.post("/setup", code=self.code)
        return self.post("/setup/practice", **{**TYPED, **changed})

    def to_mail(self, port: int, **changed: str) -> Response:
        """Try the tests' own server."""
        form = {"sender": "office@lakeside.example", "host": "localhost", "security": "smtp+plain", "port": str(port)}
        return self.post("/setup/mail/other", **{**form, "to": "dana@lakeside.example", **changed})


@pytest.fixture
def run(sqlite_store: Store, tmp_path: Path) -> Iterator[FirstRun]:
    settings = Settings(
        database_url=sqlite_store.url.render_as_string(hide_password=False),
        mail_url=f"folder:{tmp_path / 'mail'}",
        secret_key="a key for all tests",
    )
    made = FirstRun(settings)
    yield made
    made.services.store.close()


def draft_in(page: Response) -> str:
    found: str = re.findall(r'name="draft" value="([^"]+)"', page.text)[0]
    return found


def heading(page: Response) -> str:
    found: str = re.findall(r"<h1>(.*?)</h1>", page.text)[0]
    return found


@pytest.mark.parametrize("path", ["/", "/people", "/sign-in"])
def test_until_somebody_owns_a_practice_every_way_leads_to_the_set_up(run: FirstRun, path: str) -> None:
    seen = run.get(path).headers["location"]
    seen = run.get(seen).headers.get("location", seen) if seen == "/sign-in" else seen

    assert seen == "/setup"


def test_the_code_opens_the_practice_page_and_nothing_else_does(run: FirstRun) -> None:
    without = run.get("/setup/practice").headers["location"], run.post("/setup/practice", **TYPED).headers["location"]
    wrong = run.post("/setup", code="0000-0001" if run.code != "0000-0001" else "0000-0002")
    right = run.post("/setup", code=run.code)

    assert without == ("/setup", "/setup")
    assert wrong.status_code == 422
    assert "This is not the code" in wrong.text
    assert right.headers["location"] == "/setup/practice"
    assert heading(run.get("/setup/practice")) == "You and your practice"


@pytest.mark.parametrize("form", ["{0}{1}", "{0}-{1}", " {0} {1} "])
def test_the_code_may_be_typed_with_or_without_its_dash(run: FirstRun, form: str) -> None:
    assert run.post("/setup", code=form.format(*run.code.split("-"))).status_code == 303


def test_the_newest_code_counts_and_none_counts_after_a_day(run: FirstRun) -> None:
    newest = run.new_code()
    older = run.post("/setup", code=run.code).status_code
    run.now += timedelta(hours=23, minutes=59)
    young = run.post("/setup", code=newest).status_code
    run.now += timedelta(minutes=1)
    late = run.post("/setup", code=newest).status_code

    assert (older, young, late) == (422, 303, 422)


def test_wrong_codes_are_slowed_down_and_the_right_one_works_again_after_a_minute(run: FirstRun) -> None:
    wrong = "1111-1111" if run.code != "1111-1111" else "2222-2222"
    answers = [run.post("/setup", code=wrong).text for _ in range(6)]
    closed = run.post("/setup", code=run.code).status_code
    run.now += timedelta(minutes=1)

    assert ["wait a minute" in text.lower() for text in answers] == [False] * 5 + [True]
    assert closed == 422
    assert run.post("/setup", code=run.code).status_code == 303


def test_the_code_is_kept_as_a_hash_only(run: FirstRun) -> None:
    with run.services.store.read() as connection:
        kept = system.get(connection, first_run.CODE) or ""

    assert run.code not in kept
    assert run.code.replace("-", "") not in kept


def test_an_owner_is_signed_in_in_a_practice_in_trial(run: FirstRun) -> None:
    answer = run.open()
    with run.services.store.read() as connection:
        practice = practices.load(connection)[1]
        owner = admins.with_email(connection, "dana@lakeside.example")

    assert answer.headers["location"] == "/setup/mail"
    assert (practice.name, practice.schedule.zone, practice.is_trial) == (TYPED["practice"], "America/Chicago", True)
    assert owner is not None
    assert owner.name == "Dana Whitfield"
    assert run.services.links.base == "http://reminders.lakeside.example"
    assert run.get("/").status_code == 200


def test_the_set_up_opens_once(run: FirstRun) -> None:
    run.open()
    other = run.another()
    late_code = other.post("/setup", data={"code": run.code})

    assert other.get("/setup").headers["location"] == "/"
    assert late_code.headers["location"] == "/"
    assert other.post("/setup/practice", data=TYPED).headers["location"] == "/setup"
    assert other.get("/setup/practice").headers["location"] == "/setup"
    assert other.get("/").headers["location"] == "/sign-in"


def test_of_two_browsers_with_the_code_one_opens_the_practice(run: FirstRun) -> None:
    second = run.another()
    second.post("/setup", data={"code": run.code})
    run.open()
    second.post("/setup/practice", data={**TYPED, "practice": "Another", "email": "eve@elsewhere.example"})
    with run.services.store.read() as connection:
        assert [practice.name for practice in practices.load(connection).values()] == [TYPED["practice"]]


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("practice", "", "fill it in"),
        ("name", "", "fill it in"),
        ("name", "=cmd()", "name"),
        ("email", "dana", "no mail address"),
        ("zone", "", "fill it in"),
        ("zone", "Lakeside/Nowhere", "is not known"),
        ("password", "short", "12"),
        ("public_url", "reminders", "no address of a web page"),
    ],
)
def test_what_cannot_be_used_is_named_and_what_was_typed_stays(
    run: FirstRun, field: str, text: str, words: str
) -> None:
    page = run.open(**{field: text})
    with run.services.store.read() as connection:
        assert practices.load(connection) == {}

    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert words in page.text
    assert "<title>Error:" in page.text
    assert TYPED["password"] not in page.text
    assert ("dana@lakeside.example" if field != "email" else "Dana Whitfield") in page.text


def test_the_strength_of_the_password_is_told_to_whoever_has_the_code(run: FirstRun) -> None:
    without = run.post("/setup/practice/strength", **TYPED).headers["location"]
    run.post("/setup", code=run.code)
    strong = run.post("/setup/practice/strength", **TYPED).text
    weak = run.post("/setup/practice/strength", **{**TYPED, "password": "Lakeside Whitfield"}).text

    assert without == "/setup"
    assert "trong." in strong
    assert "Leave out your own name" in weak
    assert TYPED["password"] not in strong


def test_a_common_password_is_refused(run: FirstRun) -> None:
    page = run.open(password="password1234")

    assert page.status_code == 422
    assert 'href="#password"' in page.text


def test_an_address_that_the_server_sets_is_shown_and_not_asked(sqlite_store: Store, tmp_path: Path) -> None:
    settings = Settings(
        database_url=sqlite_store.url.render_as_string(hide_password=False),
        mail_url=f"folder:{tmp_path / 'mail'}",
        public_url="http://fixed.example",
        secret_key="a key",
        origins={"public_url": Origin.ENVIRONMENT},
    )
    made = FirstRun(settings)
    made.post("/setup", code=made.code)
    page = made.get("/setup/practice").text
    made.open(public_url="http://other.example")
    made.services.store.close()

    assert "REMINDER_PUBLIC_URL" in page
    assert 'name="public_url"' not in page
    assert made.services.links.base == "http://fixed.example"


def test_a_mail_server_is_kept_only_after_its_test_arrived(run: FirstRun) -> None:
    run.open()
    with keeping_server() as kept:
        tried = run.to_mail(kept.port)
        before = run.services.installation.is_set_up
        answer = run.post("/setup/mail/keep", draft=draft_in(tried), answer="yes")

    assert heading(tried) == "Did the test arrive?"
    assert [(sender, to) for sender, to, _ in kept.mails] == [("office@lakeside.example", ["dana@lakeside.example"])]
    assert not before
    assert answer.headers["location"] == "/setup/people"
    assert run.services.installation.is_set_up
    assert run.services.sender_address == "office@lakeside.example"


def test_a_test_that_did_not_arrive_names_the_usual_causes(run: FirstRun) -> None:
    run.open()
    with keeping_server() as kept:
        page = run.post("/setup/mail/keep", draft=draft_in(run.to_mail(kept.port)), answer="no")
    kept_yet = run.services.installation.is_set_up
    run.post("/setup/mail/keep", draft=draft_in(page), answer="anyway")

    assert all(word in page.text for word in ("spam folder", "SPF", "address is wrong"))
    assert not kept_yet
    assert run.services.installation.is_set_up


def test_invented_people_come_and_go_with_one_click_each(run: FirstRun) -> None:
    run.open()
    run.post("/setup/people/samples", wanted="in")
    run.post("/setup/people/samples", wanted="in")
    page = run.get("/setup/people").text
    run.post("/setup/people/samples", wanted="out")
    with run.services.store.read() as connection:
        assert memberships.members(connection, 1) == []

    assert "<strong>5 people:</strong>" in page
    assert "Alma Sample" in page
    assert "Alma Sample" not in run.get("/setup/people").text


@pytest.mark.parametrize(
    ("changed", "words"),
    [({}, ""), ({"name": ""}, "name"), ({"email": "billing@x.example"}, "email"), ({"role": ""}, "role")],
)
def test_one_person_is_added_or_the_field_is_named(run: FirstRun, changed: dict[str, str], words: str) -> None:
    run.open()
    answer = run.post("/setup/people", **{**ROSTER, **changed})

    assert answer.status_code == (422 if words else 303)
    assert (f'href="#{words}"' in answer.text) == bool(words)
    assert ("Alma Reyes" in run.get("/setup/people").text) is not bool(words)


def test_the_plan_shows_a_first_mail_to_somebody_real(run: FirstRun) -> None:
    run.open()
    run.post("/setup/people", **ROSTER)
    page, mail = run.get("/setup/plan"), run.get("/setup/plan/mail")
    answer = run.post("/setup/plan", plan="strict")
    with run.services.store.read() as connection:
        ladder = practices.load(connection)[1].schedule.ladder

    assert "The first mail to Alma Reyes" in page.text
    assert "Alma" in mail.text
    assert "sandbox" in mail.headers["content-security-policy"]
    assert answer.headers["location"] == "/setup/start"
    assert ladder[0] == 30


@pytest.mark.parametrize(
    ("mail", "address", "person", "told"),
    [
        (False, "http://reminders.lakeside.example", True, "/setup/mail"),
        (True, "http://127.0.0.1:8060", True, "/settings/mail#public_url"),
        (True, "http://reminders.lakeside.example", False, "/setup/people"),
        (True, "http://reminders.lakeside.example", True, ""),
    ],
)
def test_reminders_are_turned_on_only_if_mails_reach_people(
    run: FirstRun, *, mail: bool, address: str, person: bool, told: str
) -> None:
    run.open(public_url=address)
    if person:
        run.post("/setup/people", **ROSTER)
    run.services.installation = replace(run.services.installation, is_set_up=mail)
    page = run.get("/setup/start").text
    answer = run.post("/setup/start")
    with run.services.store.read() as connection:
        is_trial = practices.load(connection)[1].is_trial

    assert is_trial is bool(told)
    assert answer.status_code == (422 if told else 303)
    if told:
        assert f'href="{told}"' in page
        assert f'href="{told}"' in answer.text


def test_a_fresh_installation_without_a_mail_server_says_so_on_every_page(run: FirstRun) -> None:
    run.open()
    run.post("/setup/people", **ROSTER)
    pages = [use.path for (method, _), use in USES.items() if method == "GET" and use.access is not Access.PUBLIC]
    answers = {path: run.get(path) for path in pages}
    shown = {
        path: answer.text
        for path, answer in answers.items()
        if answer.status_code != 303 and answer.text.startswith("<!DOCTYPE html>") and "<header>" in answer.text
    }
    silent = [path for path, text in shown.items() if "No mail server is set up" not in text.partition("</header>")[0]]

    assert silent == []
    assert len(shown) > 40
    assert {"/", "/people", "/setup/mail", "/setup/people", "/setup/plan", "/setup/start"} <= set(shown)
    named = {one["matter"]: one["severity"] for one in run.get("/healthz").json()["troubles"]}
    assert named["no-mail-server"] == "warning"  # nobody waits for the mails of a trial, so it is not down


def test_what_will_happen_is_told_in_numbers(run: FirstRun) -> None:
    run.open()
    run.post("/setup/people", **ROSTER)
    page = run.get("/setup/start").text

    assert "1 person. 1 has no date: we will ask them." in page
    assert "First: Tue, Dec 1, 8:00 AM CST." in page


def test_when_all_is_done_the_set_up_leads_home(run: FirstRun) -> None:
    run.open()
    run.post("/setup/people", **ROSTER)
    run.post("/setup/plan", plan="gentle")
    run.services.installation = replace(run.services.installation, is_set_up=True)
    to_do = "Your set-up" in run.get("/").text
    run.post("/setup/start")

    assert to_do
    assert "Your set-up" not in run.get("/").text
    assert run.get("/setup/plan").headers["location"] == "/"


def test_only_its_owner_sets_a_practice_up(run: FirstRun) -> None:
    run.open()
    with run.services.store.write() as connection:
        other = admins.add(connection, email="kim@lakeside.example", name="Kim", now=run.services.clock())
        admins.grant(connection, other, 1, AdminRole.OWNER)
        admins.grant(connection, 1, 1, AdminRole.EDITOR)

    assert {run.get(path).status_code for path in ("/setup/mail", "/setup/people", "/setup/start")} == {403}


def test_a_queue_held_by_the_old_server_is_tried_with_the_next_pass(run: FirstRun) -> None:
    later = run.now + timedelta(minutes=15)
    held = system.Hold(reason="refused", cure="mend it", since_at=run.now, probe_at=later)
    with run.services.store.write() as connection:
        system.set_hold(connection, held)
        probe_soon(connection, run.now)
        probed = system.hold(connection)
        system.set_hold(connection, replace(held, probe_at=None))
        probe_soon(connection, run.now)
        restored = system.hold(connection)

    assert probed is not None
    assert restored is not None
    assert (probed.probe_at, restored.probe_at) == (run.now, None)


def test_no_password_is_on_a_page_or_in_a_table(
    run: FirstRun, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    caplog.set_level("DEBUG", logger="reminder")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file(tmp_path)))
    run.open()
    canary = "canary-4f2c-secret"
    with keeping_server(starttls=True, password=canary) as kept:
        signed = {"security": "smtp", "user": "office"}
        refused = run.to_mail(kept.port, **signed, secret="wrong-4f2c-secret")
        tried = run.to_mail(kept.port, **signed, secret=canary)
        run.post("/setup/mail/keep", draft=draft_in(tried), answer="yes")
    pages = [refused, tried, run.get("/setup/mail/other"), run.get("/settings/mail"), run.get("/settings/mail/other")]
    with run.services.store.read() as connection:
        rows = repr([row for table in metadata.sorted_tables for row in connection.execute(table.select())])

    assert "user name or the password is wrong" in refused.text
    assert heading(tried) == "Did the test arrive?"
    assert "4f2c-secret" not in rows + caplog.text + "".join(page.text for page in pages)
