"""The whole way out, to a real SMTP server over TLS with a sign-in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from reminder.jobs.tick import tick
from reminder.mail.sign_in import Login
from reminder.mail.smtp import Security, SmtpTransport
from tests.smtp_server import HOST, client_context, keeping_server
from tests.world import World, chicago, read_mail

if TYPE_CHECKING:
    from reminder.store.engine import Store


def test_what_is_due_arrives_over_starttls_with_a_sign_in(store: Store) -> None:
    world = World(store, chicago("2026-12-01"))
    world.practice()
    for number in range(5):
        world.person(f"Person {number}", date(2026, 10, 9))
    with keeping_server(starttls=True, password="right") as kept:
        transport = SmtpTransport(
            host=HOST,
            port=kept.port,
            security=Security.STARTTLS,
            login=Login(user="office", password="right"),
            context=client_context(),
        )
        installation = replace(world.services.installation, transport=transport)
        tally = tick(replace(world.services, installation=installation))

    mails = [read_mail(recipients[0], data) for _, recipients, data in kept.mails]
    assert (tally.sent, tally.failed, kept.sign_ins) == (5, 0, 1)
    assert [mail.to for mail in mails] == [f"person.{number}@lakeside.example" for number in range(5)]
    assert all("7 days left" in mail.text for mail in mails)
    assert {row.state for row in world.reminders(step=7)} == {"sent"}
