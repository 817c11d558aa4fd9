from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.policy.model import AdminRole, Kind
from reminder.store.tables import metadata
from tests.world import OWNER

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

OURS = {"Sec-Fetch-Site": "same-origin"}
SEVEN_LEFT = date(2026, 10, 9)


@pytest.mark.parametrize("kind", Kind)
def test_every_mail_can_be_seen_as_text_and_html(owner: TestClient, kind: Kind) -> None:
    page, html = owner.get(f"/settings/mails/{kind}"), owner.get(f"/settings/mails/{kind}/html")

    assert f'href="/settings/mails/{kind}?practice=1"' in owner.get("/settings/mails").text
    assert page.status_code == html.status_code == 200
    assert '<pre class="mail">' in page.text
    assert "sandbox" in html.headers["content-security-policy"]


def test_a_mail_is_shown_for_somebody_on_the_list_without_their_secret(world: World, owner: TestClient) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    page = owner.get("/settings/mails/warning?q=alma").text
    html = owner.get(f"/settings/mails/warning/html?person={key}").text
    secret = world.services.links.confirm(key, "2026-12-08", "alma.reyes@lakeside.example").rpartition("/")[2]

    assert "Alma Reyes" in page
    assert "7 days left" in page
    assert "Alma Reyes" in html
    assert secret not in page + html
    assert "/r/***" in page


def test_several_who_fit_are_offered_and_nobody_is_told(world: World, owner: TestClient) -> None:
    first, second = world.person("Alma Reyes", SEVEN_LEFT), world.person("Alma Cruz", SEVEN_LEFT)
    several = owner.get("/settings/mails/warning?q=alma").text
    nobody = owner.get("/settings/mails/warning?q=zed").text

    assert f"person={first}" in several
    assert f"person={second}" in several
    assert "Alex Example" in nobody
    assert "Nobody on the list" in nobody


@pytest.mark.parametrize(
    ("kind", "reset_on"), [("ask", SEVEN_LEFT), ("warning", None), ("expired", None), ("receipt", None)]
)
def test_somebody_who_gets_no_such_mail_is_said_so(
    world: World, owner: TestClient, kind: str, reset_on: date | None
) -> None:
    key = world.person("Alma Reyes", reset_on)
    page = owner.get(f"/settings/mails/{kind}?person={key}").text

    assert "Alma Reyes gets no such mail as things stand today" in page


def test_the_dark_look_is_the_one_a_dark_reader_sees(owner: TestClient) -> None:
    light, dark = (owner.get(f"/settings/mails/warning/html?look={look}").text for look in ("light", "dark"))

    assert "prefers-color-scheme: dark" not in light + dark
    assert "@media all" in dark
    assert "@media not all" in light
    assert "phone" in owner.get("/settings/mails/warning?width=phone").text.partition("<iframe")[2][:40]


def test_a_person_of_another_home_is_not_written_to_in_their_name(world: World, site: Site) -> None:
    world.practice("Desert Bloom", owner="ann@desert.example")
    key = world.person("Alma Reyes", SEVEN_LEFT)
    ann = site.signed_in("ann@desert.example")

    assert ann.get(f"/settings/mails/warning?person={key}").status_code == 404
    assert ann.get(f"/settings/mails/warning/html?person={key}").status_code == 404
    assert "Alma" not in ann.get("/settings/mails/warning?q=reyes").text
    assert ann.get("/settings/mails/poem").status_code == 404


def product_data(world: World) -> dict[str, list[tuple[object, ...]]]:
    with world.store.read() as connection:
        return {
            name: [tuple(row) for row in connection.execute(select(table))]
            for name, table in metadata.tables.items()
            if name not in {"event", "session"}
        }


def test_send_this_to_me_goes_to_the_viewer_marked_and_changes_no_record(world: World, owner: TestClient) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    before = product_data(world)
    answer = owner.post("/settings/1/mails/warning", data={"person": str(key)}, headers=OURS)
    secret = world.services.links.confirm(key, "2026-12-08", "alma.reyes@lakeside.example").rpartition("/")[2]
    (mail,) = world.mails

    assert "Sent to your own address" in owner.get(answer.headers["location"]).text
    assert (mail.to, mail.kind) == (OWNER, "warning")
    assert mail.subject.startswith("[Test] ")
    assert "Alma Reyes" in mail.text
    assert secret not in mail.text + mail.html + mail.raw.decode("ascii")
    assert product_data(world) == before
    assert "Sent themselves a test of: Reminder before expiry" in owner.get("/history").text


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_can_be_sent_to_oneself(world: World, owner: TestClient, kind: Kind) -> None:
    owner.post(f"/settings/1/mails/{kind}", headers=OURS)

    assert [(mail.to, mail.subject[:7]) for mail in world.mails] == [(OWNER, "[Test] ")]


def test_a_viewer_and_a_stranger_send_nothing(world: World, site: Site) -> None:
    world.practice("Desert Bloom", owner="ann@desert.example")
    viewer = site.colleague("viewer@lakeside.example").post("/settings/1/mails/warning", headers=OURS)
    stranger = site.signed_in("ann@desert.example").post("/settings/1/mails/warning", headers=OURS)

    assert (viewer.status_code, stranger.status_code, world.mails) == (403, 404, [])


def test_sending_to_oneself_is_slowed_down(world: World, site: Site, owner: TestClient) -> None:
    answers = [owner.post("/settings/1/mails/test", headers=OURS).status_code for _ in range(11)]
    colleague = site.colleague("eve@lakeside.example", role=AdminRole.EDITOR)
    other = colleague.post("/settings/1/mails/test", headers=OURS).status_code
    world.now += timedelta(hours=1)

    assert answers == [303] * 10 + [422]
    assert other == 303
    assert owner.post("/settings/1/mails/test", headers=OURS).status_code == 303


def test_what_the_server_refuses_is_told_in_plain_words(world: World, owner: TestClient) -> None:
    refusal = Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="5.1.1 no such user")
    world.transport.answers.append(refusal)
    answer = owner.post("/settings/1/mails/test", headers=OURS)

    assert answer.status_code == 422
    assert "There is no such mailbox" in answer.text
    assert "550 5.1.1 no such user" in answer.text
