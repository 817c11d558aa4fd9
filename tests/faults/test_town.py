"""What judges the loops must see what went wrong: each test makes one thing wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from tests.faults.sink import sink
from tests.faults.town import START, Site, drain, judge, settle
from tests.faults.virtual_time import VirtualTime
from tests.soak import differences, stops
from tests.soak.__main__ import main
from tests.soak.budget import Budget

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.faults.sink import Taken


def lost(taken: list[Taken]) -> list[Taken]:
    return taken[1:]


def doubled(taken: list[Taken]) -> list[Taken]:
    return [*taken, taken[0]]


def other_bytes(taken: list[Taken]) -> list[Taken]:
    return [*taken, replace(taken[0], sha256="other")]


def other_mail(taken: list[Taken]) -> list[Taken]:
    return [*taken, replace(taken[0], message_id="<reminder.1.2@lakeside.example>")]


@pytest.mark.parametrize(
    ("bug", "faults"),
    [
        (list, []),
        (lost, ["lost: person.0@", "said to be sent, but never taken"]),
        (doubled, ["a second copy that was not in doubt beforehand"]),
        (other_bytes, ["copies that differ"]),
        (other_mail, ["2 different mails: person.0@", "a mail that no record knows"]),
    ],
)
def test_what_the_mail_server_took_is_compared_with_the_records(
    tmp_path: Path, bug: Callable[[list[Taken]], list[Taken]], faults: list[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'reminder.db'}"
    addresses = settle(url, people=3)
    clock = VirtualTime(tmp_path / "time", START)
    with sink(tmp_path) as server:
        drain(Site(url=url, port=server.port, time=tmp_path / "time"), clock)
        taken = server.taken()
    found = judge(url, addresses, bug(taken))[1]

    assert len(found) == len(faults)
    assert all(text.startswith(fault) for text, fault in zip(found, faults, strict=True))


@pytest.mark.parametrize(("faults", "ended"), [([], 0), (["lost: a@b.example"], 1)])
def test_a_loop_prints_one_line_with_its_counts_and_its_seed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, faults: list[str], ended: int
) -> None:
    monkeypatch.setattr(differences, "run", lambda budget, _seed: {"minutes": budget.minutes, "faults": faults})

    assert main(["--minutes", "3", "--seed", "5", "differences"]) == ended
    line = json.loads(capsys.readouterr().out)
    assert (line["loop"], line["seed"], line["minutes"], line["faults"]) == ("differences", 5, 3, faults)


def test_a_loop_that_cannot_go_on_is_a_fault_and_the_others_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        message = "no such file"
        raise OSError(message)

    monkeypatch.setattr(differences, "run", broken)
    monkeypatch.setattr(stops, "run", lambda budget, _seed: {"minutes": budget.minutes, "faults": []})

    assert main(["--minutes", "3", "differences", "stops"]) == 1
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["faults"] == ["the loop ended: OSError: no such file"]
    assert (second["loop"], second["minutes"]) == ("stops", 1.5)


def test_rounds_go_on_until_the_time_is_over_each_with_a_seed_of_its_own() -> None:
    none, some = Budget(minutes=0), Budget(minutes=60)

    assert len(list(none.rounds(seed=1))) == 1
    assert list(islice(some.rounds(seed=1), 3)) == list(islice(some.rounds(seed=1), 3))
    assert len(set(islice(some.rounds(seed=1), 3))) == 3


def test_a_loop_that_is_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["nonsense"])

    assert "no loop is called nonsense; there are kills, " in capsys.readouterr().err
