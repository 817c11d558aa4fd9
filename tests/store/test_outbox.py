from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from reminder.jobs.plan import plan_people
from reminder.jobs.services import Tally
from reminder.policy.model import Kind, State
from reminder.store import migrate, planning, reconcile, sending
from reminder.store.engine import Store
from reminder.store.tables import reminder
from tests.world import World, chicago

if TYPE_CHECKING:
    from datetime import datetime

    from reminder.store.outbox import Reminder
    from tests.postgres import Cluster


def planned(world: World, count: int = 1) -> list[Reminder]:
    """Plan a mail to each of so many people."""
    for number in range(count):
        world.person(f"Person {number}", date(2026, 10, 9))
    plan_people(world.store, world.now, Tally())
    return world.reminders(state=State.PLANNED)


def claim(world: World, owner: str = "one", limit: int = 100) -> list[Reminder]:
    with world.store.write() as connection:
        return sending.claim(connection, owner, world.now, limit)


def test_two_planners_at_once_plan_each_step_once(world: World) -> None:
    for number in range(40):
        world.person(f"Person {number}", date(2026, 10, 9))
    tallies = [Tally(), Tally()]
    threads = [threading.Thread(target=plan_people, args=(world.store, world.now, tally)) for tally in tallies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(tally.planned for tally in tallies) == 40
    assert len(world.reminders(state=State.PLANNED)) == 40


def test_two_senders_at_once_never_claim_the_same_mail(world: World) -> None:
    planned(world, 60)
    taken: dict[str, list[int]] = {"one": [], "two": []}

    def take(owner: str) -> None:
        while rows := claim(world, owner, 7):
            taken[owner] += [row.id for row in rows]

    threads = [threading.Thread(target=take, args=(owner,)) for owner in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken["one"] + taken["two"]) == [row.id for row in world.reminders(state=State.CLAIMED)]
    assert len(set(taken["one"]) & set(taken["two"])) == 0


def test_the_most_urgent_is_claimed_first_and_never_more_than_asked_for(world: World) -> None:
    world.person("Later One", date(2026, 10, 12))
    urgent = world.person("Urgent One", date(2026, 10, 3))
    plan_people(world.store, world.now, Tally())

    assert [row.person_id for row in claim(world, limit=1)] == [urgent]


def test_a_claim_is_not_given_twice_until_its_lease_ends(world: World) -> None:
    planned(world)
    first = claim(world)
    during = claim(world, "two")
    world.now += sending.LEASE
    with world.store.write() as connection:
        sending.expire_leases(connection, world.now)
    after = claim(world, "two")

    assert [len(first), len(during), len(after)] == [1, 0, 1]
    assert after[0].fence == first[0].fence + 1


def test_a_sender_that_died_while_sending_leaves_the_mail_in_doubt(world: World) -> None:
    planned(world)
    row = claim(world)[0]
    with world.store.write() as connection:
        assert sending.mark_sending(connection, [row], world.now)
    world.now += sending.LEASE
    with world.store.write() as connection:
        sending.expire_leases(connection, world.now)

    assert world.reminders(id=row.id)[0].state is State.IN_DOUBT


def test_a_sender_that_died_before_sending_leaves_it_planned(world: World) -> None:
    planned(world)
    row = claim(world)[0]
    world.now += sending.LEASE
    with world.store.write() as connection:
        sending.expire_leases(connection, world.now)

    assert world.reminders(id=row.id)[0].state is State.PLANNED


def test_a_live_lease_is_left_alone(world: World) -> None:
    planned(world)
    row = claim(world)[0]
    world.now += sending.LEASE - timedelta(seconds=1)
    with world.store.write() as connection:
        assert sending.expire_leases(connection, world.now) == 0

    assert world.reminders(id=row.id)[0].state is State.CLAIMED


def test_a_sender_that_slept_while_it_marked_a_mail_is_not_taken_for_one_that_never_sent(postgres: Cluster) -> None:
    world = World(Store(postgres.fresh_url()), chicago("2026-12-01"))
    migrate.upgrade(world.store)
    world.practice()
    planned(world)
    row = claim(world)[0]
    with world.store.write() as asleep:
        sending.mark_sending(asleep, [row], world.now)
        with world.store.write() as connection:
            found = sending.expire_leases(connection, world.now + sending.LEASE)

    assert (found, world.reminders(id=row.id)[0].state) == (0, State.SENDING)
    world.store.close()


def test_a_second_doubt_leaves_the_time_of_the_first(world: World) -> None:
    planned(world)
    for _ in range(2):
        row = claim(world)[0]
        with world.store.write() as connection:
            sending.mark_sending(connection, [row], world.now)
        world.now += sending.LEASE
        with world.store.write() as connection:
            sending.expire_leases(connection, world.now)

    assert world.reminders(id=row.id)[0].in_doubt_at == world.now - sending.LEASE


def test_a_lease_that_a_wrong_clock_gave_is_void(world: World) -> None:
    planned(world)
    claim(world)
    with world.store.write() as connection:
        connection.execute(update(reminder).values(lease_until=world.now + timedelta(days=60)))
        assert sending.expire_leases(connection, world.now) == 1

    assert len(claim(world)) == 1


def sent(row: Reminder, now: datetime) -> sending.Result:
    tried = sending.Attempt(finished_at=now, outcome="accepted", stage="dot", code=250, reply="ok")
    return sending.Result(row=row, tried=tried, values={"state": State.SENT, "sent_at": now})


def test_one_commit_marks_those_that_may_go_and_records_what_was_answered(world: World) -> None:
    planned(world, 3)
    first, second, third = claim(world)
    with world.store.write() as connection:
        assert sending.mark_sending(connection, [first, second], world.now) == {first.id, second.id}
        planning.end(connection, [third.id], State.CANCELLED, "a reset was recorded", world.now)
    with world.store.write() as connection:
        kept = sending.record(connection, [sent(first, world.now), sent(second, world.now)])
        marked = sending.mark_sending(connection, [third], world.now)

    assert (kept, marked) == ({first.id, second.id}, set())
    assert [world.reminders(id=row.id)[0].state for row in (first, second)] == [State.SENT, State.SENT]


def test_a_late_finisher_cannot_overwrite_the_new_owner(world: World) -> None:
    planned(world)
    late = claim(world)[0]
    world.now += sending.LEASE
    with world.store.write() as connection:
        sending.expire_leases(connection, world.now)
    claim(world, "two")
    with world.store.write() as connection:
        marked = sending.mark_sending(connection, [late], world.now)
        recorded = sending.record(connection, [sent(late, world.now)])

    assert (marked, recorded) == (set(), set())
    assert world.reminders(id=late.id)[0].state is State.CLAIMED


def test_an_answer_that_comes_late_counts_while_nobody_took_over(world: World) -> None:
    planned(world)
    row = claim(world)[0]
    with world.store.write() as connection:
        sending.mark_sending(connection, [row], world.now)
    world.now += sending.LEASE
    with world.store.write() as connection:
        sending.expire_leases(connection, world.now)
        assert sending.record(connection, [sent(row, world.now)]) == {row.id}

    assert world.reminders(id=row.id)[0].state is State.SENT


def test_a_mail_called_off_after_its_claim_is_not_sent(world: World) -> None:
    planned(world)
    row = claim(world)[0]
    with world.store.write() as connection:
        planning.end(connection, [row.id], State.CANCELLED, "a reset was recorded", world.now)
        assert not sending.mark_sending(connection, [row], world.now)


def test_the_same_plan_is_made_once(world: World) -> None:
    plan = planning.Plan(
        key="digest/1/2026-11-30/a@b.example",
        kind=Kind.DIGEST,
        practice_id=1,
        recipient="a@b.example",
        urgent_on=date(2026, 12, 1),
        next_at=world.now,
        closes_at=None,
    )
    with world.store.write() as connection:
        assert [planning.add(connection, [plan], world.now), planning.add(connection, [plan, plan], world.now)] == [
            1,
            0,
        ]


@pytest.mark.parametrize("sql", list(reconcile.CHECKS.values()), ids=list(reconcile.CHECKS))
def test_every_check_of_the_records_runs_on_both_databases(world: World, sql: str) -> None:
    planned(world, 3)
    with world.store.read() as connection:
        assert reconcile.differences(connection) == []
        assert "select" in sql


def test_a_seeded_difference_is_found(world: World) -> None:
    planned(world)
    with world.store.write() as connection:
        planning.end(connection, [1], State.CANCELLED, "", world.now)
        connection.exec_driver_sql("update person set reset_id = null")
        connection.exec_driver_sql("update reminder set state = 'sent'")
    with world.store.read() as connection:
        found = " ".join(reconcile.differences(connection))

    assert "a person's reset is not the last one that stands (1)" in found
    assert "a mail counts as sent without an accepted attempt (1)" in found


def test_a_tick_with_nothing_due_reads_through_an_index(sqlite_store: Store) -> None:
    questions = {
        "select id from person where next_step_at <= '2026' order by next_step_at": "ix_person_next_step_at",
        "select id from practice where next_check_at <= '2026' order by next_check_at": "ix_practice_next_check_at",
        "select id from reminder where state in ('planned', 'deferred', 'in_doubt') order by urgent_on, id": (
            "ix_reminder_waiting"
        ),
        "select id from reminder where lease_until <= '2026' and state in ('claimed', 'sending')": "ix_reminder_leased",
    }
    with sqlite_store.read() as connection:
        for question, index in questions.items():
            plan = " ".join(str(row) for row in connection.exec_driver_sql(f"explain query plan {question}"))
            assert index in plan
