"""One person's page: where they stand, how we know, what comes, what happened; seen from each of their practices."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.jobs.confirm import record_by_admin
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.policy.model import AdminRole, Role
from reminder.store import admins
from tests.web.browsing import SAME_SITE, press
from tests.web.example import take_roster
from tests.world import OWNER, World, chicago

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site

SEVEN_LEFT = date(2026, 10, 9)
ANN = "ann@desert.example"


@pytest.fixture
def shared(world: World) -> int:
    """Alma, at home in Lakeside, a surrogate in Desert Bloom."""
    key = world.person("Alma Reyes", SEVEN_LEFT)
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner=ANN)
    world.person("Alma Reyes", practice=other, role=Role.SURROGATE)
    return key


def test_the_page_says_at_once_where_somebody_stands(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    page = owner.get("/people/1").text

    assert "Due soon" in page
    assert "7 days left" in page
    assert "Tuesday, December 8, 2026" in page
    assert "Last safe day: Monday, December 7, 2026" in page


def test_the_page_says_where_the_date_comes_from(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes")
    unknown = owner.get("/people/1").text
    press(owner, "/people/1/reset", when="date", date="2026-11-20")
    entered = owner.get("/people/1").text
    press(owner, "/people/1/reset", when="days_left", days_left="40")
    read = owner.get("/people/1").text

    assert "We do not know when the password was last changed" in unknown
    assert "entered by dana on Tue, Dec 1, 8:00 AM CST" in entered
    assert "read from I&amp;A by dana" in read


def test_a_date_from_a_list_names_the_list(world: World, owner: TestClient) -> None:
    take_roster(world, b"Name,Email,Role,Last reset\nBen Okafor,ben@lakeside.example,AM,2026-11-20\n")
    page = owner.get("/people/1").text

    assert "from a list (roster.csv)" in page
    assert 'href="/people/imports/1"' in page


def test_a_date_that_the_person_confirmed_names_the_person(world: World, owner: TestClient, site: Site) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    world.tick()
    site.visitor().post(world.mails[0].link, data={"when": "today"}, headers=SAME_SITE)

    assert "confirmed by Alma Reyes on" in owner.get("/people/1").text


def test_the_next_mails_are_the_ones_that_will_go(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    page = owner.get("/people/1").text.partition("Next mails")[2].partition("<h2>")[0]

    assert "Fri, Dec 4, 8:00 AM CST" in page
    assert "4 days left" in page


def test_an_address_that_is_refused_is_told_with_its_one_action(world: World, owner: TestClient, site: Site) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    answer = Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="5.1.1 no such user")
    world.transport.answers.append(answer)
    world.tick()
    page = owner.get("/people/1").text

    assert "Mail to alma.reyes@lakeside.example comes back" in page
    assert 'href="/people/1?open=edit#email"' in page
    assert "no such user" in page
    assert "Correct the address" not in site.colleague("viewer@lakeside.example").get("/people/1").text


def test_somebody_who_lapses_while_away_is_told(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    press(owner, "/people/1/pause", from_on="2026-12-04", to_on="2026-12-20")

    assert "runs out while they are away" in owner.get("/people/1").text


def test_what_happened_is_told_in_words_with_who_and_when(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    world.tick()
    press(owner, "/people/1/reset", when="today")
    press(owner, "/people/1/undo")
    press(owner, "/people/1/pause", from_on="2026-12-14", to_on="2026-12-18")
    press(owner, "/people/1/back", absence="1")
    press(owner, "/people/1/edit", name="Alma Gold", email="alma.reyes@lakeside.example")
    page = " ".join(owner.get("/people/1").text.partition("What happened")[2].split())

    for words in (
        'Reminder before expiry</a> <span class="what">Sent',
        'Reset on Tuesday, December 1, 2026 <span class="what">entered by dana',
        'Reset of Tuesday, December 1, 2026 taken back <span class="what">by dana',
        'Noted: away from Mon, Dec 14, 2026 to Fri, Dec 18, 2026 <span class="what">by dana',
        "Ended the absence from Mon, Dec 14, 2026",
        "Changed name",
        "Dec 1, 2026, 8:00 AM CST",
    ):
        assert words in page


def test_a_reminder_is_sent_at_once_and_never_a_second_one_that_day(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", date(2026, 11, 20))
    sent = press(owner, "/people/1/send-now")
    world.tick()
    again = owner.post("/people/1/send-now", headers=SAME_SITE)

    assert sent == 303
    assert [mail.to for mail in world.mails] == ["alma.reyes@lakeside.example"]
    assert "49 days left" in world.mails[0].text
    assert again.status_code == 422
    assert "was mailed today already" in again.text


def test_who_is_away_gets_no_reminder_by_hand(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", date(2026, 11, 20))
    press(owner, "/people/1/pause", from_on="2026-12-01", to_on="2026-12-04")
    answer = owner.post("/people/1/send-now", headers=SAME_SITE)

    assert answer.status_code == 422
    assert "is away today" in answer.text
    assert world.reminders() == []


def test_steps_that_were_over_before_anything_was_written_are_not_told(world: World, owner: TestClient) -> None:
    world.person("Karin Jaeger", date(2026, 9, 3))
    world.tick()
    page = owner.get("/people/1").text

    assert len(world.reminders(state="superseded")) > 3
    assert "Overtaken" not in page
    assert page.partition("What happened")[2].count("Reminder after expiry") == 1


def test_a_viewer_reads_everything_and_finds_no_button(world: World, site: Site) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    page = site.colleague("viewer@lakeside.example").get("/people/1").text

    assert "7 days left" in page
    assert "What you can do" not in page
    assert "<form" not in page.partition("<main")[2]


def test_nobody_sees_which_other_practices_a_person_has(world: World, site: Site, shared: int) -> None:
    world.tick()
    dana, ann = (site.signed_in(who).get(f"/people/{shared}").text for who in (OWNER, ANN))

    assert "Desert Bloom" not in dana
    assert "Lakeside" not in ann.replace("lakeside.example", "")
    assert "Their mails go out from another practice" in ann
    assert "Reminder before expiry" in dana
    assert "Reminder before expiry" not in ann.partition("What happened")[2]


def test_who_recorded_a_reset_elsewhere_is_not_named(world: World, site: Site, shared: int) -> None:
    ann = site.signed_in(ANN)
    press(ann, f"/people/{shared}/reset", when="today")

    assert "entered by ann" in ann.get(f"/people/{shared}").text
    assert "entered by an admin" in site.signed_in(OWNER).get(f"/people/{shared}").text


def test_a_guest_practice_records_and_takes_back_its_own_and_changes_no_address(
    world: World, site: Site, shared: int
) -> None:
    ann, path = site.signed_in(ANN), f"/people/{shared}"
    others = press(ann, f"{path}/undo")
    page = ann.get(path).text
    edited = press(ann, f"{path}/edit", name="Alma Gold", email="gold@desert.example")
    recorded = press(ann, f"{path}/reset", when="today")
    own = press(ann, f"{path}/undo")

    assert (others, edited, recorded, own) == (422, 422, 303, 303)
    assert "It was recorded elsewhere" in page
    assert "home may change these" in page
    assert world.look(shared).name == "Alma Reyes"


def test_a_guest_practice_sends_nothing_in_the_homes_name(world: World, site: Site, shared: int) -> None:
    ann = site.signed_in(ANN)

    assert press(ann, f"/people/{shared}/send-now") == 422
    assert "Send a reminder now" not in ann.get(f"/people/{shared}").text
    assert world.reminders() == []


def test_the_home_may_take_back_what_a_guest_recorded(world: World, site: Site, shared: int) -> None:
    press(site.signed_in(ANN), f"/people/{shared}/reset", when="today")

    assert press(site.signed_in(OWNER), f"/people/{shared}/undo") == 303
    assert world.look(shared).reset_on == SEVEN_LEFT


def test_a_guest_practice_cannot_take_the_home(world: World, site: Site, shared: int) -> None:
    assert press(site.signed_in(ANN), f"/people/{shared}/home", practice="2") == 422
    assert press(site.signed_in(ANN), f"/people/{shared}/home", practice="1") == 404
    assert world.look(shared).home_id == 1


@pytest.fixture
def both(world: World, site: Site, shared: int) -> TestClient:
    """Dana, who looks after both practices."""
    with world.store.write() as connection:
        dana = admins.with_email(connection, OWNER)
        assert dana is not None
        admins.grant(connection, dana.id, 2, AdminRole.EDITOR)
    return site.signed_in(OWNER)


def test_who_looks_after_both_chooses_home_and_roles(world: World, both: TestClient, shared: int) -> None:
    page = both.get(f"/people/{shared}").text
    moved = press(both, f"/people/{shared}/home", practice="2")
    changed = press(both, f"/people/{shared}/role", practice="2", role="AM")

    assert "Role in Desert Bloom" in page
    assert (moved, changed) == (303, 303)
    assert world.look(shared).home_id == 2
    assert "Access Manager (AM), home" in both.get(f"/people/{shared}").text


def test_somebody_is_registered_in_another_practice_of_the_viewer(world: World, both: TestClient) -> None:
    key = world.person("Ben Okafor", SEVEN_LEFT)
    page = both.get(f"/people/{key}").text
    joined = press(both, f"/people/{key}/join", practice="2", role="Surrogate")
    again = press(both, f"/people/{key}/join", practice="2", role="Surrogate")

    assert "Also works at" in page
    assert (joined, again) == (303, 422)
    assert "Surrogate" in both.get(f"/people/{key}").text


def test_nobody_is_registered_in_a_practice_that_is_not_the_viewers(
    world: World, site: Site, owner: TestClient, shared: int
) -> None:
    key = world.person("Ben Okafor", SEVEN_LEFT)

    assert press(owner, f"/people/{key}/join", practice="2", role="AM") == 404


def test_a_role_where_the_viewer_may_only_look_is_refused(world: World, site: Site, shared: int) -> None:
    with world.store.write() as connection:
        dana = admins.with_email(connection, OWNER)
        assert dana is not None
        admins.grant(connection, dana.id, 2, AdminRole.VIEWER)

    assert press(site.signed_in(OWNER), f"/people/{shared}/role", practice="2", role="AM") == 403


def test_a_practice_that_somebody_left_learns_nothing_new(world: World, site: Site, shared: int) -> None:
    ann = site.signed_in(ANN)
    press(ann, f"/people/{shared}/remove")
    world.now += timedelta(days=1)
    press(site.signed_in(OWNER), f"/people/{shared}/reset", when="today")
    page = ann.get(f"/people/{shared}").text

    assert "Left Desert Bloom" in page
    assert "December 2" not in page
    assert "January 31" not in page


def test_the_mail_opens_with_its_state_and_the_servers_answer_in_words(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    world.tick()
    page = owner.get("/mails/1").text

    assert "Mail to Alma Reyes" in page
    assert "Reminder before expiry" in page
    assert "Dec 1, 2026, 8:00 AM CST" in page
    assert "The mail server took it." in page
    assert "250 kept in memory" in page


def test_a_mail_that_was_refused_says_why_in_words(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    answer = Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="5.1.1 no such user")
    world.transport.answers.append(answer)
    world.tick(chicago("2026-12-01"))
    page = owner.get("/mails/1").text

    assert "Address does not exist" in page
    assert "The server said: 550 5.1.1 no such user" in page
    assert "refused_recipient" not in page


def test_a_reset_is_not_told_with_a_name_when_the_recorder_left(world: World, owner: TestClient) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    with world.store.write() as connection:
        person = world.look(key)
        record_by_admin(connection, person, actor="admin:99", now=world.now, practice_id=1, reset_on=date(2026, 11, 30))

    assert "entered by an admin" in owner.get("/people/1").text
