"""Every mail, parsed back: what it says, where it leads, what it never says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from reminder.errors import UsageError
from reminder.mail.links import Links, Purpose, address_mark
from reminder.mail.message import Envelope, MessageError, build, message_id
from reminder.mail.wording import NAMES, Rendered, Wording
from reminder.policy.model import Role
from reminder.policy.phrases import days_phrase
from tests.unit.mail.parsing import mailboxes

WORDING = Wording.load()
LINKS = Links("https://reminders.lakeside.example", ["a key for tests"])
PEOPLE = [
    {"name": "Alma Reyes", "role": "authorized_official", "expires_on": "2026-12-04", "days_left": 3, "reached": True},
    {"name": "Ben Okafor", "role": "surrogate", "expires_on": "2026-11-30", "days_left": -1, "reached": False},
]
COMMON: dict[str, Any] = {
    "practice_name": "Lakeside Family Medicine",
    "sender_name": "Lakeside Family Medicine",
    "contact": "dana@lakeside.example",
    "own": dict.fromkeys(("greeting", "sign_off", "contact_line", "paragraph")),
    "today": "2026-12-01",
    "trial_for": None,
    "person_name": "Chloé Dubois",
    "colleague": "Dana Whitfield",
    "first_mail": True,
    "role": Role.STAFF_END_USER,
    "expires_on": "2026-12-08",
    "last_safe_on": "2026-12-07",
    "days_left": 7,
    "single_point_of_failure": False,
    "reset_on": "2026-12-01",
    "confidence": "confirmed",
    "people": PEOPLE,
    "total": 12,
    "expiring": PEOPLE[:1],
    "expired": PEOPLE[1:],
    "unknown": [],
    "unreachable": [],
    "absent": [{**PEOPLE[0], "lapses": True}],
    "coverage": {"registered": 2, "working": 1, "at_risk": True},
    "failed": 0,
    "good_until": "2026-12-04",
    "registered": 1,
    "working": 0,
    "matter": "disputed",
    "inviter": "Dana Whitfield",
    "admin_role": "editor",
    "admin_name": "Kim Lee",
    "new_email": "kim@new.example",
    "links": {
        "help": LINKS.help,
        "real": LINKS.real,
        "dashboard": LINKS.dashboard,
        "confirm": LINKS.confirm(3, "2026-12-08", "chloe@x.example"),
        "receipt": LINKS.receipt(9, "chloe@x.example"),
        "one_time": LINKS.sign_in("abc"),
    },
}
ACCOUNT_MATTERS = ["password", "factor_on", "factor_off", "factor_reset", "email", "added"]
FORBIDDEN = [
    r"payments? (will )?stop",
    r"855-267-1515",
    r"custhelp",
    r"eushelpdesk",
    r"ia\.cms\.gov",
    r"\bat midnight\b",
    r"wrong (tries|attempts)",
    r"CMS password",
    r"urgent|immediately|suspended",
]


def render(name: str, **changed: Any) -> Rendered:
    return WORDING.render(name, {**COMMON, **changed})


class Links_(HTMLParser):  # noqa: N801 - collects what a mail's HTML holds
    def __init__(self, html: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.loads: list[str] = []
        self.words: list[str] = []
        self._style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self._style = tag == "style"
        if "href" in found:
            self.hrefs.append(found["href"] or "")
        if tag in {"img", "script", "link", "iframe", "form", "input"} or "src" in found or "background" in found:
            self.loads.append(tag)

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.words.append(data)


def words(html: str) -> str:
    return " ".join(" ".join(Links_(html).words).split())


@pytest.mark.parametrize("days_left", [60, 14, 7, 3, 2, 1, 0, -1, -2, -7, -56])
@pytest.mark.parametrize("part", ["text", "html"])
def test_the_days_left_are_said_as_the_rule_says(days_left: int, part: str) -> None:
    name = "warning" if days_left >= 0 else "expired"
    rendered = render(name, days_left=days_left)
    text = words(rendered.html) if part == "html" else " ".join(rendered.text.split())

    assert days_phrase(days_left) in text
    assert "Tuesday, December 8, 2026" in text


@pytest.mark.parametrize(
    ("days_left", "phrase"),
    [
        (2, "2 days left"),
        (1, "expires tomorrow, today is the last safe day"),
        (0, "the expiry date is today; you may already be unable to sign in"),
        (-1, "expired yesterday"),
        (-2, "expired 2 days ago"),
    ],
)
def test_the_phrases_at_every_edge(days_left: int, phrase: str) -> None:
    assert days_phrase(days_left) == phrase


def test_no_other_figure_could_be_taken_for_the_days_left() -> None:
    text = render("warning").text

    assert re.findall(r"(\d+) days", text) == ["7"]


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_our_own_pages(name: str) -> None:
    rendered = render(name)
    addresses = Links_(rendered.html).hrefs + re.findall(r"https?://\S+", rendered.text)

    assert addresses
    assert all(address.startswith("https://reminders.lakeside.example/") for address in addresses)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_fetched_and_nothing_can_be_typed(name: str) -> None:
    rendered = render(name)

    assert Links_(rendered.html).loads == []
    assert "url(" not in rendered.html


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("claim", FORBIDDEN)
def test_no_mail_claims_what_is_not_known(name: str, claim: str) -> None:
    rendered = render(name)

    assert not re.search(claim, rendered.subject + rendered.text + words(rendered.html), re.IGNORECASE)


@pytest.mark.parametrize("name", ["warning", "expired", "ask", "receipt"])
def test_text_and_html_say_the_same_facts(name: str) -> None:
    rendered = render(name)
    text, html = " ".join(rendered.text.split()), words(rendered.html)

    for fact in re.findall(r"\d[\d,]*|[A-Z][a-z]+day|nppes[./\w]+", text):
        if "/r/" not in fact and not fact.isdigit():
            assert fact in html
    for needed in (
        "Lakeside Family Medicine",
        "Dana Whitfield",
        "not from CMS",
        "We never ask for a password",
        "As of Tue, Dec 1",
    ):
        assert needed in text
        assert needed in html


@pytest.mark.parametrize("name", ["warning", "expired", "ask"])
def test_the_first_mail_opens_with_who_registered_them(name: str) -> None:
    first, later = render(name), render(name, first_mail=False)

    assert "Dana Whitfield registered you at Lakeside Family Medicine for reminders" in " ".join(first.text.split())
    assert "This is your first mail" in words(first.html)
    assert "first mail" not in later.text


@pytest.mark.parametrize("name", ["warning", "expired", "ask", "receipt"])
@pytest.mark.parametrize("part", ["text", "html"])
def test_a_practices_own_words_are_added_and_nothing_else_changes(name: str, part: str) -> None:
    own = {
        "greeting": "Dear",
        "sign_off": "Thank you, Dana",
        "contact_line": "Dana, 555-0100",
        "paragraph": "Come by on Tuesday.",
    }
    before, after = (getattr(rendered, part) for rendered in (render(name), render(name, own=own)))
    without = after.replace("Dear Chlo", "Hello Chlo").replace("Dana, 555-0100, or ", "")
    for added in ("Come by on Tuesday.", "Thank you, Dana"):
        assert without.count(added) == 1
        without = without.replace(added, "").replace('<p style="margin:0 0 16px;"></p>', "")

    assert without != after
    assert "".join(without.split()) == "".join(before.split())


def test_an_official_loses_something_else_than_a_surrogate() -> None:
    official = render("warning", role=Role.AUTHORIZED_OFFICIAL, single_point_of_failure=True).text
    surrogate = render("warning", role=Role.SURROGATE).text

    assert "sign for the practice" in official
    assert "yours is the only one" in official
    assert "sign for the practice" not in surrogate


@pytest.mark.parametrize("name", ["warning", "expired", "ask"])
def test_a_trial_mail_says_so_and_has_no_working_link(name: str) -> None:
    links = {**COMMON["links"], "confirm": None}
    rendered = render(name, trial_for="Chloé Dubois", links=links)

    assert rendered.subject.startswith("[Trial, for Chloé Dubois] ")
    assert "/r/" not in rendered.text + rendered.html


@pytest.mark.parametrize("name", NAMES)
def test_subjects_are_short(name: str) -> None:
    assert len(render(name).subject) <= 60


def test_a_quiet_week_says_that_all_is_well() -> None:
    calm = {"expiring": [], "expired": [], "absent": [], "good_until": "2027-03-03"}
    rendered = render("digest", **calm)

    assert "All 12 logins are good until Wednesday, March 3, 2027." in rendered.text
    assert rendered.subject == "I&A logins: all 12 are good until Wed, Mar 3"


def naming(name: str, count: int) -> Rendered:
    """A mail whose lists hold so many people."""
    people = [{**PEOPLE[0], "name": f"Person {number}", "lapses": False} for number in range(1, count + 1)]
    return render(name, people=people, expiring=people, absent=people)


@pytest.mark.parametrize("name", ["digest", "escalation", "coverage"])
def test_a_list_names_fifty_people_and_counts_the_others(name: str) -> None:
    fifty, many = naming(name, 50), naming(name, 1000)

    assert len(many.html) < 40_000
    for some, all_of_them in ((many.text, fifty.text), (many.html, fifty.html)):
        assert "Person 50" in some
        assert "Person 51" not in some
        assert "and 950 more: see the dashboard" in some
        assert "Person 50" in all_of_them
        assert "more: see" not in all_of_them


def test_the_version_follows_the_words(tmp_path: Any) -> None:
    (tmp_path / "warning").mkdir()
    (tmp_path / "warning" / "subject.txt").write_text("Ours: {{ days_left }}")
    changed = Wording.load(tmp_path)

    assert Wording.load().version == WORDING.version != changed.version
    assert changed.render("warning", COMMON).subject == "Ours: 7"


def test_an_old_version_writes_the_same_words_again() -> None:
    again = Wording(json.loads(WORDING.as_json()))

    assert again.version == WORDING.version
    assert again.render("warning", COMMON) == WORDING.render("warning", COMMON)


def test_a_version_is_compiled_once() -> None:
    assert Wording.load() is Wording.load() is Wording.from_json(WORDING.as_json())


@pytest.mark.parametrize("name", NAMES)
def test_every_paragraph_carries_its_style(name: str) -> None:
    tags = re.findall(r"<(?:p|h1|h2|ul|ol|li)\b[^>]*>", WORDING.render(name, COMMON).html)

    assert tags
    assert all("style=" in tag for tag in tags)


def test_words_kept_before_there_was_a_style_sheet_are_written_as_they_were() -> None:
    kept = json.loads(WORDING.as_json())
    del kept["_base/styles.css"]

    assert "<h1>" in Wording.from_json(json.dumps(kept)).render("warning", COMMON).html


def test_a_broken_template_is_named_when_it_is_loaded(tmp_path: Any) -> None:
    (tmp_path / "ask").mkdir()
    (tmp_path / "ask" / "body.txt").write_text("{% if %}")

    with pytest.raises(UsageError, match=r"ask/body\.txt"):
        Wording.load(tmp_path)


def test_a_value_that_nobody_gave_stops_the_mail_and_leaves_no_gap_in_it(tmp_path: Any) -> None:
    (tmp_path / "ask").mkdir()
    (tmp_path / "ask" / "subject.txt").write_text("Hello {{ nickname }}")

    with pytest.raises(UndefinedError, match="nickname"):
        Wording.load(tmp_path).render("ask", COMMON)


def envelope(**changed: Any) -> Envelope:
    values: dict[str, Any] = {
        "kind": "warning",
        "sender_name": "Lakeside Family Medicine",
        "sender_address": "reminders@lakeside.example",
        "reply_to": "dana@lakeside.example",
        "recipient_name": "Chloé Dubois",
        "recipient": "chloe@lakeside.example",
        "message_id": message_id(7, 1, "lakeside.example"),
        "date": datetime(2026, 12, 1, 14, tzinfo=UTC),
        "list_unsubscribe": LINKS.confirm(3, "2026-12-08", "chloe@x.example"),
    }
    return Envelope(**{**values, **changed})


@pytest.mark.parametrize("name", NAMES)
def test_every_mail_reads_back_as_it_was_meant(name: str) -> None:
    rendered = render(name)
    data = build(envelope(), rendered)
    parsed: Any = message_from_bytes(data, policy=policy.default)

    assert parsed["X-Reminder-Kind"] == "warning"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["List-Unsubscribe"].startswith("<https://reminders.lakeside.example/r/")
    assert "List-Unsubscribe-Post" not in parsed
    assert parsed.get_body(preferencelist=("plain",)).get_content().replace("\r\n", "\n") == rendered.text
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) < 998


def test_the_same_mail_is_the_same_bytes() -> None:
    assert build(envelope(), render("warning")) == build(envelope(), render("warning"))


HOSTILE = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "=?UTF-8?Q?=0A?=Bcc: x@y.example",
            "Eve\r\nBcc: x@y.example",
            "{{ 7 * 7 }}",
            "<script>alert(1)</script>",
            "\u202egnp.exe",
            "\U0001f600 Smiley",
            "张伟",
            'Quote " Comma, Semi;',
            "a@b.example, c@d.example",
            "x" * 300,
        ]
    ),
)


@given(name=HOSTILE, sender=HOSTILE)
def test_a_hostile_name_is_refused_or_read_back(name: str, sender: str) -> None:
    rendered = render("warning", person_name=name)
    try:
        data = build(envelope(recipient_name=name, sender_name=sender), rendered)
    except MessageError:
        return
    parsed: Any = message_from_bytes(data, policy=policy.default)

    assert mailboxes(data, "To") == [(" ".join(name.split()), "chloe@lakeside.example")]
    assert parsed["Bcc"] is None
    assert "<script" not in parsed.get_body(preferencelist=("html",)).get_content()


@pytest.mark.parametrize("name", ["=?UTF-8?Q?=0A?=Bcc: x@y.example", "Eve\nBcc: x", "\u202egnp.exe", "a\x00b"])
def test_a_name_that_could_become_a_header_is_refused(name: str) -> None:
    with pytest.raises(MessageError):
        build(envelope(recipient_name=name), render("warning"))


def test_a_link_says_whom_it_is_for_and_nothing_more() -> None:
    token = LINKS.read(LINKS.confirm(3, "2026-12-08", "Chloe@X.example").rpartition("/")[2])

    assert token is not None
    assert (token.purpose, token.subject, token.cycle) == (Purpose.CONFIRM, 3, "2026-12-08")
    assert token.address_mark == address_mark("chloe@x.example")


def test_links_do_not_change_with_time_and_survive_a_new_key() -> None:
    old = LINKS.confirm(3, "unknown", "a@x.example")
    rotated = Links("https://reminders.lakeside.example", ["a newer key", "a key for tests"])

    assert LINKS.confirm(3, "unknown", "a@x.example") == old
    assert rotated.read(old.rpartition("/")[2]) is not None
    assert rotated.confirm(3, "unknown", "a@x.example") != old
    assert Links("https://x.example", ["another key"]).read(old.rpartition("/")[2]) is None


def test_one_kind_of_link_never_passes_for_another() -> None:
    token = LINKS.receipt(3, "a@x.example").rpartition("/")[2]

    assert LINKS.read("c" + token[1:]) is None
    assert LINKS.read("k" + token[1:]) is None


def test_an_altered_link_says_nothing_or_the_same() -> None:
    token = LINKS.confirm(3, "2026-12-08", "a@x.example").rpartition("/")[2]
    meant = LINKS.read(token)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

    for place in range(len(token)):
        for letter in alphabet:
            assert LINKS.read(token[:place] + letter + token[place + 1 :]) in (None, meant)


@given(st.text(max_size=120))
def test_anything_else_is_no_link(text: str) -> None:
    assert LINKS.read(text) is None


@pytest.mark.parametrize("matter", ACCOUNT_MATTERS)
def test_what_happened_to_an_account_is_told_in_subject_text_and_html(matter: str) -> None:
    mail = render("account", matter=matter)

    assert mail.subject.strip()
    assert mail.subject in words(mail.html)
    assert "password, and tell" in mail.text.replace("\n", " ") or matter in {"email", "added"}
    assert "undefined" not in mail.text


@pytest.mark.parametrize(
    ("name", "words_"), [("sign-in", "ten minutes"), ("invitation", "a day"), ("address", "a day")]
)
def test_a_one_time_link_says_how_long_it_works(name: str, words_: str) -> None:
    mail = render(name)

    assert words_ in mail.text.replace("\n", " ")
    assert words_ in words(mail.html)
    assert COMMON["links"]["one_time"] in mail.text
    assert COMMON["links"]["one_time"] in Links_(mail.html).hrefs
