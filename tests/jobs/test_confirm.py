"""What a link does beside its page: when it is good for nothing, and what an admin records or takes back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from reminder.errors import UsageError
from reminder.jobs import confirm, staff
from reminder.policy.model import Mode
from reminder.store import people
from reminder.store import practices as stored
from reminder.store.tables import event

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import World

SEVEN_LEFT = date(2026, 10, 9)
EXPIRES, TODAY = date(2026, 12, 8), date(2026, 12, 1)
ALMA = "alma.reyes@lakeside.example"


@pytest.fixture
def alma(world: World) -> int:
    return world.person("Alma Reyes", SEVEN_LEFT)


def visit(world: World, address: str) -> confirm.Visit | None:
    with world.store.read() as connection:
        return confirm.visit(connection, world.services.links.read(address.rpartition("/")[2]), world.now)


def by_mail(world: World, person: int, cycle: date | str = EXPIRES) -> confirm.Visit:
    seen = visit(world, world.services.links.confirm(person, str(cycle), world.look(person).email))
    assert seen is not None
    return seen


def planned(world: World) -> list[str]:
    return [row.kind.value for row in world.reminders()]


def audited(world: World, action: str) -> list[dict[str, object]]:
    with world.store.read() as connection:
        query = select(event.c.detail).where(event.c.action == action).order_by(event.c.id)
        return list(connection.scalars(query))


def test_the_link_of_somebody_who_has_left_stands_for_nobody(world: World, alma: int) -> None:
    with world.store.write() as connection:
        home = stored.load(connection)[1]
        staff.remove(connection, world.look(alma), home, actor="test", now=world.now)

    assert visit(world, world.services.links.confirm(alma, str(EXPIRES), ALMA)) is None


@pytest.mark.parametrize("number", [1, 99])
def test_a_receipt_stands_for_whose_reset_it_is(world: World, alma: int, number: int) -> None:
    seen = visit(world, world.services.links.receipt(number, ALMA))

    assert (seen.person.id if seen else None) == {1: alma}.get(number)


@pytest.mark.parametrize(
    "say",
    [
        lambda connection, seen, now: confirm.confirm_date(connection, seen, TODAY, now),
        lambda connection, seen, now: confirm.confirm_days_left(connection, seen, 60, now),
    ],
    ids=["a date", "days left"],
)
def test_the_link_of_a_cycle_that_is_over_records_nothing(
    world: World, alma: int, say: Callable[..., int | None]
) -> None:
    seen = by_mail(world, alma, date(2026, 10, 8))
    with world.store.write() as connection:
        recorded = say(connection, seen, world.now)

    assert seen.standing is confirm.Standing.ENDED
    assert recorded is None
    assert world.look(alma).reset_on == SEVEN_LEFT


def test_the_records_tell_a_link_on_paper_from_one_in_a_mail(world: World, alma: int) -> None:
    on_paper = visit(world, world.services.links.call_sheet(alma, str(EXPIRES), ALMA))
    assert on_paper is not None
    with world.store.write() as connection:
        confirm.confirm_date(connection, on_paper, date(2026, 11, 30), world.now)
    with world.store.write() as connection:
        confirm.confirm_date(connection, by_mail(world, alma, date(2027, 1, 29)), TODAY, world.now)

    assert [detail.get("through") for detail in audited(world, "reset.recorded")] == [None, "call sheet", None]


@pytest.mark.parametrize(
    ("why", "kinds"),
    [("nothing", ["receipt"]), ("in trial", []), ("left", []), ("refused", []), ("forgotten", [])],
)
def test_a_receipt_goes_to_whoever_can_have_one(world: World, alma: int, why: str, kinds: list[str]) -> None:
    with world.store.write() as connection:
        home = stored.load(connection)[1]
        if why == "in trial":
            stored.change(connection, home.id, {"mode": Mode.TRIAL})
        elif why == "left":
            staff.remove(connection, world.look(alma), home, actor="test", now=world.now)
        elif why == "refused":
            people.change(connection, alma, {"email_refused_at": world.now})
        confirm.plan_receipt(connection, 99 if why == "forgotten" else alma, 1, world.now)

    assert planned(world) == kinds


@pytest.mark.parametrize(("days", "taken"), [(0, True), (7, True), (8, False)])
def test_a_confirmation_is_taken_back_by_whoever_made_it_for_seven_days(
    world: World, alma: int, days: int, taken: bool
) -> None:
    with world.store.write() as connection:
        number = confirm.confirm_date(connection, by_mail(world, alma), TODAY, world.now)
    assert number is not None
    world.now += timedelta(days=days)
    seen = by_mail(world, alma)
    with world.store.write() as connection:
        went = confirm.take_back(connection, seen, number, world.now, disputed=False)

    assert went is taken
    assert world.look(alma).reset_on == (SEVEN_LEFT if taken else TODAY)


def test_a_receipt_does_not_go_once_the_confirmation_was_taken_back(world: World, alma: int) -> None:
    with world.store.write() as connection:
        number = confirm.confirm_date(connection, by_mail(world, alma), TODAY, world.now)
    assert number is not None
    seen = by_mail(world, alma)
    with world.store.write() as connection:
        confirm.take_back(connection, seen, number, world.now, disputed=False)
    was_planned = planned(world)
    world.tick()

    assert was_planned == ["receipt"]
    assert world.mails == []


@pytest.mark.parametrize("number", [1, 99])
def test_nobody_takes_back_what_they_did_not_confirm(world: World, alma: int, number: int) -> None:
    seen = by_mail(world, alma)
    with world.store.write() as connection:
        went = confirm.take_back(connection, seen, number, world.now, disputed=True)

    assert went is False
    assert planned(world) == []
    assert world.look(alma).reset_on == SEVEN_LEFT


def test_the_same_date_recorded_twice_is_recorded_once(world: World, alma: int) -> None:
    assert world.reset(alma, SEVEN_LEFT) is None
    assert len(audited(world, "reset.recorded")) == 1


def test_where_no_reset_is_recorded_none_can_be_taken_back(world: World) -> None:
    farah = world.person("Farah Haddad")

    with (
        pytest.raises(UsageError, match="Farah Haddad: no reset is recorded, so there is nothing to undo"),
        world.store.write() as connection,
    ):
        confirm.undo_by_admin(connection, world.look(farah), actor="test", now=world.now, practice_id=None)


def test_a_reset_is_taken_back_by_its_recorder_or_the_persons_home(world: World, alma: int) -> None:
    with (
        pytest.raises(UsageError, match="recorded elsewhere; only its recorder or the person can undo it"),
        world.store.write() as connection,
    ):
        confirm.undo_by_admin(connection, world.look(alma), actor="test", now=world.now, practice_id=2)
    with world.store.write() as connection:
        taken = confirm.undo_by_admin(connection, world.look(alma), actor="test", now=world.now, practice_id=1)

    assert taken == SEVEN_LEFT
    assert world.look(alma).reset_on is None
