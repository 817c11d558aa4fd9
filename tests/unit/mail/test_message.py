"""The bytes of a mail, against the standard library's parser: what is read back is what was meant, and nothing else."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder.mail.message import LONGEST_LINE, Envelope, MessageError, build, message_id
from reminder.mail.wording import Rendered
from tests.unit.mail.parsing import mailboxes, read_back

HEADERS = {
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "X-Reminder-Kind", "Auto-Submitted",
    "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
}  # fmt: skip
NAMES = st.text(max_size=100)
ORDINARY = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), max_size=80)
BODIES = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=600)
LONG_LINES = st.builds(
    lambda word, count: word * count, st.sampled_from(["x", "é", "a b ", "=", ".", "💡"]), st.integers(0, 1100)
)


def envelope(name: str, sender: str, link: str | None = None) -> Envelope:
    return Envelope(
        kind="warning",
        sender_name=sender,
        sender_address="reminders@lakeside.example",
        reply_to="dana@lakeside.example",
        recipient_name=name,
        recipient="alma@lakeside.example",
        message_id=message_id(7, 1, "lakeside.example"),
        date=datetime(2026, 12, 1, 14, tzinfo=UTC),
        list_unsubscribe=link,
    )


@given(name=ORDINARY, sender=ORDINARY, subject=ORDINARY, text=BODIES | LONG_LINES, html=BODIES | LONG_LINES)
def test_what_is_read_back_is_what_was_meant(name: str, sender: str, subject: str, text: str, html: str) -> None:
    name, sender, subject = (" ".join(words.split()) for words in (name, sender, subject))
    text, html = text.strip() + "\n", html.strip() + "\n"
    try:
        data = build(envelope(name, sender), Rendered(subject=subject, text=text, html=html))
    except MessageError:
        assert "=?" in name + sender + subject
        return
    parsed = read_back(data)

    assert set(parsed.keys()) == HEADERS
    assert len(parsed.keys()) == len(HEADERS)
    assert mailboxes(data, "From") == [(sender, "reminders@lakeside.example")]
    assert mailboxes(data, "To") == [(name, "alma@lakeside.example")]
    assert str(parsed["Subject"]) == subject
    assert parsed["Date"].datetime == datetime(2026, 12, 1, 14, tzinfo=UTC)
    assert [part.get_content_type() for part in parsed.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    for subtype, meant in (("plain", text), ("html", html)):
        assert parsed.get_body(preferencelist=(subtype,)).get_content().replace("\r\n", "\n") == meant
    assert not [defect for part in parsed.walk() for defect in part.defects]


@given(name=NAMES, sender=NAMES, subject=NAMES, text=BODIES | LONG_LINES)
def test_whatever_is_written_is_lines_a_server_takes(name: str, sender: str, subject: str, text: str) -> None:
    try:
        data = build(envelope(name, sender), Rendered(subject=subject, text=text, html=text))
    except MessageError:
        return

    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert set(read_back(data).keys()) == HEADERS


@pytest.mark.parametrize(("length", "is_taken"), [(LONGEST_LINE, True), (LONGEST_LINE + 1, False)])
def test_a_line_of_the_head_that_no_server_would_take_names_the_mail(length: int, *, is_taken: bool) -> None:
    link = "https://lakeside.example/".ljust(length - len("List-Unsubscribe: <>"), "x")
    given_up = nullcontext() if is_taken else pytest.raises(MessageError, match=r"<reminder\.7\.1@lakeside\.example>")

    with given_up:
        build(
            envelope("Alma", "Lakeside", link), Rendered(subject="Hello", text="One line.\n", html="<p>One line.</p>\n")
        )
