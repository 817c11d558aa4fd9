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
        ({"without_admin": 1}, Matter.NO_ADMIN),
        ({"backup_at": NOW - 26 * HOUR}, None),
        ({"backup_at": NOW - 27 * HOUR}, Matter.BACKUP),
        ({"backup_at": None}, Matter.BACKUP),
        ({"backup_at": None, "practices_since": NOW - HOUR}, None),
        ({"backup_at": None, "practices_since": None}, None),
        ({"failed_backup": AGO}, Matter.BACKUP),
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
