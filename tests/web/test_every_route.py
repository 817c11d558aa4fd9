"""Every route x every visitor. The routes come from the program: one that is not in the table fails."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from reminder.store.engine import Store
from reminder.store.tables import metadata
from reminder.web.app import create_app
from tests.web.every_route import SHOWN_ELSEWHERE, USES, Access, Use, routes
from tests.web.example import NOW, VISITORS, Kept, keep_example
from tests.world import PUBLIC_URL, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from httpx2 import Response

NOT_PRODUCT_DATA = {"session", "sign_in_link", "system", "throttle"}
"""Tables that tell who is signed in, who tried to, and when the program was last seen to work."""

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return keep_example(tmp_path_factory.mktemp("routes") / "reminder.db")


class Visits:
    """One copy of the example, with a browser for each visitor."""

    def __init__(self, kept: Kept, path: Path) -> None:
        shutil.copy(kept.path, path)
        self.kept = kept
        self.world = World(Store(f"sqlite:///{path}"), NOW)
        self.app = create_app(self.world.services, self.world.settings)
        self.browsers: dict[str, TestClient] = {}

    def browser(self, visitor: str) -> TestClient:
        if visitor not in self.browsers:
            client = TestClient(self.app, base_url=PUBLIC_URL, follow_redirects=False)
            if visitor in self.kept.links:
                assert client.post(self.kept.links[visitor]).status_code == 303
            self.browsers[visitor] = client
        return self.browsers[visitor]

    def visit(self, visitor: str, method: str, use: Use) -> Response:
        address, form = self.kept.address(use), self.kept.form(use)
        return self.browser(visitor).request(method, address, data=form, headers=SAME_SITE)


@pytest.fixture(scope="module")
def shared(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    """For visits that must change nothing: the example stays as it is."""
    visits = Visits(kept, tmp_path_factory.mktemp("shared") / "reminder.db")
    yield visits
    visits.world.store.close()


@pytest.fixture
def fresh(kept: Kept, tmp_path: Path) -> Iterator[Visits]:
    """For visits that may change what they find."""
    visits = Visits(kept, tmp_path / "reminder.db")
    yield visits
    visits.world.store.close()


def product_data(world: World) -> dict[str, Sequence[object]]:
    """Return every row as it lies in the database."""
    with world.store.read() as connection:
        return {
            name: connection.exec_driver_sql(f"select * from {name}").fetchall()
            for name in metadata.tables
            if name not in NOT_PRODUCT_DATA
        }


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


EVERY = [(case, visitor) for case in USES for visitor in VISITORS]
CHANGING = [(c, visitor) for c, visitor in EVERY if c[0] != "GET" and may(USES[c].access, visitor) is None]


def name_of_visit(visit: tuple[tuple[str, str], str]) -> str:
    return f"{name_of(visit[0])} by {visit[1]}"


@pytest.mark.parametrize("visit", [one for one in EVERY if one not in CHANGING], ids=name_of_visit)
def test_looking_and_being_turned_away_change_nothing(shared: Visits, visit: tuple[tuple[str, str], str]) -> None:
    case, visitor = visit
    use = USES[case]
    shared.browser(visitor)
    before = product_data(shared.world)
    answer = shared.visit(visitor, case[0], use)
    expected = may(use.access, visitor)

    if expected is None:
        assert is_served(answer, use.access), (answer.status_code, answer.text[:500])
    else:
        assert answer.status_code == expected
        assert "Alma" not in answer.text
        if expected == 303:
            assert answer.headers["location"] == "/sign-in"
    assert product_data(shared.world) == before


@pytest.mark.parametrize("visit", CHANGING, ids=name_of_visit)
def test_who_may_change_something_is_served(fresh: Visits, visit: tuple[tuple[str, str], str]) -> None:
    case, visitor = visit
    use = USES[case]
    answer = fresh.visit(visitor, case[0], use)

    assert is_served(answer, use.access), (answer.status_code, answer.text[:500])


@pytest.mark.parametrize("case", [case for case in USES if case[0] != "GET"], ids=name_of)
def test_what_another_site_sends_changes_nothing(shared: Visits, case: tuple[str, str]) -> None:
    use = USES[case]
    browser = shared.browser("owner")
    before = product_data(shared.world)
    from_elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    answer = browser.request(case[0], shared.kept.address(use), data=shared.kept.form(use), headers=from_elsewhere)

    assert answer.status_code == 403
    assert product_data(shared.world) == before


@pytest.mark.parametrize("case", [case for case in USES if case[0] == "GET"], ids=name_of)
def test_every_answer_has_the_headers(shared: Visits, case: tuple[str, str]) -> None:
    answer = shared.visit("owner", "GET", USES[case])
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
def test_what_is_not_there_is_told_like_what_is_not_yours(shared: Visits, case: tuple[str, str]) -> None:
    use = USES[case]
    path = shared.kept.address(use).partition("?")[0]
    nowhere = "/".join("999999" if part.isdecimal() else part for part in path.split("/"))
    if nowhere == path:
        return
    answer = shared.browser("owner").request(case[0], nowhere, data=shared.kept.form(use), headers=SAME_SITE)

    assert answer.status_code == 404


@pytest.fixture(scope="module")
def without_database(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    """An owner's browser, and a database that went away after the sign-in."""
    folder = tmp_path_factory.mktemp("gone")
    visits = Visits(kept, folder / "reminder.db")
    visits.browser("owner")
    visits.world.store.close()
    visits.world.services.store = Store(f"sqlite:///{folder / 'no folder' / 'reminder.db'}")
    yield visits
    visits.world.services.store.close()


@pytest.mark.parametrize("case", list(USES), ids=name_of)
def test_while_the_database_is_away_every_route_says_so_in_words(
    without_database: Visits, case: tuple[str, str]
) -> None:
    use = USES[case]
    answer = without_database.visit("owner", case[0], use)

    assert answer.status_code in {200, 422, 503}  # a few pages need no database
    assert answer.status_code != 503 or "database" in answer.text
    assert "sqlite" not in answer.text or case[1] == "/healthz"
