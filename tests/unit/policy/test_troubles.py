"""The one list of troubles: each rule from both sides of its edge."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from reminder.policy.condition import Condition, Fault
from reminder.policy.troubles import Matter, Severity, troubles

NOW = datetime(2026, 12, 1, 14, tzinfo=UTC)
WELL = Condition(
    now=NOW,
    practices_since=NOW - timedelta(days=90),
    alive_at=NOW - timedelta(minutes=1),
    backup_at=NOW - timedelta(hours=20),
    free=10**10,
    rule_checked_on=date(2026, 11, 24),
)
AGO = Fault(since=NOW - timedelta(hours=1), detail="the server's own words")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_where_all_is_well_there_is_nothing_to_say() -> None:
    assert troubles(WELL) == []


@pytest.mark.parametrize(
    ("change", "matter"),
    [
        ({"alive_at": NOW - 3 * MINUTE}, None),
        ({"alive_at": NOW - 3 * MINUTE - timedelta(seconds=1)}, Matter.LAST_PASS),
        ({"alive_at": None}, Matter.LAST_PASS),
        ({"failed_pass": AGO}, Matter.LAST_PASS),
        ({"held": AGO}, Matter.QUEUE),
        ({"mail_set_up": False}, Matter.NO_MAIL_SERVER),
        ({"mail_set_up": False, "practices_since": None}, None),
        ({"mail_server": AGO}, Matter.MAIL_SERVER),
        ({"late": 1}, Matter.LATE),
        ({"in_doubt": 2}, None),
        ({"in_doubt": 3}, Matter.IN_DOUBT),
        ({"not_taken": 2}, None),
        ({"not_taken": 3}, Matter.NOT_TAKEN),
        ({"recorded_ahead": NOW + 27 * HOUR}, Matter.CLOCK),
        ({"zones_missing": ("America/Chicago",)}, Matter.TIME_ZONES),
        ({"unreadable": ("mail_url",)}, Matter.SETTINGS),
        ({"strange_links": True}, Matter.LINKS),
        ({"without_admin": 1}, Matter.NO_ADMIN),
        ({"backup_at": NOW - 26 * HOUR}, None),
        ({"backup_at": NOW - 27 * HOUR}, Matter.BACKUP),
        ({"backup_at": None}, Matter.BACKUP),
        ({"backup_at": None, "practices_since": NOW - HOUR}, None),
        ({"backup_at": None, "practices_since": None}, None),
        ({"failed_backup": AGO}, Matter.BACKUP),
        ({"no_place": "/b cannot be written to"}, Matter.BACKUP),
        ({"no_place": "/b", "failed_backup": AGO, "backup_at": None, "keeps_backups": False}, None),
        ({"free": 500 * 10**6}, None),
        ({"free": 500 * 10**6 - 1}, Matter.DISK),
        ({"mute": {"webhook": AGO}}, Matter.ALARMS),
        ({"rule_checked_on": date(2025, 12, 1)}, None),
        ({"rule_checked_on": date(2025, 11, 30)}, Matter.RULE),
        ({"database": AGO}, Matter.DATABASE),
        ({"schema": AGO}, Matter.SCHEMA),
    ],
)
def test_each_rule_speaks_up_at_its_edge_and_not_before(change: dict[str, Any], matter: Matter | None) -> None:
    assert [found.matter for found in troubles(replace(WELL, **change))] == ([matter] if matter else [])


EVERYTHING = replace(
    WELL,
    alive_at=None,
    held=AGO,
    mail_set_up=False,
    mail_server=AGO,
    late=2,
    in_doubt=3,
    not_taken=3,
    recorded_ahead=NOW + 3 * DAY,
    zones_missing=("America/Chicago",),
    unreadable=("mail_url",),
    strange_links=True,
    without_admin=2,
    failed_backup=AGO,
    free=0,
    mute={"ping": AGO, "webhook": AGO},
    rule_checked_on=date(2020, 1, 1),
)


def test_the_worst_comes_first() -> None:
    severities = [found.severity for found in troubles(EVERYTHING)]

    assert severities == sorted(severities, key=list(Severity).index)
    assert len(set(severities)) == 3


def test_each_says_what_to_do_and_keeps_its_details_from_strangers() -> None:
    for found in [*troubles(EVERYTHING), *troubles(Condition(now=NOW, database=AGO, schema=AGO))]:
        assert found.title
        assert found.words.endswith((".", "?"))
        assert found.cure
        assert AGO.detail not in found.words + found.cure
        assert "America/Chicago" not in found.words


def test_without_a_database_only_the_machine_is_judged() -> None:
    found = troubles(replace(EVERYTHING, database=AGO))

    assert [trouble.matter for trouble in found] == [
        Matter.DATABASE,
        Matter.CLOCK,
        Matter.TIME_ZONES,
        Matter.DISK,
        Matter.ALARMS,
        Matter.ALARMS,
    ]


def test_a_folder_that_somebody_chose_stops_nobodys_health() -> None:
    found = troubles(replace(WELL, mail_set_up=None))

    assert [trouble.severity for trouble in found] == [Severity.WARNING]


@pytest.mark.parametrize(
    ("change", "severity", "since"),
    [
        ({"database": AGO}, Severity.STOPPED, AGO.since),
        ({"schema": AGO}, Severity.STOPPED, AGO.since),
        ({"alive_at": NOW - HOUR}, Severity.STOPPED, NOW - HOUR),
        ({"failed_pass": AGO}, Severity.STOPPED, AGO.since),
        ({"held": AGO}, Severity.STOPPED, AGO.since),
        ({"mail_set_up": False}, Severity.STOPPED, WELL.practices_since),
        ({"mail_set_up": False, "is_live": False}, Severity.WARNING, WELL.practices_since),
        ({"mail_server": AGO}, Severity.STOPPED, AGO.since),
        ({"recorded_ahead": NOW + 3 * DAY}, Severity.STOPPED, None),
        ({"zones_missing": ("America/Chicago",)}, Severity.STOPPED, None),
        ({"late": 1}, Severity.BROKEN, None),
        ({"not_taken": 3}, Severity.BROKEN, None),
        ({"in_doubt": 3}, Severity.BROKEN, None),
        ({"unreadable": ("mail_url",)}, Severity.BROKEN, None),
        ({"strange_links": True}, Severity.STOPPED, None),
        ({"without_admin": 1}, Severity.BROKEN, None),
        ({"failed_backup": AGO}, Severity.BROKEN, AGO.since),
        ({"backup_at": NOW - 3 * DAY}, Severity.BROKEN, NOW - 3 * DAY),
        ({"free": 0}, Severity.BROKEN, None),
        ({"mute": {"ping": AGO}}, Severity.BROKEN, AGO.since),
        ({"rule_checked_on": date(2020, 1, 1)}, Severity.WARNING, None),
    ],
)
def test_how_bad_it_is_and_since_when(change: dict[str, Any], severity: Severity, since: datetime | None) -> None:
    (found,) = troubles(replace(WELL, **change))

    assert (found.severity, found.since) == (severity, since)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"alive_at": NOW - HOUR}, "The reminders have not run since Dec 01, 13:00 UTC. Is the program running"),
        ({"alive_at": None}, "The reminders have not run so far."),
        ({"held": AGO}, "look at the list, then release it"),
        ({"held": AGO, "is_probed": True}, "it is tried again every 15 minutes"),
        ({"held": AGO}, "Sending is held: the server's own words."),
        ({"late": 1}, "1 mail is overdue and nothing sends it."),
        ({"late": 2}, "2 mails are overdue and nothing sends them."),
        ({"not_taken": 4}, "4 mails in a row were not taken by the mail server."),
        ({"in_doubt": 4}, "4 mails were given to the mail server, which did not say it has them."),
        ({"unreadable": ("mail_url", "alert_email")}, "this secret key: mail_url, alert_email."),
        ({"strange_links": True}, "The links in mails that this machine makes and opens are not those of the others"),
        ({"without_admin": 1}, "1 practice has no admin"),
        ({"without_admin": 2}, "2 practices have no admin"),
        ({"backup_at": NOW - 3 * DAY}, "There is no backup of the last day."),
        ({"backup_at": None}, "No backup was ever made."),
        ({"recorded_ahead": NOW + 3 * DAY}, "The clock says 2026-12-01 14:00 UTC"),
        ({"zones_missing": ("Asia/Tokyo", "Asia/Seoul")}, "No time zone data for Asia/Tokyo, Asia/Seoul."),
        ({"free": 4.4 * 10**8}, "The disk has 0.4 GB left."),
        ({"free": 0}, "at 500 MB and less"),
        ({"mute": {"ping": AGO}}, "The ping that tells of troubles cannot be reached: the server's own words."),
        ({"rule_checked_on": date(2020, 1, 2)}, "since 2020-01-02"),
    ],
)
def test_what_is_said_of_it(change: dict[str, Any], words: str) -> None:
    (found,) = troubles(replace(WELL, **change))

    assert words in f"{found.words} {found.detail} {found.cure}"


def test_what_nobody_has_counted_is_none_at_all() -> None:
    bare = Condition(now=NOW)

    assert (bare.late, bare.not_taken, bare.in_doubt, bare.without_admin, bare.rule_days) == (0, 0, 0, 0, 0)
