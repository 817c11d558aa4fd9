from __future__ import annotations

import socket
from dataclasses import replace
from datetime import date

import pytest

from reminder.condition import gather, look_around
from reminder.jobs.link_check import NO_ADDRESS, OTHER_KEY
from reminder.jobs.releasing import release_queue
from reminder.mail.links import Links
from reminder.policy.troubles import Matter, troubles
from reminder.store import system
from reminder.store.epoch import RESTORED
from tests.world import KEY, PUBLIC_URL, World, chicago

OTHER = "a key that another machine made"


@pytest.fixture
def sent(world: World) -> World:
    """Alma has had her mail; Ben's is due."""
    world.person("Alma Reyes", date(2026, 10, 9))
    world.tick(chicago("2026-12-01"))
    world.person("Ben Okafor", date(2026, 10, 9))
    return world


def use(world: World, *keys: str, url: str = PUBLIC_URL) -> None:
    """Go on as a machine with these settings does."""
    world.services.installation = replace(world.services.installation, links=Links(url, list(keys)))


def hold_of(world: World) -> system.Hold | None:
    with world.store.read() as connection:
        return system.hold(connection)


def release(world: World) -> None:
    with world.store.write() as connection:
        release_queue(connection, actor="test", now=world.now, links=world.services.links)


def names(world: World) -> list[str]:
    return [mail.to.partition(".")[0] for mail in world.mails]


@pytest.mark.parametrize(
    ("keys", "url"),
    [
        ([KEY], PUBLIC_URL),
        (["a new key to sign with", KEY], PUBLIC_URL),
        ([KEY, "a new key, accepted before it signs"], PUBLIC_URL),
        ([KEY], "https://another.example"),
    ],
)
def test_a_machine_whose_links_the_others_open_sends(sent: World, keys: list[str], url: str) -> None:
    use(sent, *keys, url=url)
    sent.tick()

    assert (hold_of(sent), names(sent)) == (None, ["alma", "ben"])


@pytest.mark.parametrize(
    ("key", "url", "reason", "cure"),
    [
        (OTHER, PUBLIC_URL, OTHER_KEY, "set REMINDER_SECRET_KEY"),
        (KEY, "http://127.0.0.1:8060", NO_ADDRESS, "set REMINDER_PUBLIC_URL"),
    ],
)
def test_a_machine_whose_links_would_open_nothing_sends_none_and_is_named(
    sent: World, key: str, url: str, reason: str, cure: str
) -> None:
    use(sent, key, url=url)
    sent.tick()
    held = hold_of(sent)

    assert names(sent) == ["alma"]
    assert held is not None
    assert (held.reason, held.waits_for_admin) == (reason, True)
    assert f"on {socket.gethostname()}, {cure}" in held.cure


def test_the_others_go_on_once_it_is_set_right_and_released(sent: World) -> None:
    use(sent, OTHER)
    sent.tick()
    use(sent, KEY)
    release(sent)
    sent.tick()

    assert (hold_of(sent), names(sent)) == (None, ["alma", "ben"])


def test_a_key_that_is_lost_is_replaced_by_releasing(sent: World) -> None:
    use(sent, OTHER)
    sent.tick()
    release(sent)
    sent.tick()
    use(sent, KEY)
    sent.tick()

    assert names(sent) == ["alma", "ben"]
    assert (hold := hold_of(sent)) is not None
    assert hold.reason == OTHER_KEY


def test_who_releases_under_the_right_key_does_not_let_the_other_one_pass(sent: World) -> None:
    use(sent, OTHER)
    sent.tick()
    use(sent, KEY)
    release(sent)
    use(sent, OTHER)
    sent.tick()
    held = hold_of(sent)

    assert names(sent) == ["alma"]
    assert held is not None
    assert held.reason == OTHER_KEY


def test_a_key_of_before_may_be_left_out_once_another_has_signed(sent: World) -> None:
    for keys in (["a new key to sign with", KEY], ["a new key to sign with"]):
        use(sent, *keys)
        sent.tick()

    assert (hold_of(sent), names(sent)) == (None, ["alma", "ben"])


def test_pages_on_this_machine_may_get_an_address_and_another_port(world: World) -> None:
    for url in ("http://127.0.0.1:8060", "http://localhost:9000", PUBLIC_URL):
        use(world, KEY, url=url)
        world.tick(chicago("2026-12-01"))

    assert hold_of(world) is None


def test_who_releases_what_was_restored_is_still_told_of_a_lost_key(sent: World) -> None:
    use(sent, OTHER)
    with sent.store.write() as connection:
        system.set_hold(connection, system.Hold(reason=RESTORED, cure="look at it", since_at=sent.now))
    sent.tick()
    release(sent)
    sent.tick()

    assert names(sent) == ["alma"]
    assert (hold := hold_of(sent)) is not None
    assert hold.reason == OTHER_KEY


@pytest.mark.parametrize(("key", "matters"), [(KEY, []), (OTHER, [Matter.LINKS])])
def test_pages_without_a_sender_and_doctor_tell_it_of_themselves(sent: World, key: str, matters: list[Matter]) -> None:
    settings = replace(sent.settings, secret_key=key, public_url=PUBLIC_URL)
    found = troubles(gather(sent.store, settings, look_around(sent.store, settings, sent.now), sent.now))

    assert [trouble.matter for trouble in found if trouble.matter in {Matter.LINKS, Matter.QUEUE}] == matters
