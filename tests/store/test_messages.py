from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from reminder.policy.model import Kind, State
from reminder.store import messages, planning
from reminder.store.messages import Box
from reminder.store.tables import reminder
from tests.world import World, chicago

if TYPE_CHECKING:
    from reminder.store.engine import Store

STATES = (State.PLANNED, State.SENT, State.FAILED, State.IN_DOUBT, State.CANCELLED)
PEOPLE = 2


@pytest.fixture
def world(store: Store) -> World:
    """Two practices of two people with fifteen mails each: three in each of five states, an hour apart."""
    made = World(store, chicago("2026-12-01"))
    for name in ("Lakeside", "Desert Bloom", "Elsewhere"):
        practice = made.practice(name)
        for number in range(PEOPLE):
            made.person(f"Person {number}", practice=practice, email=f"p{number}@p{practice}.example")
    with store.write() as connection:
        for number in range(30):
            at = made.now + timedelta(hours=number)
            plan = planning.Plan(
                key=str(number),
                kind=Kind.WARNING if number % 2 else Kind.ASK,
                practice_id=1 + number % 3,
                person_id=1 + number % 6,
                recipient=f"p{number % 4}@x.example",
                urgent_on=date(2026, 12, 1) + timedelta(days=number % 4),
                next_at=at,
                closes_at=None,
            )
            planning.add(connection, [plan], at)
            state = STATES[number % 5]
            mine = reminder.c.key == str(number)
            connection.execute(update(reminder).where(mine).values(state=state, **{f"{state}_at": at}))
    return made


def numbers(world: World, box: Box, *practices: int, size: int = 100) -> list[int]:
    """Walk a box page by page and return the numbers of its mails."""
    found: list[int] = []
    after: str | None = None
    with world.store.read() as connection:
        while True:
            page = messages.page(connection, box, practices, size=size, after=after)
            found += [int(row.key) for row in page.rows]
            if page.after is None:
                return found
            after = page.after


def expected(box: Box, *practices: int) -> list[int]:
    wanted = {
        Box.OUTBOX: {State.PLANNED},
        Box.SENT: {State.SENT},
        Box.FAILED: {State.FAILED},
        Box.IN_DOUBT: {State.IN_DOUBT},
        Box.ALL: set(STATES),
    }[box]
    mine = [n for n in range(30) if 1 + n % 3 in practices and STATES[n % 5] in wanted]
    return sorted(mine, key=lambda n: (n % 4, n)) if box in messages.RISING else sorted(mine, reverse=True)


@pytest.mark.parametrize("practices", [(1,), (1, 2), ()])
def test_each_box_is_walked_in_order_and_holds_each_mail_once(world: World, practices: tuple[int, ...]) -> None:
    for box in Box:
        for size in (1, 2, 100):
            assert numbers(world, box, *practices, size=size) == expected(box, *practices), (box, size)


def test_counts_and_kinds_are_exact_and_of_these_practices_alone(world: World) -> None:
    with world.store.read() as connection:
        counts = messages.counts(connection, [1, 2])
        kinds = messages.failed_kinds(connection, [1, 2])
        listed = {kind: len(messages.failed_of_kind(connection, [1, 2], kind)) for kind in kinds}

    assert counts == {box: len(expected(box, 1, 2)) for box in (Box.OUTBOX, Box.FAILED, Box.IN_DOUBT)}
    assert sum(kinds.values()) == counts[Box.FAILED]
    assert listed == kinds


def test_what_would_go_is_counted_by_practice_and_kind(world: World) -> None:
    with world.store.read() as connection:
        lines = messages.waiting_summary(connection)
        times = messages.waiting_times(connection)

    waiting = len(expected(Box.OUTBOX, 1, 2, 3)) + len(expected(Box.IN_DOUBT, 1, 2, 3))
    assert sum(line.mails for line in lines) == waiting == sum(mails for _, _, mails, _ in times)
    assert all(line.recipients <= line.mails for line in lines)
    assert {line.practice_id for line in lines} == {1, 2, 3}


def test_a_search_takes_percent_and_underscore_as_they_are(world: World) -> None:
    with world.store.read() as connection:
        found = [messages.people_named(connection, [1], text) for text in ("PERSON 1", "p0@p1", "_", "%", "p0@p2")]

    assert [len(ids) for ids in found] == [1, 1, 0, 0, 0]


def test_every_box_is_read_from_an_index(sqlite_store: Store) -> None:
    with sqlite_store.read() as connection:
        for wanted in (wanted for box in Box for wanted in messages.conditions(box, [1, 2])):
            query = select(reminder).where(wanted)
            compiled = query.compile(connection, compile_kwargs={"render_postcompile": True})
            values = tuple(compiled.params[name] for name in compiled.positiontup or ())
            plans = [row[3] for row in connection.exec_driver_sql(f"explain query plan {compiled}", values)]

            assert any("USING INDEX ix_reminder" in plan for plan in plans), plans
            assert "SCAN reminder" not in plans
