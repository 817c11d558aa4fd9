"""What `make bench` stands on: it measures what the product does, judges by the bar, and keeps what it found."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from benchmarks import picture, table
from benchmarks.frame import Bar, Missing, Row, Size, alternate, keep
from benchmarks.people import NOW, Crowd, make_due, populate
from reminder.jobs.plan import plan_people
from reminder.jobs.services import Tally
from reminder.store import outbox
from reminder.store.engine import Store

if TYPE_CHECKING:
    from pathlib import Path

SHORT = Size(name="short")


def mails(store: Store) -> list[dict[str, object]]:
    apart = {"planned_at", "next_at", "closes_at", "id"}
    with store.read() as connection:
        rows = outbox.history(connection, limit=10)
    return sorted(
        ({name: value for name, value in row._asdict().items() if name not in apart} for row in rows),
        key=lambda row: str(row["key"]),
    )


def test_the_mails_that_wait_are_those_that_the_planner_makes(tmp_path: Path) -> None:
    made, planned = Store(f"sqlite:///{tmp_path / 'made.db'}"), Store(f"sqlite:///{tmp_path / 'planned.db'}")
    populate(made, Crowd(people=3, practices=2, mails_due=True))
    populate(planned, Crowd(people=3, practices=2))
    with planned.write() as connection:
        make_due(connection, 1, 3)
    plan_people(planned, NOW, Tally())

    assert len(mails(made)) == 3
    assert mails(made) == mails(planned)
    made.close()
    planned.close()


def row(*, ours: float, base: float = 10, **bar: float | bool) -> Row:
    return Row(
        id="P1",
        measure="sending",
        unit="mails/s",
        ours=[ours],
        yardstick="theirs",
        base=[base],
        bar=Bar(**bar),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("found", "reached"),
    [
        (row(ours=20, limit=2), 1.0),
        (row(ours=5, limit=2), 4.0),
        (row(ours=40, limit=2), 0.5),
        (row(ours=40, limit=2, at_least=True), 2.0),
        (row(ours=40, limit=80, of_ratio=False), 2.0),
    ],
)
def test_a_row_says_how_far_it_is_from_its_bar(found: Row, reached: float) -> None:
    assert found.reached == pytest.approx(reached)
    assert ("NOT MET" in str(found)) is (reached < 1)


def test_ours_and_the_yardstick_take_turns() -> None:
    order = []

    def runs(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = alternate(range(3), ours=lambda: runs("ours"), base=lambda: runs("base"))

    assert order == ["ours", "base", "base", "ours", "ours", "base"]
    assert found == {"ours": [1, 4, 5], "base": [2, 3, 6]}


def test_rounds_end_when_their_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    at = iter(range(0, 1000, 30))
    monkeypatch.setattr("benchmarks.frame.monotonic", lambda: next(at))

    assert list(Size(name="long").rounds(70)) == [0, 1, 2]
    assert list(SHORT.rounds(70)) == [0]


def test_a_run_keeps_the_rows_that_it_did_not_measure(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    keep([row(ours=5, limit=2), Row(id="P10", measure="start", unit="s", ours=[1])], SHORT, path)
    held = keep([row(ours=7, limit=2), Missing(id="P2", measure="nodemailer", why="no npm")], SHORT, path)

    assert [(one["id"], one.get("ours", {}).get("median")) for one in held["rows"]] == [
        ("P1", 7),
        ("P2", None),
        ("P10", 1),
    ]
    assert held["rows"][1]["missing"] == "no npm"


def test_the_picture_shows_every_row_that_has_a_bar(tmp_path: Path) -> None:
    path = tmp_path / "speed.svg"
    rows = [row(ours=5, limit=2), row(ours=1e9, limit=2), Row(id="P10", measure="start", unit="s", ours=[1])]
    picture.draw(keep(rows, SHORT, tmp_path / "results.json"), path)
    bars = [shape for shape in ET.parse(path).iter() if shape.tag.endswith("rect")]

    assert [shape.get("class") for shape in bars] == ["met", "missed"]
    assert all(0 < float(shape.get("x", 0)) < picture.WIDTH for shape in bars)


def test_the_table_in_the_documents_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page, results = tmp_path / "scale.md", tmp_path / "results.json"
    page.write_text(f"# Before\n{table.BEGINS}\nold\n{table.ENDS}\nafter\n", "utf-8")
    missing = Missing(id="P2", measure="nodemailer", why="no npm")
    for _ in range(2):
        table.write(keep([row(ours=40, limit=2), missing], SHORT, results), page)
    text = page.read_text("utf-8")

    assert text.startswith(f"# Before\n{table.BEGINS}\n")
    assert text.endswith(f"\n{table.ENDS}\nafter\n")
    assert text.count("| P1 | sending | 40 mails/s | theirs: 10 mails/s | 4 (4 to 4) | ≤ 2 x | **no** |") == 1
    assert text.count("not measured: no npm") == 1
    assert "old" not in text
