"""A list read by SQL is the list that judging everybody one by one gives: the same people, counts and order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from reminder.jobs import staff, standing
from reminder.policy.model import Absence, Role, Schedule, Status
from reminder.policy.moments import local_date
from reminder.policy.parts import Part
from reminder.store import listing, memberships, people, practices
from reminder.store.listing import Key, Listing, Order, Wanted
from reminder.store.tables import absence, membership, person
from tests.unit.policy.cases import ODD_ZONES, US_ZONES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from reminder.jobs.standing import Standing
    from reminder.store.engine import Store
    from tests.world import World

LADDERS = [(14, 7, 3, 1, 0, -1, -7), (30, 21, 2), (2, 1), (0,), (-1, -7), (60, 14), (3,), (4, -56)]
NAMES = [
    "Alma Reyes",
    "Bo Öberg",
    "Élise Strauß",
    "Dot_Under Percent",
    "Ana O'Neil",
    "Zed 100%",
    "Reyes Alma",
    "Kim Ao",
]
SEARCHES = [
    "reyes",
    "al re",
    "öberg",
    "ÖBERG",
    "élise",
    "_under",
    "%",
    "100%",
    "zzz",
    "user-3",
    "ao",
    "second",
    "b.example",
]
ROLE_WORDS = {"ao": Role.AUTHORIZED_OFFICIAL, "seu": Role.STAFF_END_USER}


@dataclass(frozen=True)
class Drawn:
    """A world that nobody chose: its instant, and the practices that are looked at (there are others)."""

    now: datetime
    here: dict[int, practices.Practice]


def draw(random: Random, connection: Connection, number: int) -> Drawn:
    """Make practices in many zones and their people: absent, visiting, unreachable, unknown, in every status."""
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(60 * 24 * 900))
    keys = []
    for place in range(4):
        zone = random.choice(US_ZONES + ODD_ZONES)
        schedule = Schedule(zone=zone, ladder=random.choice(LADDERS))
        name = f"Practice {number}.{place}"
        key = practices.add(connection, name=name, schedule=schedule, sender_name="P", reply_to="p@p.example", now=now)
        closed = {
            local_date(now, zone) + timedelta(days=random.randint(-20, 40)) for _ in range(random.choice([0, 2, 9]))
        }
        practices.close_on(connection, key, sorted(closed), now)
        keys.append(key)
    for one in range(random.choice([3, 40])):
        add_somebody(random, connection, keys, now, f"{number}.{one}")
    here = set(random.sample(keys, random.choice([1, 1, 2, 3])))
    return Drawn(now=now, here=practices.load(connection, here))


def add_somebody(random: Random, connection: Connection, keys: Sequence[int], now: datetime, number: str) -> None:
    today = now.date()
    near = random.choice([[None], range(-3, 5), range(-70, 90)])
    left = random.choice(near)
    values = {
        "name": random.choice(NAMES), "email": f"user-{number}@b.example", "user_id": random.choice([None, f"Id-{number}"]),
        "second_email": random.choice([None, f"second-{number}@c.example"]), "registered_at": now, "registered_by": "test",
        "email_refused_at": random.choice([None, None, None, now]), "second_refused_at": random.choice([None, now]),
        "expires_on": None if left is None else today + timedelta(days=left), "next_step_at": now,
    }  # fmt: skip
    mine = random.sample(list(keys), random.choice([1, 1, 1, 2, 3]))
    home = random.choice(mine)
    key = connection.execute(insert(person).values(home_id=home, **values).returning(person.c.id)).scalar_one()
    for where in mine:
        stays = where == home or random.random() < 0.8
        connection.execute(
            insert(membership).values(
                person_id=key, practice_id=where, role=random.choice(list(Role)), registered_at=now, registered_by="test",
                left_at=None if stays else now, expires_on=values["expires_on"], is_home=where == home,
            )
        )  # fmt: skip
    for _ in range(random.choice([0, 0, 0, 1, 2])):
        first = today + timedelta(days=random.randint(-40, 40))
        last = random.choice([None, first + timedelta(days=random.randint(0, 40))])
        cleared = random.choice([None, None, now])
        connection.execute(
            insert(absence).values(
                person_id=key, from_on=first, to_on=last, recorded_at=now, recorded_by="test", cleared_at=cleared
            )
        )


def belongs(found: Standing, part: Part) -> bool:
    """Judge one person as the product's words say it, without SQL and without `policy.parts`."""
    left = found.days_left if found.days_left is not None else 0
    needy = found.status in {Status.EXPIRED, Status.DUE, Status.UNKNOWN}
    return {
        Part.EVERYBODY: True,
        Part.ATTENTION: needy or found.is_unreachable or found.lapses_while_away,
        Part.DUE_NOW: found.status is Status.DUE and left <= 3,
        Part.DUE_SOON: found.status is Status.DUE and left > 3,
        Part.UNREACHABLE: found.is_unreachable,
    }.get(part, found.status.value == part.value)


def soonest_first(found: Standing) -> tuple[bool, date, int, int]:
    expiry = found.person.expires_on
    return (expiry is None, expiry or date.max, found.person.id, found.practice_id)


def keys_of(found: Sequence[Standing]) -> list[Key]:
    return [Key(one.person.id, one.practice_id) for one in found]


def pages(listed: Listing, wanted: Wanted) -> Iterator[Key]:
    """Leaf through every page."""
    number = 1
    while True:
        page = listed.page(wanted, number)
        yield from page.keys
        if number * listing.PAGE >= page.total:
            return
        number += 1


def words_in(text: str) -> tuple[tuple[str, Role | None], ...]:
    return tuple((word, ROLE_WORDS.get(word)) for word in text.split())


def says(found: Standing, word: str) -> bool:
    who = found.person
    texts = (who.name, who.email, who.second_email or "", who.user_id or "")
    return any(word.lower() in text.lower() for text in texts) or found.role is ROLE_WORDS.get(word)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 7)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("short", [0, 1000])
def test_every_part_holds_whom_judging_one_by_one_puts_there(
    store: Store, monkeypatch: pytest.MonkeyPatch, short: int
) -> None:
    monkeypatch.setattr(listing, "SHORT", short)
    random = Random(1)
    for number in range(15):
        with store.write() as connection:
            drawn = draw(random, connection, number)
        with store.read() as connection:
            everybody = sorted(
                (one for key in drawn.here for one in standing.of_practice(connection, key, drawn.now)),
                key=soonest_first,
            )
            listed = Listing(connection, drawn.here, drawn.now)
            plainly = {part: [one for one in everybody if belongs(one, part)] for part in Part}
            found = {part: list(pages(listed, Wanted(part=part))) for part in Part}

            assert found == {part: keys_of(plain) for part, plain in plainly.items()}, f"world {number}"
            assert listed.counts == {part: len(plain) for part, plain in plainly.items()}, f"world {number}"
            assert listed.people == {part: len({one.person.id for one in plain}) for part, plain in plainly.items()}
            backwards = listed.keys(Wanted(part=Part.ATTENTION, backwards=True))
            assert backwards == list(reversed(found[Part.ATTENTION]))


@pytest.mark.usefixtures("small_pages")
def test_a_search_finds_whoever_says_every_word(store: Store) -> None:
    random = Random(2)
    for number in range(8):
        with store.write() as connection:
            drawn = draw(random, connection, number)
        with store.read() as connection:
            everybody = sorted(
                (one for key in drawn.here for one in standing.of_practice(connection, key, drawn.now)),
                key=soonest_first,
            )
            listed = Listing(connection, drawn.here, drawn.now)
            for text in SEARCHES:
                for part in (Part.EVERYBODY, Part.OK, Part.ATTENTION):
                    fits = [one for one in everybody if belongs(one, part) and all(says(one, w) for w in text.split())]
                    assert list(pages(listed, Wanted(part=part, words=words_in(text)))) == keys_of(fits), text
            for role in Role:
                fits = [one for one in everybody if one.role is role]
                assert list(pages(listed, Wanted(role=role))) == keys_of(fits)


def by_name(found: Standing) -> tuple[str, int, int]:
    return (found.person.name.lower(), found.person.id, found.practice_id)


def by_role(found: Standing) -> tuple[int, bool, date, int, int]:
    return (list(Role).index(found.role), *soonest_first(found))


@pytest.mark.parametrize(("order", "key"), [(Order.NAME, by_name), (Order.ROLE, by_role)])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_list_is_sorted_by_name_or_role(
    world: World, order: Order, key: Callable[[Standing], tuple[object, ...]], *, backwards: bool
) -> None:
    for number, role in enumerate([*Role, *reversed(Role)]):
        reset_on = date(2026, 10, 9) + timedelta(days=number) if number % 3 else None
        world.person(f"{'BCAbca'[number % 6]} {number}", reset_on, role=role, email=f"p{number}@x.example")
    with world.store.read() as connection:
        here = practices.load(connection)
        plain = sorted(standing.of_practice(connection, 1, world.now), key=key)
        found = Listing(connection, here, world.now).page(Wanted(order=order, backwards=backwards))
        shown = standing.of_members(connection, found.keys, world.now)

    wanted = list(reversed(plain)) if backwards else plain
    assert keys_of(shown) == list(found.keys) == keys_of(wanted)


def test_a_search_that_fits_too_many_is_cut_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_FOUND", 3)
    for name in ("Alma One", "Alma Two", "Alma Three", "Bo Alma", "Cy Four"):
        world.person(name)
    with world.store.read() as connection:
        listed = Listing(connection, practices.load(connection), world.now)
        many = listed.page(Wanted(words=(("alma", None),)))
        few = listed.page(Wanted(words=(("t", None), ("alma", None))))
        all_keys = listed.keys(Wanted(words=(("alma", None),)))

    assert (len(many.keys), many.total, many.is_cut) == (3, 3, True)
    assert (len(few.keys), few.is_cut) == (2, False)
    assert len(all_keys) == 4


@pytest.mark.parametrize(("number", "first"), [(-1, 0), (0, 0), (1, 0), (2, 2), (3, 4), (99, 4)])
def test_a_page_that_is_not_there_is_the_nearest_one(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int, first: int
) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    ids = [world.person(f"Person {letter}") for letter in "ABCDE"]
    with world.store.read() as connection:
        page = Listing(connection, practices.load(connection), world.now).page(Wanted(), number)

    assert [key.person_id for key in page.keys] == ids[first : first + 2]
    assert page.total == 5


def test_without_a_practice_there_is_nobody(world: World) -> None:
    world.person("Alma Reyes")
    with world.store.read() as connection:
        listed = Listing(connection, {}, world.now)

        assert set(listed.counts.values()) == set(listed.people.values()) == {0}
        assert listed.page(Wanted()).keys == ()


def test_who_left_or_came_back_is_listed_as_the_pages_show_them(world: World) -> None:
    alma = world.person("Alma Reyes", date(2026, 10, 9))
    with world.store.write() as connection:
        here = practices.load(connection)
        staff.pause(connection, world.look(alma), Absence(from_on=date(2026, 11, 1)), actor="test", now=world.now)
        paused = Listing(connection, here, world.now).counts
        staff.clear_pause(connection, world.look(alma), actor="test", now=world.now)
        back = Listing(connection, here, world.now).counts
        staff.remove(connection, world.look(alma), here[1], actor="test", now=world.now)
        gone = Listing(connection, here, world.now).counts

    assert (paused[Part.PAUSED], paused[Part.DUE]) == (1, 0)
    assert (back[Part.PAUSED], back[Part.DUE], back[Part.DUE_SOON]) == (0, 1, 1)
    assert gone[Part.EVERYBODY] == 0


def test_a_pair_that_is_no_member_is_passed_over(world: World) -> None:
    alma = world.person("Alma Reyes")
    with world.store.read() as connection:
        found = standing.of_members(connection, [(alma, 99), (alma, 1), (77, 1)], world.now)

        assert keys_of(found) == [Key(alma, 1)]
        assert memberships.some_members(connection, []) == {}
        assert people.get(connection, 77) is None
