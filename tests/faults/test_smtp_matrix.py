"""Every class of answers and every kind of fault at every stage; `make soak` plays the whole matrix."""

from __future__ import annotations

import gc
import select
import socket
import struct
from typing import TYPE_CHECKING

import pytest

from reminder.mail import dialogue
from reminder.mail.replies import broken
from reminder.mail.smtp import Security
from reminder.mail.transport import Outcome, Stage, Verdict
from tests.faults.smtp_answers import BY_NAME, FAULTS
from tests.faults.smtp_faults import FaultyServer
from tests.faults.smtp_loop import SHORT, loop_faults
from tests.faults.smtp_matrix import STAGES, Cell, cells, converse, every_class, play, run, way_to
from tests.smtp_server import server_context

if TYPE_CHECKING:
    from reminder.store.engine import Store


def test_every_class_of_fault_at_every_stage_means_what_the_table_says() -> None:
    count, faults = play(every_class())

    assert faults == []
    assert count > 1000


def test_the_matrix_is_as_large_as_promised() -> None:
    whole = list(cells())

    assert len(STAGES) >= 16
    assert len(FAULTS) >= 45
    assert len({(cell.stage, cell.fault.name, cell.security) for cell in whole}) >= 2000
    assert {cell.stage for cell in every_class()} == set(STAGES)
    assert {cell.fault.meaning for cell in every_class()} == {fault.meaning for fault in FAULTS}


def lost_before(error: BaseException) -> Verdict:
    """A mistake that many made: a connection lost after the dot is taken for one lost before it."""
    return broken(Stage.DOT, error)


@pytest.mark.parametrize(
    ("stage", "name", "seeded"),
    [
        ("dot", "drop", {"doubt": lost_before}),
        ("dot", "yes and no", {"doubt": lost_before}),
        ("mail", "with a refusal behind it", {"is_out_of_step": lambda *_: False}),
        ("rcpt", "550", {"refused": lambda *_: Outcome.DEFERRED}),
    ],
)
def test_a_seeded_mistake_is_found(
    stage: str, name: str, seeded: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for attribute, mistake in seeded.items():
        monkeypatch.setattr(dialogue, attribute, mistake)

    cell = Cell(stage, BY_NAME[name], Security.PLAIN, pipelining=True)
    assert run(cell)


CHOSEN = ("drop", "reset", "silence", "half a line and the end", "yes and no", "doubled", "250", "354", "451", "554")


@pytest.mark.parametrize("name", CHOSEN)
def test_a_mail_in_doubt_is_sent_again_once_and_a_taken_one_never(sqlite_store: Store, name: str) -> None:
    assert loop_faults(sqlite_store, BY_NAME[name]) == []


def test_after_an_answer_that_came_twice_a_refusal_is_not_taken_for_final() -> None:
    """Of the next mail, named in one breath, DATA then gets the answer to RCPT: no word about its content."""
    server = FaultyServer("dot", BY_NAME["doubled"], Security.PLAIN, pipelining=True, refuses=b"<two@")
    with server.serving():
        first, second = converse(way_to(server, SHORT), "dot")

    assert (first.outcome, second.outcome) == (Outcome.ACCEPTED, Outcome.DEFERRED)


@pytest.mark.filterwarnings("error::ResourceWarning")
def test_a_server_of_the_tests_leaves_nothing_open_when_it_is_reset_before_its_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        there = socket.create_connection(listener.getsockname())
        here, _ = listener.accept()
        there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        there.close()
        assert select.select([here], [], [], 5)[0]  # the reset is here

        with pytest.raises(ConnectionResetError):
            server_context().wrap_socket(here, server_side=True)
        gc.collect()
