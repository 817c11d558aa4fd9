"""Compares the records with each other by plain SQL, apart from the code that writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

CHECKS = {
    "a person's reset is not the last one that stands": """
        select p.id from person p
        where coalesce(p.reset_id, 0) <> coalesce((
            select max(r.id) from reset r
            where r.person_id = p.id and r.undoes_id is null
              and not exists (select 1 from reset u where u.undoes_id = r.id)), 0)""",
    "a person's reset date is not that of the reset": """
        select p.id from person p join reset r on r.id = p.reset_id where p.reset_on <> r.reset_on""",
    "a person has no home, but a practice": """
        select p.id from person p where p.home_id is null
          and exists (select 1 from membership m where m.person_id = p.id and m.left_at is null)""",
    "a person's home is a practice they are not in": """
        select p.id from person p where p.home_id is not null
          and not exists (select 1 from membership m
                          where m.person_id = p.id and m.practice_id = p.home_id and m.left_at is null)""",
    "a membership has another expiry date than its person": """
        select m.id from membership m join person p on p.id = m.person_id
        where m.expires_on <> p.expires_on or (m.expires_on is null) <> (p.expires_on is null)""",
    "a membership is wrong about whose home it is": """
        select m.id from membership m join person p on p.id = m.person_id
        where m.is_home <> coalesce(p.home_id = m.practice_id, false)""",
    "a mail counts as sent without an accepted attempt": """
        select r.id from reminder r where r.state = 'sent'
          and not exists (select 1 from attempt a where a.reminder_id = r.id and a.outcome = 'accepted')""",
    "a mail was accepted, but does not count as sent": """
        select r.id from reminder r join attempt a on a.reminder_id = r.id and a.outcome = 'accepted'
        where r.state <> 'sent'""",
    "a mail about an ended cycle still waits": """
        select r.id from reminder r join person p on p.id = r.person_id
        where r.kind in ('warning', 'expired') and r.state in ('planned', 'deferred', 'in_doubt')
          and (p.expires_on is null or p.expires_on <> r.cycle_on)""",
    "a step waits twice": """
        select min(r.id) from reminder r
        where r.kind in ('warning', 'expired') and r.state in ('planned', 'deferred') and not r.trial
        group by r.person_id, r.cycle_on, r.step having count(*) > 1""",
    "a mail is claimed without a lease": """
        select r.id from reminder r where r.state in ('claimed', 'sending') and (r.lease_until is null or r.owner is null)""",
}
"""What must never be found, each with the query that would find it."""


def differences(connection: Connection) -> list[str]:
    """Return what does not agree, one line each with the number of the row."""
    return [f"{name} ({row[0]})" for name, query in CHECKS.items() for row in connection.execute(text(query))]
