from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from reminder.jobs import staff
from reminder.jobs.forecast import what_changes
from reminder.mail.redaction import without_links
from reminder.policy.model import Absence, AdminRole, Kind, Role, State
from reminder.store import practices as stored
from reminder.web.sending import schedule
from tests.world import OWNER, World, chicago

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site

SEVEN_LEFT = date(2026, 10, 9)  # expires on Tuesday, December 8
SUNDAY = date(2026, 10, 21)  # expires on Sunday, December 20
EDITOR = "editor@lakeside.example"
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
THREE_DAYS = {"cycle_on": "2026-12-08", "step": "3"}


@pytest.fixture
def peopled(world: World) -> World:
    world.person("Alma Reyes", SEVEN_LEFT)
    world.person("Farah Haddad")
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    world.person("Wes Young", SEVEN_LEFT, practice=other)
    world.tick()
    world.now += timedelta(minutes=5)
    return world


def lines(page: str) -> list[str]:
    """The lines of the list in words, each with its day."""
    return [
        f"{section[1:11]} {' '.join(re.sub('<[^>]+>', ' ', item).split())}"
        for section in page.split('<h2 id="')[1:]
        for item in re.findall(r"<li.*?</li>", section.partition("</section>")[0], re.DOTALL)
    ]


def of(page: str, name: str) -> list[str]:
    return [line for line in lines(page) if name in line]


def test_each_line_says_when_to_whom_what_and_why(peopled: World, owner: TestClient) -> None:
    alma = of(owner.get("/schedule?kind=warning").text, "Alma Reyes")

    assert len(alma) == 3
    assert alma[0].startswith("2026-12-04 8:00 AM CST Alma Reyes , 4 days left")
    assert "Reminder before expiry: 3 days before Dec 8; moved from Sat, Dec 5 (weekend)" in alma[0]
    assert "1 day before Dec 8" in alma[1]
    assert "on the expiry date, Dec 8" in alma[2]


@pytest.mark.parametrize(
    ("closed", "away", "words"),
    [
        ((date(2026, 12, 4),), None, "moved from Sat, Dec 5 (weekend)"),
        ((date(2026, 12, 7),), None, "1 day before Dec 8; moved from Mon, Dec 7 (closed)"),
        ((), (date(2026, 12, 7), date(2026, 12, 7)), "1 day before Dec 8; moved from Mon, Dec 7 (away)"),
    ],
)
def test_a_moved_mail_says_from_where_and_why(
    peopled: World, owner: TestClient, closed: tuple[date, ...], away: tuple[date, date] | None, words: str
) -> None:
    with peopled.store.write() as connection:
        stored.close_on(connection, 1, closed, peopled.now)
        if away:
            leave = Absence(from_on=away[0], to_on=away[1])
            staff.pause(connection, peopled.look(1), leave, actor="test", now=peopled.now)

    assert words in owner.get("/schedule?q=alma").text


def test_a_mail_that_could_not_go_on_its_day_says_so(world: World, owner: TestClient) -> None:
    world.now = chicago("2026-12-01", "19:00")
    world.person("Alma Reyes", SEVEN_LEFT)

    assert "7 days before Dec 8; did not go on Tue, Dec 1" in owner.get("/schedule?q=alma").text


def test_the_heading_counts_what_is_listed(peopled: World, owner: TestClient) -> None:
    page = owner.get("/schedule").text
    narrowed = owner.get("/schedule?q=alma").text
    total = len(peopled.forecast(60)) - len([m for m in peopled.forecast(60) if m.practice_id == 2])

    assert f"<h1>{total} mails in the next 60 days" in page
    assert len(lines(page)) == total
    assert f"<h1>{len(lines(narrowed))} of {total} mails" in narrowed
    assert {line.split("8:00 AM CST ")[1].split(" ,")[0] for line in lines(narrowed)} == {"Alma Reyes"}


@pytest.mark.parametrize(
    ("query", "words"),
    [("kind=ask", "no date is known yet"), ("kind=digest", "once a week"), ("kind=escalation", "about Alma Reyes")],
)
def test_the_list_is_narrowed_to_one_kind(peopled: World, owner: TestClient, query: str, words: str) -> None:
    found = lines(owner.get(f"/schedule?{query}").text)

    assert found
    assert all(words in line for line in found)


def test_closed_days_between_mails_are_named(peopled: World, owner: TestClient) -> None:
    with peopled.store.write() as connection:
        stored.close_on(connection, 1, [date(2026, 12, 16)], peopled.now)
    page = owner.get("/schedule").text

    assert "Nothing goes: closed." in page
    assert "Nothing goes: Christmas Day." in page


def test_a_long_list_is_read_in_pages_that_hold_every_mail_once(
    peopled: World, owner: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = lines(owner.get("/schedule").text)
    monkeypatch.setattr(schedule, "SHOWN", 7)
    starts = range(0, len(whole), 7)
    pieces = [lines(owner.get(f"/schedule?start={start}").text) for start in starts]

    assert list(chain(*pieces)) == whole
    assert f"Mails 1 to 7 of {len(whole)}" in owner.get("/schedule").text
    assert lines(owner.get("/schedule?day=2026-12-08").text)[0].startswith("2026-12-08")
    assert "Nothing goes from that day on" in owner.get("/schedule?day=2027-06-01").text


def test_another_day_may_stand_for_today(peopled: World, owner: TestClient) -> None:
    page = owner.get("/schedule?today=2026-12-07").text

    assert "in the 60 days from Monday, December 7, 2026" in page
    assert lines(page)[0].startswith("2026-12-07")


def test_a_day_that_is_none_is_refused_in_plain_words(peopled: World, owner: TestClient) -> None:
    answer = owner.get("/schedule?today=soon")

    assert answer.status_code == 422
    assert "<title>Error: Schedule" in answer.text
    assert "Choose the day that is to count as today" in answer.text


def test_the_strip_counts_the_same_mails_by_day(peopled: World, owner: TestClient) -> None:
    page = owner.get("/schedule").text
    bars = {day: int(number) for day, number in re.findall(r"<title>\w+, (\w+ \d+): (\d+) mail", page)}
    listed = [f"{date.fromisoformat(line[:10]):%b} {date.fromisoformat(line[:10]).day}" for line in lines(page)]

    assert bars == {day: listed.count(day) for day in listed}
    assert "Fri, Dec 25: no mails (Christmas Day)" in page
    assert "Tue, Dec 1: no mails, today" in page


def previews(page: str, name: str) -> list[str]:
    return re.findall(rf'href="(/schedule/mails/[^"]+)">Preview<span class="unseen"> of the mail to {name}', page)


def test_a_preview_reads_exactly_as_the_mail_that_then_goes(peopled: World, owner: TestClient) -> None:
    links = previews(owner.get("/schedule?q=alma").text, "Alma Reyes") + previews(
        owner.get("/schedule?kind=digest").text, OWNER
    )
    shown = [owner.get(link).text.partition('<pre class="mail">')[2].partition("</pre>")[0] for link in links]
    before = len(peopled.mails)
    peopled.live(chicago("2027-01-30"), every=timedelta(hours=3))
    wanted = [m for m in peopled.mails[before:] if m.to.startswith("alma")]
    wanted += [mail for mail in peopled.mails[before:] if mail.to == OWNER and mail.kind == "digest"]

    assert len(shown) == len(links) > 10
    assert [unescape(preview).split() for preview in shown] == [without_links(mail.text).split() for mail in wanted]


def test_an_escalation_names_who_will_not_have_reset(peopled: World, owner: TestClient) -> None:
    link = previews(owner.get("/schedule?kind=escalation").text, OWNER)[0]
    page, html = owner.get(link).text, owner.get(f"{link}/html")

    assert "Alma Reyes" in page
    assert "Alma Reyes" in html.text
    assert "sandbox" in html.headers["content-security-policy"]


def test_the_first_mail_ever_is_shown_as_such(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)  # no pass has run yet
    first, second = previews(owner.get("/schedule?q=alma").text, "Alma Reyes")[:2]

    assert "registered" in owner.get(first).text
    assert owner.get(first).text.count("registered") > owner.get(second).text.count("registered")


@pytest.mark.parametrize("path", ["/schedule/mails/0123456789abcdef", "/schedule/mails/0123456789abcdef?person=1"])
def test_a_mail_that_is_not_foretold_does_not_exist(peopled: World, owner: TestClient, path: str) -> None:
    assert owner.get(path).status_code == 404


def skip(browser: TestClient, *, person: int = 1, back: bool = False, **form: str) -> tuple[int, str]:
    act = "take-back" if back else "skip"
    data = {**THREE_DAYS, **form}
    answer = browser.post(f"/schedule/people/{person}/{act}", data=data, headers={"Sec-Fetch-Site": "same-origin"})
    return answer.status_code, answer.headers.get("location", "")


def test_a_skipped_mail_is_shown_as_skipped_and_may_be_taken_back(peopled: World, owner: TestClient) -> None:
    before = owner.get("/schedule").text
    status, where = skip(owner)
    page = owner.get(where).text
    back, again = skip(owner, back=True)

    assert (status, back) == (303, 303)
    assert "Skipped. This one mail will not go" in page
    assert "Skipped by" in of(page, "3 days before Dec 8")[0]
    assert "1 mail is skipped" in page
    assert "The mail goes after all" in owner.get(again).text
    assert lines(owner.get("/schedule").text) == lines(before)


def test_a_skip_comes_back_to_what_was_looked_at(peopled: World, owner: TestClient) -> None:
    where = owner.post("/schedule/people/1/skip?q=alma&kind=warning", data=THREE_DAYS, headers=SAME_SITE).headers[
        "location"
    ]

    assert where == "/schedule?kind=warning&q=alma&done=skipped"


def test_skipping_the_last_mail_before_the_expiry_is_warned_of(peopled: World, owner: TestClient) -> None:
    skip(owner)
    page = owner.get("/schedule?q=alma").text
    preview = owner.get(previews(page, "Alma Reyes")[1]).text
    _, where = skip(owner, step="1")

    assert "No other mail goes before the password expires" in of(page, "1 day before Dec 8")[0]
    assert "nothing warns Alma Reyes in time" in preview
    assert "Now no mail goes out before the password expires" in owner.get(where).text


def test_an_older_mail_that_takes_the_place_of_a_skipped_one_is_named(world: World, owner: TestClient) -> None:
    world.now = chicago("2026-12-01", "19:00")
    world.person("Alma Reyes", SEVEN_LEFT)
    world.tick()
    _, where = skip(owner, step="7")

    assert "An older reminder that had not gone yet takes its place" in owner.get(where).text


def test_a_mail_that_may_have_left_is_not_skipped(peopled: World, owner: TestClient) -> None:
    answer = owner.post("/schedule/people/1/skip", data={**THREE_DAYS, "step": "7"}, headers=SAME_SITE)

    assert peopled.states(1)[7] is State.SENT
    assert answer.status_code == 422
    assert "Alma Reyes: this mail has been sent already, so it cannot be skipped" in answer.text


@pytest.mark.parametrize("back", [False, True])
def test_owner_and_editor_skip_a_viewer_looks_and_for_a_stranger_there_is_nobody(
    peopled: World, site: Site, back: bool
) -> None:
    owner = site.signed_in(OWNER)
    editor = site.colleague(EDITOR, role=AdminRole.EDITOR)
    viewer = site.colleague("viewer@lakeside.example")
    if back:
        skip(owner)
        skip(owner, step="1")

    assert skip(viewer, back=back)[0] == 403
    assert skip(site.signed_in("ann@desert.example"), back=back)[0] == 404
    assert skip(owner, back=back)[0] == 303
    assert skip(editor, back=back, step="1")[0] == 303
    assert "Skip<" not in viewer.get("/schedule").text
    assert "Skip<" in editor.get("/schedule").text


def test_only_the_home_practice_skips(peopled: World, site: Site) -> None:
    with peopled.store.write() as connection:
        other = stored.load(connection, [2])[2]
        wanted = staff.Registration(name="Alma Reyes", email="alma.reyes@lakeside.example", role=Role.SURROGATE)
        staff.register(connection, other, wanted, by="Ann", actor="test", now=peopled.now)
    ann = site.signed_in("ann@desert.example")

    assert skip(ann)[0] == 404
    assert "Lakeside" not in ann.get("/schedule").text
    assert not of(ann.get("/schedule?kind=warning").text, "Alma Reyes")


def test_what_another_plan_changes_is_told_mail_by_mail(peopled: World) -> None:
    with peopled.store.read() as connection:
        practice = stored.load(connection, [1])[1]
        instead = replace(practice, schedule=replace(practice.schedule, ladder=(5, 3, 0)))
        more, fewer = what_changes(connection, peopled.now, instead)
        same = what_changes(connection, peopled.now, practice)

    assert same == ([], [])
    assert [(m.local.date(), m.step) for m in more if m.kind is Kind.WARNING] == [(date(2026, 12, 3), 5)]
    assert [(m.local.date(), m.step) for m in fewer if m.kind is Kind.WARNING] == [(date(2026, 12, 7), 1)]
