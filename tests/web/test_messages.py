from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.jobs.services import MailLimits
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.policy.model import AdminRole, State
from reminder.store import people, system
from tests.web.conftest import Site
from tests.world import World, chicago

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from reminder.store.engine import Store

OURS = {"Sec-Fetch-Site": "same-origin"}
SEVEN_LEFT = date(2026, 10, 9)
SPAM = Verdict(outcome=Outcome.REFUSED_CONTENT, stage=Stage.DOT, code=554, reply="5.7.1 spam")
NOBODY = Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="5.1.1 no such user")
BROKEN = Verdict(outcome=Outcome.IN_DOUBT, stage=Stage.DOT, reply="the connection broke", usable=False)


@pytest.fixture
def failed(world: World) -> int:
    """The number of a mail that the server refused."""
    world.person("Alma Reyes", SEVEN_LEFT)
    world.transport.answers.append(SPAM)
    world.tick()
    return world.reminders(state="failed")[0].id


def hold(world: World) -> None:
    with world.store.write() as connection:
        system.set_hold(connection, system.Hold(reason="a backup was restored", cure="look", since_at=world.now))


def table(page: str) -> str:
    return page.partition("<tbody>")[2]


def test_what_failed_stands_first_with_its_meaning_and_is_sent_again(
    world: World, owner: TestClient, failed: int
) -> None:
    page = owner.get("/messages").text
    answer = owner.post(f"/messages/{failed}/resend", headers=OURS)
    world.tick()

    assert "1 mail needs a look" in page
    assert "We could not send (our side)" in page
    assert "554 5.7.1 spam" in page
    assert "It goes with the next pass" in owner.get(answer.headers["location"]).text
    assert [mail.to for mail in world.mails] == ["alma.reyes@lakeside.example"]
    assert "needs a look" not in owner.get("/messages").text


def test_only_editors_of_the_practice_send_again(world: World, site: Site, failed: int) -> None:
    world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    viewer = site.colleague("viewer@lakeside.example")
    stranger = site.signed_in("ann@desert.example")

    assert "Send it again" not in viewer.get("/messages").text
    assert viewer.post(f"/messages/{failed}/resend", headers=OURS).status_code == 403
    assert stranger.post(f"/messages/{failed}/resend", headers=OURS).status_code == 404
    assert "Alma" not in stranger.get("/messages?box=failed").text


def test_a_mail_that_has_gone_meanwhile_is_not_sent_twice(world: World, owner: TestClient, failed: int) -> None:
    owner.post(f"/messages/{failed}/resend", headers=OURS)
    world.tick()
    again = owner.post(f"/messages/{failed}/resend", headers=OURS)

    assert "Nothing was sent again" in owner.get(again.headers["location"]).text
    assert world.tick().sent == 0


def test_all_failed_mails_of_a_kind_are_sent_again_at_once(world: World, site: Site, owner: TestClient) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    for number, practice in enumerate((1, 1, 1, other)):
        world.person(f"Person {'ABCD'[number]}", SEVEN_LEFT, practice=practice)
    world.transport.answers.extend([SPAM] * 4)
    world.tick(chicago("2026-12-01", "09:30"))
    page = owner.get("/messages").text
    refused = site.colleague("viewer@lakeside.example").post(
        "/messages/resend-failed", data={"kind": "warning"}, headers=OURS
    )
    owner.post("/messages/resend-failed", data={"kind": "warning"}, headers=OURS)
    left = world.reminders(state="failed")
    tally = world.tick()

    assert "Send all 3 again" in page
    assert refused.status_code == 403
    assert [row.practice_id for row in left] == [other]
    assert tally.sent == 3
    assert owner.post("/messages/resend-failed", data={"kind": "poem"}, headers=OURS).status_code == 404


def test_a_held_queue_is_released_by_an_owner_after_the_list(world: World, site: Site, owner: TestClient) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    world.person("Alma Reyes", SEVEN_LEFT)
    world.person("Ben Okafor", SEVEN_LEFT)
    world.person("Wes Young", SEVEN_LEFT, practice=other)
    hold(world)
    world.tick(chicago("2026-12-01", "09:30"))
    page, listed = owner.get("/messages").text, owner.get("/messages/release").text
    editor = site.colleague("editor@lakeside.example", role=AdminRole.EDITOR)
    refused = [editor.get("/messages/release").status_code, editor.post("/messages/release", headers=OURS).status_code]
    told = editor.get("/messages").text
    still_held = world.tick().sent
    owner.post("/messages/release", headers=OURS)

    assert "Sending is held" in page
    assert "A backup was restored" in page
    assert "<h1>2 mails wait</h1>" in listed
    assert "2 addresses" in listed
    assert "1 more mail waits on this server" in listed
    assert "First: look." in listed
    assert "release 3 mails" in listed
    assert "Desert Bloom" not in listed
    assert "An owner of the practice can release it" in told
    assert refused == [403, 403]
    assert still_held == 0
    assert world.tick().sent == 3
    assert "Sending is not held" in owner.get("/messages/release").text


def test_a_mail_in_doubt_says_so_and_waits_for_a_decision(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    world.transport.answers.extend([BROKEN, BROKEN])
    world.tick()
    first = owner.get("/messages").text
    world.tick(world.now + timedelta(minutes=30))
    page = owner.get("/messages?box=in-doubt").text

    assert "May not have arrived" in first
    assert "1 mail needs a look" in page
    assert "not again by itself" in page
    assert "Send it again" in page


def test_whom_no_mail_reaches_is_listed_with_the_cure(world: World, site: Site, owner: TestClient) -> None:
    world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    key = world.person("Alma Reyes", SEVEN_LEFT)
    second = world.person("Ben Okafor", SEVEN_LEFT, second_email="ben@home.example")
    world.transport.answers.extend([NOBODY, NOBODY])
    world.tick()
    page = owner.get("/messages?box=unreachable").text

    assert "Address does not exist" in owner.get("/messages?box=failed").text
    assert f'href="/people/{key}">Correct the address' in page
    assert "There is no such mailbox" in page
    assert "5.1.1 no such user" in page
    assert f"/people/{second}" not in page
    assert "Alma" not in site.signed_in("ann@desert.example").get("/messages?box=unreachable").text


def test_sending_again_tries_the_address_that_was_refused_and_no_other(world: World, owner: TestClient) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT, second_email="alma@home.example")
    world.transport.answers.extend([NOBODY, NOBODY])
    world.tick()
    world.tick()
    refused = world.look(key)
    second = world.reminders(recipient="alma@home.example")[0]
    owner.post(f"/messages/{second.id}/resend", headers=OURS)
    after = world.look(key)

    assert refused.address is None
    assert (after.address, after.email_refused_at) == ("alma@home.example", refused.email_refused_at)


def test_the_outbox_says_when_and_what_holds_it(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    world.transport.answers.append(
        Verdict(outcome=Outcome.DEFERRED, stage=Stage.RCPT, code=450, reply="4.7.1 greylisted")
    )
    world.tick()
    page = table(owner.get("/messages?box=outbox").text)

    assert "Inbox not accepting mail right now" in page
    assert "expires Tue, Dec 8" in page
    assert "Tue, Dec 1, 8:" in page
    assert "CST" in page
    assert "The server asks to come back later" in page


def test_with_a_limit_the_page_says_when_the_last_one_leaves(sqlite_store: Store) -> None:
    world = World(sqlite_store, chicago("2026-12-01"), limits=MailLimits(minute=2))
    world.practice()
    for letter in "ABCDE":
        world.person(f"Person {letter}", SEVEN_LEFT)
    world.tick()
    page = Site(world).signed_in("dana@lakeside.example").get("/messages?box=outbox").text

    assert "takes 2 mails a minute" in page
    assert "the last one leaves by Tue, Dec 1, 8:02 AM CST" in page


def test_messages_are_searched_by_person(world: World, owner: TestClient) -> None:
    for name in ("Alma Reyes", "Ben Okafor", "Percent 100%"):
        world.person(name, SEVEN_LEFT, email=f"{name.split()[0].lower()}@lakeside.example")
    world.tick()

    found = {
        q: [name for name in ("Alma", "Ben", "Percent") if name in table(owner.get(f"/messages?box=sent&q={q}").text)]
        for q in ("REYES", "ben%40", "%25", "nobody")
    }
    assert found == {"REYES": ["Alma"], "ben%40": ["Ben"], "%25": ["Percent"], "nobody": []}


def test_long_boxes_come_in_pages_that_hold_each_mail_once(world: World, owner: TestClient) -> None:
    for number in range(53):
        world.person("Person", SEVEN_LEFT, email=f"p{number:03}@lakeside.example")
    world.tick()
    first = owner.get("/messages?box=sent").text
    link = first.rpartition('href="/messages?box=sent&amp;q=&amp;after=')[2].partition('"')[0]
    second = owner.get(f"/messages?box=sent&after={link}").text
    seen = [f"p{number:03}@" for number in range(53) for page in (first, second) if f"p{number:03}@" in table(page)]

    assert len(seen) == 53
    assert "The next 50" not in second
    assert "Back to the first" in second
    assert owner.get("/messages?box=sent&after=nonsense").status_code == 200
    assert table(first).count("<tr>") == 50


def test_called_off_and_overtaken_mails_are_in_all(world: World, owner: TestClient) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    hold(world)
    world.tick()
    world.reset(key, date(2026, 12, 1))
    everything = table(owner.get("/messages?box=all").text)

    assert "Called off" in everything
    assert table(owner.get("/messages?box=sent").text) == ""
    assert [row.state for row in world.reminders(person_id=key)].count(State.CANCELLED) == 1


def test_a_trial_mail_says_whom_it_is_for_and_leaves_the_person_alone(world: World, site: Site) -> None:
    practice = world.practice("Trial Clinic", owner="kim@trial.example", live=False)
    key = world.person("Alma Reyes", SEVEN_LEFT, practice=practice)
    world.transport.answers.append(SPAM)
    world.tick()
    with world.store.write() as connection:
        people.change(connection, key, {"email_refused_at": world.now})
    kim = site.signed_in("kim@trial.example")
    page = kim.get("/messages").text
    number = world.reminders(state="failed")[0].id
    kim.post(f"/messages/{number}/resend", headers=OURS)

    assert "Alma Reyes" in page
    assert "trial, to kim@trial.example" in page
    assert world.look(key).email_refused_at is not None
