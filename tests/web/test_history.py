from __future__ import annotations

import ast
import csv
import io
import re
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import reminder
from reminder.jobs import staff
from reminder.jobs.confirm import confirm_date, visit
from reminder.policy.model import Absence, AdminRole, Role
from reminder.store import admins, events, people, practices
from reminder.web.actions import ACTIONS, GROUPS, sentence
from tests.web.example import take_roster
from tests.world import chicago

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

OURS = {"Sec-Fetch-Site": "same-origin"}
SEVEN_LEFT = date(2026, 10, 9)
DESERT = "ann@desert.example"


def recorded_actions() -> set[str]:
    """Return every action word that the source hands to the audit log: texts such as `reset.recorded`, and constants
    that stand for one, in a call that records or in an assignment to `action`.
    """
    trees = [ast.parse(path.read_text("utf-8")) for path in Path(reminder.__file__).parent.rglob("*.py")]
    constants = {
        ast.unparse(node.targets[0]): words_in(node.value, {})
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    found: set[str] = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("record"):
            found |= words_in(node, constants)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "action":
            found |= words_in(node.value, constants)
    return found


def words_in(node: ast.AST, constants: Mapping[str, set[str]]) -> set[str]:
    inner = list(ast.walk(node))
    texts = {one.value for one in inner if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    named = [constants.get(one.id, set()) for one in inner if isinstance(one, ast.Name)]
    return {text for text in texts if re.fullmatch(r"[a-z_]+\.[a-z_]+", text)}.union(*named)


def test_every_action_that_is_recorded_has_its_words() -> None:
    assert {"reset.recorded", "practice.schedule", "mail.resent_all"} <= recorded_actions()
    assert recorded_actions() - set(ACTIONS) == set()


def test_no_words_stand_for_an_action_that_nobody_records() -> None:
    assert set(ACTIONS) - recorded_actions() == set()
    assert {action.group for action in ACTIONS.values()} == set(GROUPS)


def table(page: str) -> str:
    return page.partition("<tbody>")[2]


def test_the_history_says_who_did_what_to_whom_and_when(world: World, owner: TestClient) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    owner.post(f"/people/{key}/reset", data={"when": "date", "date": "2026-11-20"}, headers=OURS)
    page = table(owner.get("/history").text)

    assert "Recorded a reset of Fri, Nov 20, 2026 (entered by an admin)" in page
    assert f'<a href="/people/{key}">Alma Reyes</a>' in page
    assert "dana" in page
    assert "Tue, Dec 1, 2026" in page
    assert "8:00 AM CST" in page


def test_a_change_shows_what_stood_there_before(world: World, owner: TestClient) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    form = {"name": "Alma Cruz", "email": "alma.reyes@lakeside.example", "role": "SEU"}
    owner.post(f"/people/{key}/edit", data=form, headers=OURS)
    page = table(owner.get("/history").text)

    assert "Changed name" in page
    assert "<del>Alma Reyes</del>" in page
    assert "<ins>Alma Cruz</ins>" in page


def test_a_viewer_reads_the_history_and_a_stranger_reads_another(world: World, site: Site) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner=DESERT)
    world.person("Alma Reyes", SEVEN_LEFT)
    world.person("Wes Young", SEVEN_LEFT, practice=other)
    viewer = table(site.colleague("viewer@lakeside.example").get("/history").text)
    stranger = site.signed_in(DESERT).get("/history").text

    assert "Alma Reyes" in viewer
    assert "Undo" not in viewer
    assert "Wes" not in viewer
    assert "Wes Young" in stranger
    assert "Alma" not in stranger
    assert "Lakeside" not in stranger


@pytest.fixture
def shared(world: World) -> int:
    """Somebody at home in the first practice who joined the second one on December 5."""
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner=DESERT)
    key = world.person("Alma Reyes", SEVEN_LEFT)
    pause(world, key, "admin:1", date(2026, 12, 20))
    world.now = chicago("2026-12-05")
    with world.store.write() as connection:
        home = practices.load(connection, [other])[other]
        joining = staff.Registration(name="Alma Reyes", email="alma.reyes@lakeside.example", role=Role.SURROGATE)
        staff.register(connection, home, joining, by="Ann", actor="admin:2", now=world.now)
    return key


def pause(world: World, key: int, actor: str, from_on: date) -> None:
    with world.store.write() as connection:
        person = people.load(connection, [key])[key]
        staff.pause(connection, person, Absence(from_on=from_on, to_on=from_on), actor=actor, now=world.now)


def test_of_a_person_in_two_practices_each_reads_what_happened_while_they_were_there(
    world: World, site: Site, shared: int
) -> None:
    pause(world, shared, "admin:1", date(2026, 12, 28))
    with world.store.write() as connection:
        link = world.services.links.confirm(shared, "2026-12-08", "alma.reyes@lakeside.example")
        seen = visit(connection, world.services.links.read(link.rpartition("/")[2]), world.now)
        assert seen is not None
        confirm_date(connection, seen, date(2026, 12, 4), world.now)
    mine, theirs = site.signed_in("dana@lakeside.example").get("/history"), site.signed_in(DESERT).get("/history")

    assert "Dec 20" in mine.text
    assert "Dec 20" not in theirs.text  # before Alma was theirs
    assert "Dec 28" in theirs.text
    for page in (mine.text, theirs.text):
        assert "Recorded a reset of Fri, Dec 4, 2026 (confirmed by the person)" in page
    assert "an admin" in theirs.text
    assert "dana" not in table(theirs.text)
    assert "Lakeside" not in theirs.text
    assert "Desert" not in mine.text
    assert "Surrogate" not in mine.text


def test_what_happens_after_somebody_has_left_is_not_told(world: World, site: Site, shared: int) -> None:
    with world.store.write() as connection:
        person = people.load(connection, [shared])[shared]
        staff.remove(connection, person, practices.load(connection)[2], actor="admin:2", now=world.now)
    world.now += timedelta(hours=1)
    pause(world, shared, "admin:1", date(2026, 12, 29))
    theirs = site.signed_in(DESERT)

    assert "Dec 29" not in theirs.get("/history").text
    assert "Dec 29" not in theirs.get("/history?q=alma").text
    assert "Removed from the practice" in theirs.get("/history").text


def test_a_former_admin_is_still_named_for_what_they_did_here(world: World, site: Site, owner: TestClient) -> None:
    editor = site.colleague("eve@lakeside.example", role=AdminRole.EDITOR)
    with world.store.write() as connection:
        found = admins.with_email(connection, "eve@lakeside.example")
        assert found is not None
        admins.rename(connection, found.id, "Eve Former")
    editor.post("/settings/1/calendar", data={"close": "2026-12-24"}, headers=OURS)
    with world.store.write() as connection:
        admins.revoke(connection, found.id, 1)

    assert "Eve Former" in table(owner.get("/history").text)


@pytest.fixture
def varied(world: World, owner: TestClient, site: Site) -> World:
    """A reset and a role on December 1, a closure by an editor on December 3."""
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.person("Ben Okafor", SEVEN_LEFT)
    owner.post(f"/people/{key}/reset", data={"when": "date", "date": "2026-11-20"}, headers=OURS)
    editor = site.colleague("eve@lakeside.example", role=AdminRole.EDITOR)
    world.now = chicago("2026-12-03", "23:30")
    editor.post("/settings/1/calendar", data={"close": "2026-12-24"}, headers=OURS)
    return world


@pytest.mark.parametrize(
    ("query", "inside", "outside"),
    [
        ("q=ALMA", "Nov 20", "Closed on"),
        ("q=nobody", "Nothing here", "Nov 20"),
        ("group=practice", "Closed on", "Nov 20"),
        ("group=resets", "Nov 20", "Closed on"),
        ("who=admin:2", "Closed on", "Nov 20"),
        ("since=2026-12-03", "Closed on", "Nov 20"),
        ("until=2026-12-02", "Nov 20", "Closed on"),
        ("since=2026-12-03&until=2026-12-03", "Closed on", "Nov 20"),
        ("since=soon&group=poems", "Closed on", "Nothing here"),
        ("q=alma&group=practice", "Nothing here", "Closed on"),
    ],
)
def test_the_history_is_filtered(varied: World, owner: TestClient, query: str, inside: str, outside: str) -> None:
    page = owner.get(f"/history?{query}").text
    text = table(page) or page

    assert inside in text
    assert outside not in text


def test_the_history_comes_in_pages_that_hold_each_line_once(world: World, owner: TestClient) -> None:
    with world.store.write() as connection:
        for number in range(120):
            events.record(
                connection, "practice.closed", actor="test", now=world.now, practice_id=1, days=[f"#{number};"]
            )
    seen: list[str] = []
    path = "/history?group=practice"
    while path:
        page = owner.get(path).text
        seen += [f"#{number};" for number in range(120) if f"#{number};" in table(page)]
        link = page.rpartition("&amp;before=")[2].partition('"')[0] if "The 50 before" in page else ""
        path = f"/history?group=practice&before={link}" if link else ""

    assert sorted(seen) == sorted(f"#{number};" for number in range(120))
    assert "Back to the latest" in page


def test_the_file_holds_what_the_filter_shows_and_runs_nothing(varied: World, owner: TestClient) -> None:
    with varied.store.write() as connection:
        people.change(connection, 1, {"name": "=cmd|' /C calc'!A0"})
    answer = owner.get("/history.csv?group=resets")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert answer.headers["content-disposition"].startswith("attachment")
    assert {row["Action"] for row in rows} == {"reset.recorded"}
    assert "2026-12-01 08:00:00-06:00" in {row["When"] for row in rows}
    assert "'=cmd|' /C calc'!A0" in {row["About"] for row in rows}


def test_before_and_after_stand_in_the_file(world: World, owner: TestClient) -> None:
    owner.post("/settings/1/times", data={"zone": "America/Denver", "send_time": "09:00"}, headers=OURS)
    row = next(csv.DictReader(io.StringIO(owner.get("/history.csv?group=practice").content.decode("utf-8-sig"))))

    assert "time zone: America/Chicago" in row["Before"]
    assert "time zone: America/Denver" in row["After"]
    assert "send time: 09:00" in row["After"]


def test_a_reset_that_counts_can_be_undone_from_its_line(world: World, site: Site, owner: TestClient) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.now += timedelta(minutes=1)
    owner.post(f"/people/{key}/reset", data={"when": "date", "date": "2026-11-20"}, headers=OURS)
    page = owner.get("/history").text
    viewer = site.colleague("viewer@lakeside.example").get("/history").text
    owner.post(f"/people/{key}/undo", headers=OURS)

    assert page.count(f'action="/people/{key}/undo"') == 1
    assert f'action="/people/{key}/undo"' not in viewer
    assert world.look(key).reset_on == SEVEN_LEFT
    assert "Took the reset of Fri, Nov 20, 2026 back" in owner.get("/history").text


def test_an_import_can_be_undone_from_its_line_for_seven_days(world: World, owner: TestClient) -> None:
    take_roster(world)
    fresh = owner.get("/history").text
    world.now += timedelta(days=7, seconds=1)
    late = owner.get("/history").text

    assert 'action="/people/imports/1/undo"' in fresh
    assert "Imported roster.csv: 1 added, 0 changed" in fresh
    assert "/undo" not in table(late)


def test_an_import_that_was_taken_back_has_no_undo(world: World, owner: TestClient) -> None:
    take_roster(world)
    owner.post("/people/imports/1/undo", headers=OURS)

    assert 'action="/people/imports/1/undo"' not in owner.get("/history").text


def test_a_leaving_can_be_undone_from_its_line_until_somebody_is_back(
    world: World, site: Site, owner: TestClient
) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    owner.post(f"/people/{key}/remove", headers=OURS)
    page = owner.get("/history").text
    viewer = site.colleague("viewer@lakeside.example").get("/history").text
    world.now += timedelta(minutes=1)
    owner.post(f"/people/{key}/return", data={"practice": "1"}, headers=OURS)

    assert f'action="/people/{key}/return"' in page
    assert '<input type="hidden" name="practice" value="1">' in page
    assert "/return" not in viewer
    assert "/return" not in owner.get("/history").text
    assert world.look(key).home_id == 1


def test_a_skip_can_be_taken_back_from_its_line(world: World, site: Site, owner: TestClient) -> None:
    key = world.person("Alma Reyes", date(2026, 11, 20))
    form = {"cycle_on": "2027-01-19", "step": "7"}
    owner.post(f"/schedule/people/{key}/skip", data=form, headers=OURS)
    page = owner.get("/history").text
    viewer = site.colleague("viewer@lakeside.example").get("/history").text
    owner.post(f"/schedule/people/{key}/take-back", data=form, headers=OURS)
    after = owner.get("/history").text

    assert f'action="/schedule/people/{key}/take-back"' in page
    assert '<input type="hidden" name="step" value="7">' in page
    assert "/take-back" not in viewer + after
    assert "Skipped the mail 7 days before the expiry (Tue, Jan 19, 2027)" in after
    assert "Let the skipped mail go" in after


def test_only_owners_read_what_was_done_to_the_server(world: World, site: Site, owner: TestClient) -> None:
    with world.store.write() as connection:
        events.record(connection, "queue.released", actor="cli:root", now=world.now, reason="a backup was restored")
    editor = site.colleague("editor@lakeside.example", role=AdminRole.EDITOR)

    assert "Released the held mails (a backup was restored)" in owner.get("/history").text
    assert "the command line on your server" in owner.get("/history").text
    assert "Released" not in table(editor.get("/history").text)


def test_what_was_saved_unchanged_is_no_change(world: World, owner: TestClient) -> None:
    form = {"name": "Lakeside Family Medicine", "sender_name": "Front Office", "reply_to": "dana@lakeside.example"}
    owner.post("/settings/1/names", data=form, headers=OURS)
    owner.post("/settings/1/names", data=form, headers=OURS)
    page = table(owner.get("/history").text)

    assert page.count("Changed sender") == 1
    assert "<del>Lakeside Family Medicine</del>" in page


def test_an_action_without_words_and_missing_values_break_nothing() -> None:
    parts = {"id": 1, "happened_at": chicago("2026-12-01"), "practice_id": 1, "person_id": None, "actor": "x"}

    assert sentence(events.Event(**parts, action="poem.written", detail={})) == "poem.written"  # type: ignore[arg-type]
    assert sentence(events.Event(**parts, action="practice.closed", detail={})) == "Closed on "  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("step", "words"), [(7, "7 days before"), (1, "1 day before"), (0, "on the day of"), (-1, "1 day after")]
)
def test_a_step_is_told_by_its_place(step: int, words: str) -> None:
    parts = {"id": 1, "happened_at": chicago("2026-12-01"), "practice_id": 1, "person_id": 1, "actor": "x"}
    detail = {"step": step, "cycle_on": "2026-12-08"}
    told = sentence(events.Event(**parts, action="step.skipped", detail=detail))  # type: ignore[arg-type]

    assert told == f"Skipped the mail {words} the expiry (Tue, Dec 8, 2026)"
