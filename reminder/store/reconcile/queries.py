"""What must never be found, as far as plain SQL can say it."""

from __future__ import annotations

STANDING = """
    select max(r.id) from reset r where r.person_id = p.id and r.undoes_id is null
      and not exists (select 1 from reset u where u.undoes_id = r.id)"""
"""The reset of a person that was recorded last and not undone."""

PEOPLE = {
    "a person's reset is not the last one that stands": f"""
        select p.id from person p where coalesce(p.reset_id, 0) <> coalesce(({STANDING}), 0)""",  # noqa: S608 - our own text
    "a person's reset date is not that of the reset": """
        select p.id from person p join reset r on r.id = p.reset_id
        where p.reset_on is null or p.reset_on <> r.reset_on""",
    "a person has a date without a reset": """
        select p.id from person p where p.reset_id is null
          and (p.reset_on is not null or p.expires_on is not null or p.known_on is not null)""",
    "a person has no home, but a practice": """
        select p.id from person p where p.home_id is null
          and exists (select 1 from membership m where m.person_id = p.id and m.left_at is null)""",
    "a person's home is a practice they are not in": """
        select p.id from person p where p.home_id is not null
          and not exists (select 1 from membership m
                          where m.person_id = p.id and m.practice_id = p.home_id and m.left_at is null)""",
    "a person got mail, but counts as one who never did": """
        select p.id from person p where p.greeted_at is null
          and exists (select 1 from reminder r where r.person_id = p.id and r.content is not null and not r.trial)""",
    "an address counts as refused, but the server never said so": """
        select p.id from person p
        where (p.email_refused_at is not null
               and (p.email_refused_reply is null or not exists (
                   select 1 from attempt a join reminder r on r.id = a.reminder_id
                   where r.person_id = p.id and r.recipient = p.email and a.outcome = 'refused_recipient'
                     and a.finished_at = p.email_refused_at)))
           or (p.second_refused_at is not null and not exists (
                   select 1 from attempt a join reminder r on r.id = a.reminder_id
                   where r.person_id = p.id and r.recipient = p.second_email and a.outcome = 'refused_recipient'
                     and a.finished_at = p.second_refused_at))""",
    "a membership has another expiry date than its person": """
        select m.id from membership m join person p on p.id = m.person_id
        where m.expires_on <> p.expires_on or (m.expires_on is null) <> (p.expires_on is null)""",
    "a membership is wrong about whose home it is": """
        select m.id from membership m join person p on p.id = m.person_id
        where m.is_home <> coalesce(p.home_id = m.practice_id, false)""",
    "a membership has a role that is none": """
        select m.id from membership m where m.role not in
            ('individual_provider', 'authorized_official', 'access_manager', 'staff_end_user', 'surrogate')""",
    "an absence ends before it begins": "select a.id from absence a where a.to_on < a.from_on",
    "a practice is live without a day, or has a day and is not": """
        select p.id from practice p where (p.mode = 'live') <> (p.live_at is not null)""",
    "there is no rule": "select 0 where not exists (select 1 from rule where key = 'ia')",
    "a practice is never looked at": "select p.id from practice p where p.next_check_at is null",
}

MAILS = {
    "a mail is in a state that is none": """
        select r.id from reminder r where r.state not in ('planned', 'claimed', 'sending', 'sent', 'in_doubt',
                                                          'deferred', 'failed', 'cancelled', 'superseded')""",
    "a mail's state and its end differ": """
        select r.id from reminder r
        where (r.state = 'sent') <> (r.sent_at is not null) or (r.state = 'failed') <> (r.failed_at is not null)
           or (r.state = 'cancelled') <> (r.cancelled_at is not null)
           or (r.state = 'superseded') <> (r.superseded_at is not null)""",
    "a mail's state has no time": """
        select r.id from reminder r
        where (r.state = 'in_doubt' and r.in_doubt_at is null) or (r.doubts > 0 and r.in_doubt_at is null)
           or (r.state = 'deferred' and (r.deferred_at is null or r.failures < 1))
           or (r.state in ('claimed', 'sending') and r.claimed_at is null)
           or (r.state in ('sending', 'sent') and r.sending_at is null)""",
    "a mail ended without a reason": """
        select r.id from reminder r
        where r.state in ('failed', 'cancelled', 'superseded') and coalesce(r.reason, '') = ''""",
    "a mail is claimed without a lease, or has a lease and is not": """
        select r.id from reminder r
        where (r.state in ('claimed', 'sending')) <> (r.lease_until is not null)
           or (r.lease_until is null) <> (r.owner is null)""",
    "a mail was claimed without a fence, or has a fence and was not": """
        select r.id from reminder r where (r.claimed_at is null) <> (r.fence = 0)""",
    "a mail has more attempts than claims": """
        select r.id from reminder r where r.fence < (select count(*) from attempt a where a.reminder_id = r.id)""",
    "a mail counts more faults than the server made": """
        select r.id from reminder r
        where r.failures > (select count(*) from attempt a where a.reminder_id = r.id and a.outcome = 'deferred')
           or r.doubts > (select count(*) from attempt a where a.reminder_id = r.id and a.outcome = 'in_doubt')""",
    "a mail counts as sent without an accepted attempt": """
        select r.id from reminder r where r.state = 'sent'
          and not exists (select 1 from attempt a where a.reminder_id = r.id and a.outcome = 'accepted'
                            and a.finished_at = r.sent_at)""",
    "a mail was accepted, but does not count as sent": """
        select r.id from reminder r join attempt a on a.reminder_id = r.id and a.outcome = 'accepted'
        where r.state <> 'sent' and r.in_doubt_at is null""",
    "a mail was accepted twice without having been in doubt": """
        select r.id from reminder r where r.in_doubt_at is null
          and (select count(*) from attempt a where a.reminder_id = r.id and a.outcome = 'accepted') > 1""",
    "a mail failed, but the server never said so": """
        select r.id from reminder r where r.state = 'failed' and r.reason not like 'cannot be written:%'
          and not exists (select 1 from attempt a where a.reminder_id = r.id and a.finished_at = r.failed_at
                            and a.outcome in ('deferred', 'refused_recipient', 'refused_content'))""",
    "a mail was put off, but the server never said so": """
        select r.id from reminder r where r.deferred_at is not null
          and not exists (select 1 from attempt a where a.reminder_id = r.id and a.outcome = 'deferred'
                            and a.finished_at = r.deferred_at)""",
    "an attempt has an outcome that its answer does not give": """
        select a.id from attempt a
        where a.outcome not in ('accepted', 'deferred', 'in_doubt', 'refused_recipient', 'refused_content')
           or (a.outcome in ('accepted', 'in_doubt') and a.stage <> 'dot')
           or (a.outcome = 'accepted' and a.code not between 200 and 299)
           or (a.outcome like 'refused%' and a.code not between 500 and 599)""",
    "a mail is frozen in part": """
        select r.id from reminder r
        where (r.content is null) <> (r.message_id is null) or (r.content is null) <> (r.wording is null)
           or (r.content is null) <> (r.frozen_on is null) or (r.content is null) <> (r.frozen_at is null)
           or (r.content is null and r.state in ('sending', 'sent', 'in_doubt'))""",
    "two mails have one Message-ID": """
        select max(r.id) from reminder r where r.message_id is not null group by r.message_id having count(*) > 1""",
    "a mail about an ended cycle still waits": """
        select r.id from reminder r join person p on p.id = r.person_id
        where r.kind in ('warning', 'expired') and r.state in ('planned', 'deferred', 'in_doubt')
          and (p.expires_on is null or p.expires_on <> r.cycle_on)""",
    "a question waits for somebody whose date is known": """
        select r.id from reminder r join person p on p.id = r.person_id
        where r.kind = 'ask' and r.state in ('planned', 'deferred', 'in_doubt') and p.expires_on is not null""",
    "two steps of one cycle wait": """
        select max(r.id) from reminder r
        where r.kind in ('warning', 'expired', 'ask') and r.state in ('planned', 'deferred', 'in_doubt')
          and r.next_at is not null
        group by r.person_id, r.cycle_on, r.trial having count(distinct r.step) > 1""",
    "a step waits twice": """
        select max(r.id) from reminder r
        where r.kind in ('warning', 'expired') and r.state in ('planned', 'deferred') and not r.trial
        group by r.person_id, r.cycle_on, r.step having count(*) > 1""",
}

CHECKS = PEOPLE | MAILS
"""Each difference, with the query that finds the rows that have it."""
