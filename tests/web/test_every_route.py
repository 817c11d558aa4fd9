"""Every route x every visitor. The routes come from the program: one that is not in the table fails."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from reminder.store.engine import Store
from reminder.store.tables import metadata
from reminder.web.app import create_app
from tests.web.every_route import SHOWN_ELSEWHERE, USES, Access, Use, routes
from tests.web.example import NOW, VISITORS, Kept, keep_example
from tests.world import PUBLIC_URL, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

NOT_PRODUCT_DATA = {"session", "sign_in_link", "system", "throttle"}
"""Tables that tell who is signed in, who tried to, and when the program was last seen to work."""

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return keep_example(tmp_path_factory.mktemp("routes") / "reminder.db")


@pytest.fixture
def world(kept: Kept, tmp_path: Path) -> Iterator[World]:
    copy = tmp_path / "reminder.db"
    shutil.copy(kept.path, copy)
    store = Store(f"sqlite:///{copy}")
    yield World(store, NOW)
    store.close()


def browser(world: World, kept: Kept, visitor: str) -> TestClient:
    app = create_app(world.services, world.settings)
    client = TestClient(app, base_url=PUBLIC_URL, follow_redirects=False, raise_server_exceptions=True)
    if visitor in kept.links:
        assert client.post(kept.links[visitor]).status_code == 303
    return client


def product_data(world: World) -> dict[str, list[tuple[object, ...]]]:
    with world.store.read() as connection:
        return {
            name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for name, table in metadata.tables.items()
            if name not in NOT_PRODUCT_DATA
        }


def visit(client: TestClient, kept: Kept, method: str, use: Use) -> Response:
    return client.request(method, kept.address(use), data=kept.form(use), headers=SAME_SITE)


def is_served(answer: Response, access: Access) -> bool:
    leads_away = answer.status_code == 303 and answer.headers["location"] == "/sign-in"
    return answer.status_code in {200, 303, 304, 422} and (access is Access.PUBLIC or not leads_away)


def may(access: Access, visitor: str) -> int | None:
    """Return with what a visitor is turned away: 303 (sign in first), 403, 404; None if they are served."""
    if access is Access.PUBLIC:
        return None
    if visitor == "nobody":
        return 303
    if visitor == "stranger":
        return 404 if access in {Access.LOOK, Access.CHANGE, Access.OWN} else None
    refused = {
        Access.CHANGE: {"viewer"},
        Access.CHANGE_ANY: {"viewer"},
        Access.OWN: {"viewer", "editor"},
        Access.OWN_ANY: {"viewer", "editor"},
    }
    return 403 if visitor in refused.get(access, set()) else None


def name_of(case: tuple[str, str]) -> str:
    return " ".join(case)


@pytest.mark.parametrize("case", list(routes()), ids=name_of)
def test_every_route_stands_in_the_table(case: tuple[str, str]) -> None:
    assert case in USES or case in SHOWN_ELSEWHERE, "say in tests/web/every_route.py who may use this route"


def test_the_table_holds_no_route_that_is_gone() -> None:
    assert {*USES, *SHOWN_ELSEWHERE} <= set(routes())


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("case", USES, ids=name_of)
def test_each_visitor_is_served_or_turned_away(world: World, kept: Kept, case: tuple[str, str], visitor: str) -> None:
    use = USES[case]
    client = browser(world, kept, visitor)
    before = product_data(world)
    answer = visit(client, kept, case[0], use)
    expected = may(use.access, visitor)

    if expected is None:
        assert is_served(answer, use.access), (answer.status_code, answer.text[:500])
    else:
        assert answer.status_code == expected
        assert "Alma" not in answer.text
        if expected == 303:
            assert answer.headers["location"] == "/sign-in"
    if case[0] == "GET" or expected is not None:
        assert product_data(world) == before


@pytest.mark.parametrize("case", [case for case in USES if case[0] != "GET"], ids=name_of)
def test_what_another_site_sends_changes_nothing(world: World, kept: Kept, case: tuple[str, str]) -> None:
    use = USES[case]
    client = browser(world, kept, "owner")
    before = product_data(world)
    answer = client.request(
        case[0],
        kept.address(use),
        data=dict(use.form),
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    )

    assert answer.status_code == 403
    assert product_data(world) == before


@pytest.mark.parametrize("case", [case for case in USES if case[0] == "GET"], ids=name_of)
def test_every_answer_has_the_headers(world: World, kept: Kept, case: tuple[str, str]) -> None:
    answer = visit(browser(world, kept, "owner"), kept, "GET", USES[case])
    policy = answer.headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.partition("style-src")[0]
    assert "unsafe-eval" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "max-age=31536000" in answer.headers["strict-transport-security"]
    assert "no-" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "case", [case for case, use in USES.items() if use.access in {Access.LOOK, Access.CHANGE, Access.OWN}], ids=name_of
)
def test_what_is_not_there_is_told_like_what_is_not_yours(world: World, kept: Kept, case: tuple[str, str]) -> None:
    use = USES[case]
    nowhere = "/".join("999999" if part.isdecimal() else part for part in use.path.split("?")[0].split("/"))
    if nowhere == use.path.split("?")[0]:
        return
    answer = browser(world, kept, "owner").request(case[0], nowhere, data=kept.form(use), headers=SAME_SITE)

    assert answer.status_code == 404
