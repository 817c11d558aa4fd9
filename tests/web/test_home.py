from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.jobs import confirm, staff
from reminder.jobs.estimate import estimated_by_day
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.policy.model import Absence, Role
from reminder.store import practices, system
from reminder.store.backups import LAST_BACKUP
from reminder.web import home
from reminder.web.words import ago
from tests.world import CHICAGO, OWNER, World, chicago

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import Mail

TODAY = date(2026, 12, 1)
AO = Role.AUTHORIZED_OFFICIAL


def with_left(days: int) -> date:
    """The reset of a password that has so many days left today."""
    return TODAY - timedelta(days=60 - days)


def heading(browser: TestClient) -> str:
    return browser.get("/").text.partition("<h1>")[2].partition("</h1>")[0]


def needs(browser: TestClient) -> list[str]:
    """What needs the viewer, each in words with its action."""
    part = browser.get("/").text.partition('<ul class="list needs">')[2].partition("</ul>")[0]
    return [" ".join(re.sub("<[^>]+>", " ", item).split()) for item in re.findall(r"<li>.*?</li>", part, re.DOTALL)]


def press(world: World, mail: Mail, *, disputed: bool = False) -> None:
    """Follow a person's link: they say that they need no account, or that a reset was not theirs."""
    token = world.services.links.read(mail.link.removeprefix("/r/"))
    with world.store.write() as connection:
        seen = confirm.visit(connection, token, world.now)
        assert seen is not None
        if disputed:
            number = confirm.confirm_date(connection, seen, TODAY, world.now)
            again = confirm.visit(connection, token, world.now)
            assert again is not None
            assert number is not None
            confirm.take_back(connection, again, number, world.now, disputed=True)
        else:
            confirm.not_needed(connection, seen, world.now)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([], "No one is registered yet"),
        ([40], "The one login is good until Sunday, January 10, 2027"),
        ([40, 50], "All 2 logins are good until Sunday, January 10, 2027"),
        ([40, 5], "1 of 2 people needs attention"),
        ([5, -3, 40], "2 of 3 people need attention"),
    ],
)
def test_one_sentence_says_whether_anything_is_wrong(
    world: World, owner: TestClient, days: list[int], words: str
) -> None:
    for number, left in enumerate(days):
        world.person(f"Person {number}", with_left(left))
    world.tick()

    assert heading(owner) == words


def test_reminders_that_do_not_run_are_the_first_thing_said(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", with_left(5))
    world.tick()
    world.now += timedelta(minutes=11)

    assert heading(owner) == "Reminders are not running"


def test_a_held_queue_comes_before_all_people(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", with_left(-5))
    world.tick()
    with world.store.write() as connection:
        system.set_hold(connection, system.Hold(reason="the server refuses us", cure="look", since_at=world.now))

    assert heading(owner) == "Sending is held"
    assert needs(owner)[0].startswith("To do Sending is held no mail goes until it is released See what waits")
    assert "Alma Reyes" in needs(owner)[1]


def test_the_worst_come_first_each_with_one_action(world: World, owner: TestClient) -> None:
    world.person("Vera Due", with_left(6))
    world.person("Karin Expired", with_left(-5))
    world.person("Farah Unknown")
    away = world.person("Marco Away", with_left(20))
    with world.store.write() as connection:
        leave = Absence(from_on=TODAY + timedelta(days=10), to_on=TODAY + timedelta(days=30))
        staff.pause(connection, world.look(away), leave, actor="test", now=world.now)
    world.person("Ben Fine", with_left(50))
    world.tick()

    assert needs(owner) == [
        "Expired Karin Expired expired 5 days ago Record a reset : Karin Expired",
        "Due soon Vera Due 6 days left Record a reset : Vera Due",
        "Up to date Marco Away 20 days left; will lapse while away Print a call sheet : Marco Away",
        "Date unknown Farah Unknown no date is known Ask again : Farah Unknown",
    ]


def test_somebody_whom_no_mail_reaches_is_a_task(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", with_left(7))
    refused = Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="5.1.1 no such user")
    world.transport.answers.append(refused)
    world.tick()

    assert "1 mail could not be sent See which" in needs(owner)[0]
    assert "no mail reaches them Correct the address" in needs(owner)[1]


def test_what_people_said_is_a_task_until_it_is_settled(world: World, owner: TestClient) -> None:
    alma, ben = world.person("Alma Reyes", with_left(7)), world.person("Ben Okafor", with_left(7))
    world.tick()
    press(world, next(mail for mail in world.mails if mail.to.startswith("alma")))
    press(world, next(mail for mail in world.mails if mail.to.startswith("ben")), disputed=True)
    world.tick()
    said = needs(owner)
    with world.store.write() as connection:
        home_practice = practices.load(connection, [1])[1]
        staff.remove(connection, world.look(alma), home_practice, actor="test", now=world.now)
    world.now += timedelta(minutes=1)
    world.reset(ben, TODAY - timedelta(days=1))

    assert any("Alma Reyes says the account is no longer needed Remove or keep" in line for line in said)
    assert any("Ben Okafor says a recorded reset was not theirs" in line for line in said)
    assert len(said) == 2  # nobody twice
    assert needs(owner) == []


def test_no_more_than_eight_are_shown_and_the_rest_is_a_link_away(world: World, owner: TestClient) -> None:
    for number in range(11):
        world.person(f"Person {number:02}", with_left(number - 5))
    world.tick()

    assert len(needs(owner)) == 8
    assert "See all 11 people who need attention" in owner.get("/").text


def test_a_person_of_two_practices_counts_once(world: World, owner: TestClient, site: Site) -> None:
    key = world.practice("Desert Bloom", zone="America/Phoenix")
    for practice in (1, key):
        world.person("Kofi Mensah", with_left(4), practice=practice)
    world.tick()

    assert heading(owner) == "1 of 1 people needs attention"
    assert len(needs(owner)) == 1


@pytest.mark.parametrize(
    ("officials", "words"),
    [
        ([6], "the last AO or AM login is about to expire"),
        ([-2], "no AO or AM login works"),
        ([8], None),
        ([6, 40], None),
    ],
)
def test_a_practice_about_to_lose_its_last_official_is_told_so(
    world: World, owner: TestClient, officials: list[int], words: str | None
) -> None:
    for number, left in enumerate(officials):
        world.person(f"Official {number}", with_left(left), role=AO)
    world.tick()
    page = owner.get("/").text

    assert ("new access and new connections wait" in page) is (words is not None)
    assert f"Lakeside Family Medicine: {words}" in page or words is None
    assert "payment" not in page


def test_a_practice_without_an_official_gets_a_line(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", with_left(40))

    assert "no AO or AM is registered" in owner.get("/").text


def test_what_goes_next_and_the_last_check_are_said_in_words(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", with_left(7))
    world.person("Ben Okafor", with_left(7))
    before = owner.get("/").text
    world.tick()
    world.now += timedelta(minutes=2)
    after = owner.get("/").text

    assert "Today: 2 mails at 8:00 AM CST" in before
    assert "Friday, December 4, 2026: 3 mails at 8:00 AM CST" in after
    assert "Last check 2 minutes ago" in after


@pytest.mark.parametrize(
    ("hours", "words", "is_trouble"),
    [
        (None, "The first backup is made within a day", False),
        (26.1, "The last backup was made", True),
        (25.9, "Last backup", False),
    ],
)
def test_a_backup_that_is_old_is_trouble(
    world: World, owner: TestClient, hours: float | None, words: str, is_trouble: bool
) -> None:
    if hours is not None:
        with world.store.write() as connection:
            system.put(connection, LAST_BACKUP, (world.now - timedelta(hours=hours)).isoformat())
    page = owner.get("/").text

    assert words in page
    assert ("wrong-text" in page) is is_trouble


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (chicago("2026-12-02", "11:59"), "just now"),
        (chicago("2026-12-02", "11:58"), "1 minute ago"),
        (chicago("2026-12-02", "11:00"), "59 minutes ago"),
        (chicago("2026-12-02", "10:59"), "this morning at 10:59 AM CST"),
        (chicago("2026-12-02", "03:10"), "this morning at 3:10 AM CST"),
        (chicago("2026-12-01", "23:50"), "yesterday at 11:50 PM CST"),
        (chicago("2026-11-30", "03:10"), "on Mon, Nov 30, 3:10 AM CST"),
    ],
)
def test_moments_of_the_past_in_words(at: object, words: str) -> None:
    now = chicago("2026-12-02", "11:59") + timedelta(seconds=30)

    assert ago(at, now, CHICAGO) == words  # type: ignore[arg-type]
    assert ago(chicago("2026-12-02", "12:30"), chicago("2026-12-02", "20:00"), CHICAGO).startswith("today at 12:30 PM")


def test_the_page_refreshes_a_part_of_itself(world: World, owner: TestClient) -> None:
    page = owner.get("/").text
    part = page.partition('<div id="now"')[2].partition(">")[0]

    assert 'hx-trigger="every 60s"' in part
    assert 'hx-select="#now"' in part


def test_a_viewer_sees_what_is_wrong_but_nothing_to_press(world: World, site: Site) -> None:
    world.person("Farah Unknown")
    world.person("Vera Due", with_left(6))
    world.tick()
    lines = needs(site.colleague("viewer@lakeside.example"))

    assert lines == ["Due soon Vera Due 6 days left", "Date unknown Farah Unknown no date is known"]


def test_a_stranger_sees_only_their_own(world: World, site: Site) -> None:
    world.person("Vera Due", with_left(6), role=AO)
    world.practice("Desert Bloom", owner="ann@desert.example")
    world.tick()
    page = site.signed_in("ann@desert.example").get("/").text

    assert "No one is registered yet" in page
    assert "Vera" not in page
    assert "Lakeside" not in page


def test_a_person_can_be_asked_again_from_here(world: World, owner: TestClient) -> None:
    world.person("Farah Unknown")
    world.tick()
    world.now = chicago("2026-12-02", "09:00")
    page = owner.get("/").text

    assert 'action="/people/1/send-now"' in page


def test_very_many_people_are_counted_by_their_dates(
    world: World, owner: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        world.person(f"Person {number}", with_left(5 * number - 10))
    world.tick()
    world.now += timedelta(minutes=1)
    exact = Counter(mail.local.date() for mail in world.forecast(60) if mail.to != OWNER)
    with world.store.read() as connection:
        counted = estimated_by_day(connection, practices.load(connection).values(), world.now, days=60)
    monkeypatch.setattr(home, "EXACT_UP_TO", 11)
    page = owner.get("/").text

    assert counted == exact
    assert f"About {counted.total()} mails, counted from the expiry dates" in page
