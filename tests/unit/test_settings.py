from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reminder.errors import UsageError
from reminder.settings import ENTRIES, PREFIX, Settings, load, prepare, variable
from reminder.settings_checks import MAIL_FORMS, SHORT, read_limits

if TYPE_CHECKING:
    from pathlib import Path

UNSEEN = "x" * 256
"""The system tells nobody whether this is there, not even root: the name is too long."""

OF_A_SERVICE = (
    ("SERVICE_HOST", "10.0.0.2"),
    ("SERVICE_PORT", "80"),
    ("SERVICE_PORT_HTTP", "80"),
    ("PORT", "tcp://10.0.0.2:80"),
    ("PORT_5432_TCP", "tcp://10.0.0.2:5432"),
    ("PORT_53_UDP", "udp://10.0.0.2:53"),
    ("PORT_5432_TCP_ADDR", "10.0.0.2"),
    ("PORT_5432_TCP_PORT", "5432"),
    ("PORT_5432_TCP_PROTO", "tcp"),
)
"""What Kubernetes tells every program about a service, under the service's name."""


def test_without_any_setting_everything_has_a_place(tmp_path: Path) -> None:
    found = load({}, tmp_path)

    assert found.database_url.startswith("sqlite:///")
    assert found.mail_url.startswith("folder:")
    assert found.public_url == "http://127.0.0.1:8060"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "reminder.toml").write_text('public_url = "https://file.example"\nmail_from = "a@file.example"\n')
    found = load({"REMINDER_PUBLIC_URL": "https://environment.example"}, tmp_path)

    assert (found.public_url, found.mail_from) == ("https://environment.example", "a@file.example")


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("smtp://u:pw@mail.example:587\n")
    found = load({"REMINDER_MAIL_URL_FILE": str(tmp_path / "secret")}, tmp_path)

    assert found.mail_url == "smtp://u:pw@mail.example:587"


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "reminder.toml").write_text("colour = 'blue'\n")
    with pytest.raises(UsageError) as caught:
        load(
            {
                "REMINDER_PUBLIC_URL": "reminders",
                "REMINDER_MAIL_FROM": "nobody",
                "REMINDER_MAIL_LIMIT": "fast",
                "REMINDER_TEMPLATES": str(tmp_path / "missing"),
                "REMINDER_SECRET_KEY_FILE": str(tmp_path / "gone"),
            },
            tmp_path,
        )

    complaints = str(caught.value).splitlines()
    assert len(complaints) == 6
    for name in ("colour", "PUBLIC_URL", "MAIL_FROM", "MAIL_LIMIT", "TEMPLATES", "SECRET_KEY_FILE"):
        assert name in str(caught.value)


def test_what_cannot_be_used_or_is_no_setting_is_among_the_problems(tmp_path: Path) -> None:
    (tmp_path / "reminder.toml").write_text("mail_fron = 'a@b.example'\n")
    with pytest.raises(UsageError) as caught:
        load(
            {
                "REMINDER_DATABASE_URL": "mysql://u:hunter2@host/name",
                "REMINDER_MAIL_URL": "smtp://u:hunter2@",
                "REMINDER_SECRET_KEY": "hunter2",
                "REMINDER_TRUSTED_PROXIES": "10.0.0.1, x",
                "REMINDER_MAIL_LIMT": "google",
                "REMINDER_COLOUR": "blue",
                "REMINDER_TEMPLATES": UNSEEN,
            },
            tmp_path,
        )

    assert "hunter2" not in str(caught.value)
    assert "16 characters or more" in SHORT
    assert str(caught.value).splitlines() == [
        "reminder.toml: 'mail_fron' is not a setting; did you mean mail_from?",
        "REMINDER_COLOUR: is not a setting; see docs/reference/settings.md",
        "REMINDER_MAIL_LIMT: is not a setting; did you mean REMINDER_MAIL_LIMIT?",
        "REMINDER_DATABASE_URL: expected sqlite:////path/to/file.db or postgresql://user:password@host/name",
        f"REMINDER_MAIL_URL: is not understood; write {MAIL_FORMS}",
        f"REMINDER_SECRET_KEY: {SHORT}",
        "REMINDER_TRUSTED_PROXIES: expected addresses or networks like 10.0.0.2, 10.1.0.0/16, or *, got 'x'",
        f"REMINDER_TEMPLATES: {UNSEEN!r} is not a folder",
    ]


def test_a_slip_of_the_pen_in_any_setting_is_told(tmp_path: Path) -> None:
    names = {variable(entry.name) for entry in ENTRIES}
    slips = {name[:at] + name[at + 1 :] for name in names for at in range(len(PREFIX), len(name))} - names
    slips |= {f"{name}_PORT" for name in names} | {"REMINDER_PORT", "REMINDER_SERVICE", "REMINDER_MAIL_PORT_TCP"}
    with pytest.raises(UsageError) as caught:
        load(dict.fromkeys(slips, "587"), tmp_path)

    told = {line.partition(":")[0] for line in str(caught.value).splitlines() if "is not a setting" in line}
    assert told == slips


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgres://me@host/name"),
        ("DATABASE_URL", "postgresql+psycopg:///name?host=/run"),
        ("MAIL_URL", "smtps://u:p%40w@mail.example"),
        ("MAIL_URL", "smtp+oauth://box@host?tenant=t"),
        ("MAIL_URL", "folder:mail"),
        ("TRUSTED_PROXIES", "10.0.0.2, fd00::/8"),
        ("TRUSTED_PROXIES", "*"),
        *((f"{service}{name}", value) for service in ("", "WEB_", "WEB_PAGES_") for name, value in OF_A_SERVICE),
    ],
)
def test_what_can_be_used_or_is_put_there_by_others_is_no_problem(tmp_path: Path, name: str, value: str) -> None:
    load({f"REMINDER_{name}": value}, tmp_path)


def test_a_setting_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    with pytest.raises(UsageError, match="set twice"):
        load({"REMINDER_SECRET_KEY": "a", "REMINDER_SECRET_KEY_FILE": str(tmp_path / "secret")}, tmp_path)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "reminder.toml").write_text("public_url = https://x")
    with pytest.raises(UsageError, match=r"reminder\.toml"):
        load({}, tmp_path)


@pytest.mark.parametrize(
    ("kept", "reason"),
    [(b"\xff\xfepassword", r"cannot be read \(it is not UTF-8; save it as such\)"), (b" \n", "is empty")],
)
def test_a_secret_that_no_file_gives_is_named(tmp_path: Path, kept: bytes, reason: str) -> None:
    (tmp_path / "secret").write_bytes(kept)
    with pytest.raises(UsageError, match=f"^REMINDER_SECRET_KEY_FILE: .*/secret {reason}"):
        load({"REMINDER_SECRET_KEY_FILE": str(tmp_path / "secret")}, tmp_path)


def test_files_may_begin_with_the_mark_of_windows_editors(tmp_path: Path) -> None:
    (tmp_path / "reminder.toml").write_text('mail_from = "office@practice.example"\n', "utf-8-sig")
    (tmp_path / "secret").write_text("smtp://u:pw@mail.example:587\r\n", "utf-8-sig")
    found = load({"REMINDER_MAIL_URL_FILE": str(tmp_path / "secret")}, tmp_path)

    assert (found.mail_from, found.mail_url) == ("office@practice.example", "smtp://u:pw@mail.example:587")


def test_a_file_of_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "reminder.toml").write_text('mail_from = "a@b.example"', "utf-16")
    with pytest.raises(UsageError, match=r"^reminder\.toml: .* cannot be read \(it is not UTF-8; save it as such\)$"):
        load({}, tmp_path)


def test_no_secret_shows_when_the_settings_are_printed() -> None:
    shown = repr(
        Settings(secret_key="topsecret", mail_url="smtp://u:topsecret@x", database_url="postgresql://u:topsecret@x")
    )

    assert "topsecret" not in shown


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))

    with pytest.raises(UsageError, match="file/reminder cannot be made"):
        prepare(load({}, tmp_path))


def test_the_key_is_made_once_for_its_owner_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    first, again = prepare(load({}, tmp_path)), prepare(load({}, tmp_path))
    kept = tmp_path / "reminder" / "secret-key"

    assert first.secret_key == again.secret_key
    assert len(first.secret_key) > 40
    assert kept.stat().st_mode & 0o077 == 0


def test_of_two_that_make_the_key_at_once_the_first_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    settings = load({}, tmp_path)
    firsts: list[str] = []

    def meanwhile(size: int) -> str:
        monkeypatch.undo()
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        firsts.append(prepare(settings).secret_key)
        return "z" * size

    monkeypatch.setattr("reminder.settings.secrets.token_urlsafe", meanwhile)

    assert [prepare(settings).secret_key] == firsts
    assert [file.name for file in (tmp_path / "reminder").iterdir()] == ["secret-key"]


@pytest.mark.parametrize(
    ("kept", "reason"),
    [
        (b"", "it is empty; put it back from a copy"),
        (b"\xff", r"cannot be read \(it is not UTF-8"),
        (b",", "a key needs 16 characters"),
        (b"x", "a key needs 16 characters"),
    ],
)
def test_a_kept_key_that_is_none_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: bytes, reason: str
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    (tmp_path / "reminder").mkdir()
    (tmp_path / "reminder" / "secret-key").write_bytes(kept)

    with pytest.raises(UsageError, match=reason):
        prepare(load({}, tmp_path))


def test_several_keys_are_read_for_rotation() -> None:
    assert Settings(secret_key="new, old").secret_keys == ["new", "old"]


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("", (1, None, None)),
        ("microsoft365", (3, 30, 10_000)),
        ("Google", (1, None, 2_000)),
        ("connections=8 minute=30 day=10000", (8, 30, 10_000)),
        ("day=5", (1, None, 5)),
    ],
)
def test_limits_are_read(text: str, limits: tuple[int | None, ...]) -> None:
    assert tuple(read_limits(text).values()) == limits


@pytest.mark.parametrize("text", ["fast", "minute=0", "minute=-1", "minute=thirty", "hour=5"])
def test_limits_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="REMINDER_MAIL_LIMIT"):
        read_limits(text)
