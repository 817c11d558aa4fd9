from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from reminder.mail.links import Links
from reminder.policy.model import AdminRole, Role
from reminder.store import practices

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from reminder.store.practices import Practice
    from tests.web.conftest import Site
    from tests.world import World

OURS = {"Sec-Fetch-Site": "same-origin"}
CHANGES: dict[str, dict[str, str]] = {
    "mode": {"mode": "trial"},
    "plan": {"plan": "gentle"},
    "times": {"zone": "America/Denver", "send_time": "09:15"},
    "calendar": {"close": "2026-12-24"},
    "names": {"name": "Lakeside", "sender_name": "Lakeside Office", "reply_to": "info@lakeside.example"},
    "escalation": {"escalate_to": "1"},
}


@pytest.fixture
def official(world: World) -> int:
    return world.person("Olga Official", date(2026, 11, 30), role=Role.AUTHORIZED_OFFICIAL)


def practice(world: World, key: int = 1) -> Practice:
    with world.store.read() as connection:
        return practices.load(connection)[key]


def save(browser: TestClient, what: str, **form: str) -> int:
    return browser.post(f"/settings/1/{what}", data=form or CHANGES[what], headers=OURS).status_code


@pytest.mark.parametrize("what", list(CHANGES))
def test_who_may_change_what(world: World, site: Site, official: int, what: str) -> None:
    world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    before = practice(world)
    viewer = save(site.colleague("viewer@lakeside.example"), what)
    stranger = save(site.signed_in("ann@desert.example"), what)
    cross = site.signed_in("dana@lakeside.example").post(
        f"/settings/1/{what}", data=CHANGES[what], headers={"Sec-Fetch-Site": "cross-site"}
    )
    untouched = practice(world) == before
    editor = save(site.colleague("editor@lakeside.example", role=AdminRole.EDITOR), what)

    assert (viewer, stranger, cross.status_code) == (403, 404, 403)
    assert untouched
    assert editor == (403 if what == "mode" else 303)
    assert (practice(world) == before) is (what == "mode")


@pytest.mark.parametrize("what", list(CHANGES))
def test_a_viewer_looks_and_finds_no_button(world: World, site: Site, official: int, what: str) -> None:
    world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    page = site.colleague("viewer@lakeside.example").get(f"/settings/{what}?practice=1").text
    main = page.partition("<main")[2]

    assert "<button" not in main
    assert "may change this" in main or "can change this" in main
    assert site.signed_in("ann@desert.example").get(f"/settings/{what}?practice=1").status_code == 404


def test_the_settings_say_what_holds_now(world: World, owner: TestClient, official: int) -> None:
    save(owner, "escalation", escalate_to=str(official))
    save(owner, "calendar")
    page = owner.get("/settings").text

    for words in (
        "Standard: 14, 7, 3, 1, 0 days before the end",
        "America/Chicago, from 8:00 AM",
        "Weekends, federal holidays, and 1 day of your own",
        "The admins and Olga Official",
        "answers to dana@lakeside.example",
        "Reminders are on",
        'href="/diagnostics"',
        'href="/settings/mail"',
    ):
        assert words in page


def test_what_concerns_the_server_is_shown_to_owners_alone(site: Site) -> None:
    page = site.colleague("editor@lakeside.example", role=AdminRole.EDITOR).get("/settings").text

    assert "/diagnostics" not in page
    assert "/settings/mail?" not in page
    assert "Owners look after the mail server" in page


def test_a_new_plan_is_saved(world: World, owner: TestClient) -> None:
    answer = owner.post("/settings/1/plan", data={"plan": "gentle"}, headers=OURS)

    assert practice(world).schedule.ladder[:4] == (14, 3, 0, -1)
    assert 'value="gentle" checked' in owner.get("/settings/plan").text
    assert "Saved. The next 60 days" in owner.get(answer.headers["location"]).text
    assert "Gentle: 14, 3, 0" in owner.get("/settings").text


def test_days_of_ones_own_are_saved(world: World, owner: TestClient) -> None:
    save(owner, "plan", plan="own", ladder="10,2,-5")

    assert practice(world).schedule.ladder == (10, 2, -5)
    assert 'value="own" checked' in owner.get("/settings/plan").text
    assert "Our own: 10, 2" in owner.get("/settings").text


def test_zone_and_send_time_are_saved(world: World, owner: TestClient) -> None:
    save(owner, "times")
    usual = practice(world).schedule
    save(owner, "times", zone="", other_zone="America/Boise", send_time="09:15")
    rare = practice(world).schedule
    page = owner.get("/settings/times").text

    assert (usual.zone, usual.send_time.isoformat("minutes")) == ("America/Denver", "09:15")
    assert rare.zone == "America/Boise"
    assert 'value="America/Boise"' in page


def test_the_one_who_is_also_told_is_chosen_and_taken_back(world: World, owner: TestClient, official: int) -> None:
    save(owner, "escalation", escalate_to=str(official))
    chosen = practice(world).escalate_to
    page = owner.get("/settings/escalation").text
    save(owner, "escalation", escalate_to="")

    assert chosen == official
    assert f'value="{official}" checked' in page
    assert "3 or 1 day left, on the last day" in page
    assert practice(world).escalate_to is None


def test_a_closed_day_comes_and_goes(world: World, owner: TestClient) -> None:
    save(owner, "calendar")
    closed = practice(world).schedule.closures
    save(owner, "calendar", reopen="2026-12-24")

    assert closed == {date(2026, 12, 24)}
    assert practice(world).schedule.closures == frozenset()


def test_a_stretch_of_closed_days_comes_and_goes_as_one(world: World, owner: TestClient) -> None:
    answer = owner.post("/settings/1/calendar", data={"close": "2026-12-24", "close_to": "2027-01-02"}, headers=OURS)
    closed = practice(world).schedule.closures
    page = owner.get(answer.headers["location"]).text
    save(owner, "calendar", reopen="2026-12-24", reopen_to="2027-01-02")

    assert len(closed) == 10
    assert "Thursday, December 24, 2026 to Saturday, January 2, 2027" in page
    assert "(10 days)" in page
    assert page.count("Open again") == 1
    assert practice(world).schedule.closures == frozenset()


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("soon", "", "Choose the day on which you are closed"),
        ("2026-12-24", "soon", "Choose the last day"),
        ("2026-12-24", "2026-12-23", "The last day is 2026-12-23"),
        ("2026-12-24", "2027-12-26", "within a year"),
    ],
)
def test_a_stretch_that_cannot_be_is_explained_and_stays_typed(
    world: World, owner: TestClient, first: str, last: str, words: str
) -> None:
    answer = owner.post("/settings/1/calendar", data={"close": first, "close_to": last}, headers=OURS)

    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{last}"' in answer.text
    assert practice(world).schedule.closures == frozenset()


def test_a_year_of_closed_days_is_taken(world: World, owner: TestClient) -> None:
    save(owner, "calendar", close="2026-12-24", close_to="2027-12-25")

    assert len(practice(world).schedule.closures) == 367


@pytest.mark.parametrize(("year", "shown"), [("", 2026), ("2027", 2027), ("1850", 2026), ("9999", 2026)])
def test_the_federal_holidays_of_a_year_are_listed(owner: TestClient, year: str, shown: int) -> None:
    page = owner.get("/settings/calendar", params={"year": year} if year else {}).text

    assert f"Federal holidays in {shown}" in page
    assert f"November {26 if shown == 2026 else 25}, {shown}" in page
    assert "Thanksgiving" in page


def test_reminders_are_turned_on(world: World, site: Site) -> None:
    key = world.practice("Trial Clinic", owner="kim@trial.example", live=False)
    kim = site.signed_in("kim@trial.example")
    before = kim.get("/").text + kim.get("/settings").text
    button = kim.get("/settings/mode").text
    kim.post(f"/settings/{key}/mode", data={"mode": "live"}, headers=OURS)

    assert "Turn reminders on" in before
    assert "In trial" in before
    assert 'value="live"' in button
    assert not practice(world, key).is_trial
    assert "Reminders are on" in kim.get("/settings").text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"is_set_up": False}, "No mail server is set up"),
        ({"links": Links("https://localhost:8060", ["key"])}, "works on this machine only"),
    ],
)
def test_reminders_that_would_reach_nobody_are_not_turned_on(
    world: World, site: Site, changed: dict[str, Any], words: str
) -> None:
    key = world.practice("Trial Clinic", owner="kim@trial.example", live=False)
    kim = site.signed_in("kim@trial.example")
    world.services.installation = replace(world.services.installation, **changed)
    shown = kim.get("/settings/mode").text
    refused = kim.post(f"/settings/{key}/mode", data={"mode": "live"}, headers=OURS)

    assert words in shown
    assert (refused.status_code, words in refused.text) == (422, True)
    assert practice(world, key).is_trial


@pytest.mark.parametrize(
    ("what", "form", "words", "kept"),
    [
        ("plan", {"plan": "own", "ladder": "soon"}, "soon", 'value="soon"'),
        ("times", {"zone": "", "other_zone": "Mars/Base", "send_time": "08:00"}, "Mars/Base", 'value="Mars/Base"'),
        ("times", {"zone": "America/Denver", "send_time": "19:00"}, "19:00", 'value="19:00"'),
        ("names", {"name": "x", "sender_name": "evil\r\nBcc: x", "reply_to": "a@b.example"}, "sender", 'value="x"'),
        ("names", {"name": "x", "sender_name": "Typed", "reply_to": "nobody"}, "nobody", 'value="Typed"'),
        ("escalation", {"escalate_to": "999"}, "999", "Also told"),
        ("mode", {"mode": "dead"}, "dead", "Reminders are on"),
    ],
)
def test_what_cannot_be_is_explained_stays_typed_and_changes_nothing(
    world: World, owner: TestClient, what: str, form: dict[str, str], words: str, kept: str
) -> None:
    before = practice(world)
    answer = owner.post(f"/settings/1/{what}", data=form, headers=OURS)
    target = re.search(r'class="problem" role="alert"><p><strong>[^<]*</strong> <a href="#(\w+)"', answer.text)

    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text
    assert "<title>Error: " in answer.text
    assert words in answer.text
    assert kept in answer.text
    assert target is not None
    assert f'id="{target[1]}"' in answer.text
    assert practice(world) == before


def test_a_plan_is_weighed_before_it_is_saved(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", date(2026, 11, 30))
    before = practice(world)
    gentle = owner.get("/settings/plan", params={"plan": "gentle"}).text
    same = owner.get("/settings/plan", params={"plan": "standard"}).text
    own = owner.get("/settings/plan", params={"plan": "own", "ladder": "10,5,0"}).text

    assert "+0 / -3 mails in the next 60 days" in gentle  # the days 7 and 1, and what the admins hear on day 1
    assert "Mails that go: 3" in gentle
    assert "Alma Reyes" in gentle
    assert "+0 / -0 mails" in same
    assert "+1 / -5 mails" in own  # day 10 comes, day 5 falls where day 7 did; 14, 3, 1 and two to the admins go
    assert "60 days" not in owner.get("/settings/plan").text
    assert practice(world) == before


def test_a_plan_that_cannot_be_is_not_weighed(owner: TestClient) -> None:
    answer = owner.get("/settings/plan", params={"plan": "own", "ladder": "soon"})

    assert answer.status_code == 422
    assert "soon" in answer.text.partition('id="difference"')[2]
    assert owner.get("/settings/plan?practice=9&plan=gentle").status_code == 404


def test_with_several_practices_each_has_its_own_settings(world: World, site: Site, owner: TestClient) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="dana@lakeside.example")
    owner.post(f"/settings/{other}/plan", data={"plan": "strict"}, headers=OURS)
    page = owner.get(f"/settings?practice={other}").text

    assert "Desert Bloom: settings" in page
    assert "Strict" in page
    assert "America/Phoenix" in page
    assert practice(world).schedule.ladder[:2] == (14, 7)
