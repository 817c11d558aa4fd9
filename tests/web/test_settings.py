from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from reminder.policy.model import AdminRole
from reminder.store import practices

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from reminder.store.practices import Practice
    from tests.web.conftest import Site
    from tests.world import World

OURS = {"Sec-Fetch-Site": "same-origin"}
CHANGES: dict[str, dict[str, str]] = {
    "mode": {"mode": "trial"},
    "schedule": {"plan": "gentle", "zone": "America/Denver", "send_time": "09:15"},
    "calendar": {"close": "2026-12-24"},
    "sender": {
        "name": "Lakeside",
        "sender_name": "Lakeside Office",
        "reply_to": "info@lakeside.example",
        "escalate_to": "",
    },
}


def practice(world: World, key: int = 1) -> Practice:
    with world.store.read() as connection:
        return practices.load(connection)[key]


def save(browser: TestClient, what: str, **form: str) -> int:
    return browser.post(f"/settings/1/{what}", data=form or CHANGES[what], headers=OURS).status_code


@pytest.mark.parametrize("what", list(CHANGES))
def test_who_may_change_what(world: World, site: Site, what: str) -> None:
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


def test_a_new_plan_is_saved(world: World, owner: TestClient) -> None:
    save(owner, "schedule")
    schedule = practice(world).schedule
    page = owner.get("/settings?done=schedule").text

    assert (schedule.ladder[:4], schedule.zone, schedule.send_time.hour) == ((14, 3, 0, -1), "America/Denver", 9)
    assert 'value="gentle" checked' in page
    assert "Saved. The next 60 days" in page


def test_days_of_ones_own_are_saved(world: World, owner: TestClient) -> None:
    save(owner, "schedule", plan="own", ladder="10,2,-5", zone="America/Chicago", send_time="08:00")

    assert practice(world).schedule.ladder == (10, 2, -5)
    assert 'value="own" checked' in owner.get("/settings").text


def test_a_closed_day_comes_and_goes(world: World, owner: TestClient) -> None:
    save(owner, "calendar")
    closed = practice(world).schedule.closures
    save(owner, "calendar", reopen="2026-12-24")

    assert closed == {date(2026, 12, 24)}
    assert practice(world).schedule.closures == frozenset()


def test_reminders_are_turned_on(world: World, site: Site) -> None:
    key = world.practice("Trial Clinic", owner="kim@trial.example", live=False)
    kim = site.signed_in("kim@trial.example")
    before = kim.get("/").text + kim.get("/settings").text
    kim.post(f"/settings/{key}/mode", data={"mode": "live"}, headers=OURS)

    assert "Turn reminders on" in before
    assert not practice(world, key).is_trial
    assert "Reminders are on" in kim.get("/settings").text


@pytest.mark.parametrize(
    ("what", "form", "words"),
    [
        ("schedule", {"plan": "own", "ladder": "soon", "zone": "America/Chicago", "send_time": "08:00"}, "soon"),
        ("schedule", {"plan": "gentle", "zone": "Mars/Base", "send_time": "08:00"}, "Mars/Base"),
        ("schedule", {"plan": "gentle", "zone": "America/Chicago", "send_time": "19:00"}, "19:00"),
        ("calendar", {"close": "soon"}, "Choose the day"),
        (
            "sender",
            {"name": "x", "sender_name": "evil\r\nBcc: x", "reply_to": "a@b.example", "escalate_to": ""},
            "sender",
        ),
        ("sender", {"name": "x", "sender_name": "x", "reply_to": "nobody", "escalate_to": ""}, "nobody"),
        ("mode", {"mode": "dead"}, "dead"),
    ],
)
def test_what_cannot_be_is_explained_and_changes_nothing(
    world: World, owner: TestClient, what: str, form: dict[str, str], words: str
) -> None:
    before = practice(world)
    answer = owner.post(f"/settings/1/{what}", data=form, headers=OURS)

    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text
    assert words in answer.text
    assert practice(world) == before


def test_a_plan_is_weighed_before_it_is_saved(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", date(2026, 11, 30))
    before = practice(world)
    ask = {"zone": "America/Chicago", "send_time": "08:00"}
    gentle = owner.get("/settings/1/what-if", params={**ask, "plan": "gentle"}).text
    same = owner.get("/settings/1/what-if", params={**ask, "plan": "standard"}).text
    own = owner.get("/settings/1/what-if", params={**ask, "plan": "own", "ladder": "10,5,0"}).text

    assert "+0 / -3 mails in the next 60 days" in gentle  # the days 7 and 1, and what the admins hear on day 1
    assert "+0 / -0 mails" in same
    assert "+1 / -5 mails" in own  # day 10 comes, day 5 falls where day 7 did; 14, 3, 1 and two to the admins go
    assert practice(world) == before


def test_a_plan_that_cannot_be_is_not_weighed(owner: TestClient) -> None:
    answer = owner.get(
        "/settings/1/what-if", params={"plan": "own", "ladder": "soon", "zone": "UTC", "send_time": "08:00"}
    )

    assert answer.status_code == 422
    assert owner.get("/settings/9/what-if").status_code == 404
