from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reminder import serving
from reminder.errors import UsageError
from reminder.store import factors
from reminder.store.engine import Store

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

SAMPLES = Path(__file__).resolve().parents[1] / "samples"


def add(shell: Shell, name: str, *more: str) -> None:
    email = f"{name.lower().replace(' ', '.')}@lakeside.example"
    done = shell("staff", "add", "--name", name, "--email", email, "--role", "SEU", *more)
    assert done.code == 0, done.err


def test_init_prints_a_one_time_sign_in_link(bare: Shell) -> None:
    done = bare("init", "--practice", "Harbor", "--timezone", "America/New_York", "--admin", "bo@harbor.example")

    assert done.code == 0
    assert "in trial" in done.out
    assert re.search(r"https://reminders\.lakeside\.example/sign-in/\S{20,}", done.out)


def test_init_takes_a_password_from_a_file(bare: Shell, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct horse battery\n")
    done = bare(
        "init", "--practice", "Harbor", "--timezone", "America/New_York", "--admin", "bo@harbor.example",
        "--password-file", str(tmp_path / "password"),
    )  # fmt: skip

    assert done.code == 0
    assert "sign-in" not in done.out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["init", "--practice", "X", "--timezone", "Mars/Base", "--admin", "a@b.example"], "Mars/Base"),
        (["init", "--practice", "X", "--timezone", "America/Chicago", "--admin", "nobody"], "nobody"),
        (["staff", "add", "--name", "Eve", "--email", "billing@x.example", "--role", "SEU"], "group mailbox"),
        (["staff", "add", "--name", "Eve", "--email", "eve@x.example", "--role", "Boss"], "Boss"),
        (["staff", "add", "--name", "evil.com", "--email", "e@x.example", "--role", "SEU"], "evil.com"),
        (
            ["staff", "add", "--name", "E", "--email", "e@x.example", "--role", "SEU", "--reset-on", "12/1/26"],
            "12/1/26",
        ),
        (["staff", "add", "--name", "E", "--email", "e@x.example", "--role", "SEU", "--days-left", "61"], "61"),
        (["staff", "reset", "nobody@x.example"], "nobody@x.example"),
        (["staff", "list", "--status", "fine"], "fine"),
        (["staff", "import", "missing.csv"], "missing.csv"),
        (["staff", "import"], "name a FILE"),
        (["staff", "import", "--undo", "77"], "77"),
        (["staff", "export", "people.pdf"], "people.pdf"),
        (["staff", "export", str(SAMPLES / "roster-clean.csv")], "exists already"),
        (["practice", "edit", "Lakeside Family Medicine"], "say what to change"),
        (["staff", "export", "no-such-folder/people.csv"], "cannot be written"),
        (["staff", "export", f"{'x' * 256}.csv"], "cannot be written"),
        (["staff", "pause", "a@b.example"], "--from"),
        (["practice", "edit", "Nowhere", "--mode", "live"], "Nowhere"),
        (["practice", "edit", "Lakeside Family Medicine", "--mode", "dead"], "dead"),
        (["practice", "edit", "Lakeside Family Medicine", "--ladder", "soon"], "soon"),
        (["practice", "edit", "Lakeside Family Medicine", "--send-time", "18:00"], "18:00"),
        (
            ["practice", "add", "Lakeside Family Medicine", "--timezone", "UTC", "--admin", "a@b.example"],
            "exists already",
        ),
        (["admin", "remove", "dana@lakeside.example"], "last owner"),
        (["forecast", "--today", "soon"], "soon"),
        (["preview", "nonsense"], "nonsense"),
        (["queue", "resend", "5"], "5"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_a_wrong_word_is_one_line_and_exit_code_two(shell: Shell, words: list[str], complaint: str) -> None:
    done = shell(*words)

    assert done.code == 2
    assert complaint in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert done.out == ""


def test_an_unknown_option_is_exit_code_two(shell: Shell) -> None:
    assert shell("tick", "--nonsense").code == 2


def test_commands_before_init_say_what_to_do(bare: Shell) -> None:
    done = bare("tick")

    assert done.code == 2
    assert "run: reminder db upgrade" in done.err


def test_an_unreachable_database_is_exit_code_three(bare: Shell) -> None:
    bare.set(DATABASE_URL="postgresql://u:topsecret@127.0.0.1:1/x")
    done = bare("tick")

    assert done.code == 3
    assert "topsecret" not in done.err


@pytest.mark.parametrize(
    ("file", "added", "rejected"),
    [
        ("roster-clean.csv", 8, []),
        ("roster-excel-export.csv", 5, [9, 10, 11, 12, 13, 14]),
        ("roster.xlsx", 4, [8, 11, 12]),
    ],
)
def test_the_samples_come_out_as_promised(shell: Shell, file: str, added: int, rejected: list[int]) -> None:
    done = shell("staff", "import", str(SAMPLES / file), "--json")
    again = shell("staff", "import", str(SAMPLES / file), "--json")

    assert done.code == (1 if rejected else 0)
    assert (done.json["added"], [row["row"] for row in done.json["rejected"]]) == (added, rejected)
    assert (again.json["added"], again.json["updated"], again.json["unchanged"]) == (0, 0, added)


def test_no_password_of_a_roster_is_kept_or_shown(shell: Shell, tmp_path: Path) -> None:
    done = shell("staff", "import", str(SAMPLES / "roster.xlsx"))
    everything = done.out + done.err + (tmp_path / "reminder.db").read_bytes().decode("latin-1")

    assert "dropped" in done.err
    for password in ("Summer2026!", "hunter2#A"):
        assert password not in everything


def test_a_dry_run_writes_nothing(shell: Shell) -> None:
    done = shell("staff", "import", str(SAMPLES / "roster-clean.csv"), "--dry-run")

    assert "would be added 8" in done.out
    assert shell("staff", "list", "--json").json == []


def test_all_or_nothing_writes_nothing_if_a_row_is_bad(shell: Shell) -> None:
    done = shell("staff", "import", str(SAMPLES / "roster-excel-export.csv"), "--all-or-nothing", "--json")

    assert (done.code, done.json["added"], len(done.json["rejected"])) == (1, 0, 6)
    assert shell("staff", "list", "--json").json == []


def test_an_import_is_taken_back_whole(shell: Shell) -> None:
    shell("staff", "import", str(SAMPLES / "roster-clean.csv"))
    before = shell("staff", "list", "--json").json
    number = shell("staff", "import", str(SAMPLES / "roster.xlsx"), "--json").json["import"]
    done = shell("staff", "import", "--undo", str(number))

    assert done.code == 0
    assert shell("staff", "list", "--json").json == before
    assert shell("staff", "import", "--undo", str(number)).code == 2


def test_what_was_taken_back_can_be_imported_again(shell: Shell) -> None:
    number = shell("staff", "import", str(SAMPLES / "roster-clean.csv"), "--json").json["import"]
    first = shell("staff", "list", "--json").json
    shell("staff", "import", "--undo", str(number))
    again = shell("staff", "import", str(SAMPLES / "roster-clean.csv"), "--json").json

    assert again["added"] == 8
    assert shell("staff", "list", "--json").json == first


def test_stdin_is_read_as_csv(shell: Shell) -> None:
    data = b"name,email,role,days left\nAlma Reyes,alma@x.example,AO,17\n"
    done = shell("staff", "import", "-", "--json", stdin=data)

    assert done.json["added"] == 1
    assert shell("staff", "list", "--json").json[0]["days_left"] == 17


def test_days_left_without_a_date_count_once(shell: Shell) -> None:
    data = b"name,email,role,days left\nAlma Reyes,alma@x.example,AO,17\n"
    shell("staff", "import", "-", stdin=data)
    shell.at = "2026-12-05T14:00:00Z"
    stale = shell("staff", "import", "-", "--json", stdin=data).json
    fresh = shell("staff", "import", "-", "--json", stdin=data.replace(b"17", b"59")).json

    assert stale["unchanged"] == 1
    assert "stale" in stale["notes"][0]
    assert fresh["updated"] == 1
    assert shell("staff", "list", "--json").json[0]["days_left"] == 59


def test_an_older_date_in_a_roster_does_not_beat_what_is_known(shell: Shell) -> None:
    add(shell, "Alma Reyes", "--reset-on", "2026-11-20")
    row = b"name,email,role,last reset\nAlma Reyes,alma.reyes@lakeside.example,SEU,%s\n"
    older = shell("staff", "import", "-", "--json", stdin=row % b"2026-11-01").json
    newer = shell("staff", "import", "-", "--json", stdin=row % b"2026-11-25").json

    assert (older["unchanged"], newer["updated"]) == (1, 1)
    assert shell("staff", "list", "--json").json[0]["last_reset_on"] == "2026-11-25"


def test_an_address_of_somebody_else_is_refused_by_name(shell: Shell) -> None:
    add(shell, "Alma Reyes")
    done = shell("staff", "import", "-", "--json", stdin=b"name,email,role\nBo Chen,alma.reyes@lakeside.example,SEU\n")

    assert "already belongs to Alma Reyes" in done.json["rejected"][0]["problem"]


def test_a_practice_column_sends_people_to_their_practices(shell: Shell) -> None:
    shell("practice", "add", "Desert Bloom", "--timezone", "America/Phoenix", "--admin", "ann@desert.example")
    rows = (
        b"name,email,role,practice\nAlma Reyes,alma@x.example,AO,Lakeside Family Medicine\n"
        b"Wes Young,wes@x.example,AO,desert bloom\nAlma Reyes,alma@x.example,SEU,Desert Bloom\nZed,z@x.example,SEU,Nowhere\n"
    )
    done = shell("staff", "import", "-", "--json", stdin=rows)

    assert (done.json["added"], done.json["rejected"][0]["value"]) == (3, "Nowhere")
    names = [row["name"] for row in shell("staff", "list", "--practice", "Desert Bloom", "--json").json]
    assert sorted(names) == ["Alma Reyes", "Wes Young"]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_an_export_reads_back_unchanged(shell: Shell, tmp_path: Path, suffix: str) -> None:
    for name in ("roster-clean.csv", "roster.xlsx"):
        shell("staff", "import", str(SAMPLES / name))
    file = str(tmp_path / f"people.{suffix}")
    written = shell("staff", "export", file)
    done = shell("staff", "import", file, "--json").json

    assert "12 people written" in written.out
    assert (done["added"], done["updated"], done["unchanged"], done["rejected"]) == (0, 0, 12, [])


def test_the_list_has_the_promised_fields(shell: Shell) -> None:
    add(shell, "Alma Reyes", "--reset-on", "2026-10-09", "--user-id", "AREYES")
    row = shell("staff", "list", "--json").json[0]

    assert row == {
        "id": 1,
        "name": "Alma Reyes",
        "email": "alma.reyes@lakeside.example",
        "role": "staff_end_user",
        "practice": "Lakeside Family Medicine",
        "user_id": "AREYES",
        "last_reset_on": "2026-10-09",
        "confidence": "entered",
        "expires_on": "2026-12-08",
        "last_safe_on": "2026-12-07",
        "days_left": 7,
        "status": "due",
    }


def test_people_are_edited_paused_reset_undone_and_removed(shell: Shell) -> None:
    add(shell, "Alma Reyes", "--days-left", "7")
    said = [
        shell("staff", "edit", "1", "--name", "Alma Reyes-Gold", "--role", "AO").out,
        shell("staff", "pause", "1", "--from", "2026-12-01", "--to", "2026-12-05").out,
        shell("staff", "list").out,
        shell("staff", "pause", "1", "--clear").out,
        shell("staff", "reset", "1", "--on", "2026-11-30").out,
        shell("staff", "undo", "1").out,
        shell("staff", "remove", "1").out,
        shell("staff", "list").out,
        shell("staff", "list", "--status", "removed").out,
    ]

    assert "Alma Reyes-Gold is changed" in said[0]
    assert "away from 2026-12-01 to 2026-12-05" in said[1]
    assert "paused" in said[2]
    assert "is back" in said[3]
    assert "reset on 2026-11-30, expires on 2027-01-29" in said[4]
    assert "expires on 2026-12-08" in said[5]
    assert "is removed" in said[6]
    assert "Alma" not in said[7]
    assert "Alma" in said[8]


def test_a_tick_sends_what_is_due(shell: Shell) -> None:
    add(shell, "Alma Reyes", "--reset-on", "2026-10-09")
    early = shell("tick", "--json").json
    shell.at = "2026-12-01T14:00:00Z"
    done = shell("tick", "--json").json

    assert early == {"planned": 1, "sent": 0, "failed": 0, "delayed": 0, "superseded": 0, "cancelled": 0}
    assert done == {"planned": 1, "sent": 1, "failed": 0, "delayed": 0, "superseded": 1, "cancelled": 0}
    assert "X-Reminder-Kind: warning" in shell.mails()[0]


def test_a_tick_without_a_mail_server_says_so(shell: Shell) -> None:
    add(shell, "Alma Reyes", "--reset-on", "2026-10-09")
    shell.at = "2026-12-01T14:00:00Z"
    shell.set(MAIL_URL=f"folder:{shell.folder / 'reminder.db'}")
    done = shell("tick")

    assert done.code == 3
    assert "sending is held" in done.err
    assert "every 15 minutes. To try at once, run: reminder queue release" in done.err
    assert "held since" in shell("queue").out


def test_the_forecast_is_printed_in_local_time(shell: Shell) -> None:
    add(shell, "Alma Reyes", "--reset-on", "2026-10-09")
    rows = shell("forecast", "--days", "8", "--json").json

    assert rows[0] == {
        "at": "2026-12-01T08:00:00-06:00",
        "to": "alma.reyes@lakeside.example",
        "person": "Alma Reyes",
        "practice": "Lakeside Family Medicine",
        "kind": "warning",
        "step": 7,
        "days_left": 7,
    }
    assert [row["at"][:10] for row in rows if row["kind"] == "warning"] == [f"2026-12-0{day}" for day in (1, 4, 7, 8)]


def test_a_simulated_today_looks_further(shell: Shell) -> None:
    add(shell, "Alma Reyes", "--reset-on", "2026-12-01")
    rows = shell("forecast", "--days", "10", "--today", "2027-01-15", "--json").json

    assert [(row["at"][:10], row["step"]) for row in rows if row["kind"] == "warning"] == [
        ("2027-01-15", 14),
        ("2027-01-22", 7),
    ]


@pytest.mark.parametrize(
    "kind", ["ask", "warning", "expired", "receipt", "escalation", "digest", "coverage", "notice", "sign-in", "test"]
)
@pytest.mark.parametrize("form", ["text", "html", "eml"])
def test_every_mail_can_be_previewed(shell: Shell, kind: str, form: str) -> None:
    done = shell("preview", kind, "--format", form)

    assert done.code == 0, done.err
    assert "Lakeside Family Medicine" in done.out.replace("=\n", "")
    assert shell.mails() == []


def test_a_preview_for_somebody_says_what_they_would_get(shell: Shell) -> None:
    add(shell, "Alma Reyes", "--days-left", "5")

    assert "5 days left" in shell("preview", "warning", "--for", "1").out
    assert shell("preview", "ask", "--for", "1").code == 2


def test_a_test_mail_goes_through_the_configured_server(shell: Shell) -> None:
    done = shell("send-test", "info@lakeside.example")

    assert done.code == 0
    assert "X-Reminder-Kind: test" in shell.mails()[0]


def test_a_test_mail_that_fails_shows_the_answer(shell: Shell) -> None:
    shell.set(MAIL_URL="smtp+plain://127.0.0.1:1")
    done = shell("send-test", "dana@lakeside.example")

    assert done.code == 3
    assert "connect" in done.err


def test_a_practice_is_changed(shell: Shell) -> None:
    name = "Lakeside Family Medicine"
    done = shell(
        "practice", "edit", name, "--ladder", "10,2,0", "--send-time", "09:30", "--close", "2026-12-24",
        "--close", "2026-12-26", "--reopen", "2026-12-26", "--sender-name", "Lakeside Office", "--reply-to", "info@x.example",
    )  # fmt: skip
    row = shell("practice", "list", "--json").json[0]

    assert done.code == 0, done.err
    assert row["ladder"] == [10, 2, 0, -1, -7, -14, -28, -42, -56]
    assert (row["send_time"], row["closures"]) == ("09:30", ["2026-12-24"])
    assert (row["sender_name"], row["reply_to"]) == ("Lakeside Office", "info@x.example")


def test_admins_come_and_go(shell: Shell) -> None:
    added = shell("admin", "add", "kim@lakeside.example", "--role", "editor", "--name", "Kim Lee")
    listed = shell("admin", "list", "--json").json
    removed = shell("admin", "remove", "kim@lakeside.example")

    assert "/sign-in/" in added.out
    assert [row["email"] for row in listed] == ["dana@lakeside.example", "kim@lakeside.example"]
    assert removed.code == 0


def test_a_lost_way_in_is_opened_from_the_command_line(shell: Shell) -> None:
    link = shell("admin", "link", "dana@lakeside.example")
    stranger = shell("admin", "link", "nobody@x.example")
    without = shell("admin", "reset-factor", "dana@lakeside.example")
    store = Store(f"sqlite:///{shell.folder / 'reminder.db'}")
    with store.write() as connection:
        factors.set_key(connection, 1, "sealed")
    store.close()
    reset = shell("admin", "reset-factor", "dana@lakeside.example")
    shell("tick")

    assert re.search(r"https://reminders\.lakeside\.example/sign-in/\S{43}", link.out)
    assert (stranger.code, without.code, reset.code) == (2, 2, 0)
    assert "reminder admin list" in stranger.err
    assert "Your second factor was turned off" in "".join(shell.mails())
    assert [row["second_factor"] for row in shell("admin", "list", "--json").json] == ["no"]


def test_init_refuses_a_password_made_of_the_practices_name(bare: Shell, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("harborview2026\n")
    done = bare(
        "init", "--practice", "Harborview", "--timezone", "America/New_York", "--admin", "bo@harbor.example",
        "--password-file", str(tmp_path / "password"),
    )  # fmt: skip

    assert done.code == 2
    assert "easy to guess" in done.err


def test_several_practices_must_be_named(shell: Shell) -> None:
    shell("practice", "add", "Desert Bloom", "--timezone", "America/Phoenix", "--admin", "ann@desert.example")
    done = shell("staff", "add", "--name", "Eve Adams", "--email", "eve@x.example", "--role", "SEU")

    assert done.code == 2
    assert "--practice" in done.err


def test_the_doctor_finds_what_is_wrong(shell: Shell) -> None:
    sick = shell("doctor", "--json")
    shell("tick")
    well = shell("doctor", "--reconcile", "--json")

    assert sick.code == 1
    assert [finding["name"] for finding in sick.json if not finding["ok"]] == ["last pass"]
    assert well.code == 0, well.out


def test_what_commands_print_is_plain_english(shell: Shell) -> None:
    add(shell, "Alma Reyes", "--reset-on", "2026-10-09")
    shell("queue", "hold")
    listed, passed, people = shell("queue").out, shell("tick"), shell("staff", "list").out
    link = shell("admin", "link", "dana@lakeside.example").out

    assert "somebody held it by hand. See that its reason is over. Then run: reminder queue release" in listed
    assert "0 left out for a newer one" in passed.out
    assert "See that its reason is over. Then run: reminder queue release" in passed.err
    assert "Staff End User (SEU)" in people
    assert "ends with this" in link


def test_a_forecast_says_who_is_in_trial(shell: Shell) -> None:
    add(shell, "Alma Reyes", "--reset-on", "2026-10-09")
    live = shell("forecast").out
    shell("practice", "edit", "Lakeside Family Medicine", "--mode", "trial")

    assert "in trial" not in live
    assert "Lakeside Family Medicine is in trial: until reminders are turned on, its mails" in shell("forecast").out


def test_a_port_that_is_taken_is_named_before_anything_is_done(bare: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = bare("serve", "--port", port)

    assert done.code == 2
    assert f"127.0.0.1, port {port}: the pages cannot be served there" in done.err
    assert "--port" in done.err
    assert not (bare.folder / "reminder.db").exists()


NEW = ("init", "--practice", "Elm Street", "--timezone", "America/Chicago", "--admin", "dana@elm.example")


@pytest.mark.parametrize("words", [("serve", "--port", "0"), ("db", "upgrade"), NEW], ids=lambda words: words[0])
def test_an_empty_database_where_one_was_in_use_is_not_gone_on_with(shell: Shell, words: tuple[str, ...]) -> None:
    shell("tick")
    for path in shell.folder.glob("reminder.db*"):
        if not path.name.endswith(".passes"):
            path.unlink()
    done = shell(*words)

    assert done.code == 2
    assert "reminder.db.passes says that it was in use; mount its disk, correct REMINDER_DATABASE_URL" in done.err


def test_who_begins_anew_removes_the_mark(shell: Shell) -> None:
    shell("tick")
    for path in shell.folder.glob("reminder.db*"):
        path.unlink()

    assert shell(*NEW).code == 0


def test_of_two_programs_that_start_together_one_is_told_that_the_port_is_taken() -> None:
    with serving.listen("127.0.0.1", 0) as first, pytest.raises(UsageError, match="the pages cannot be served there"):
        serving.listen("127.0.0.1", first.getsockname()[1])


def test_the_doctor_sees_folders_that_cannot_be_written(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    (shell.folder / "a file").write_text("")
    shell.set(BACKUP_DIR=str(shell.folder / "a file" / "backups"))
    shell.mail.mkdir(exist_ok=True)
    shell("tick")
    monkeypatch.setattr("os.access", lambda place, _: Path(place) != shell.mail)  # root may write anywhere
    done = shell("doctor")

    assert done.code == 3
    assert re.findall("^FAULT  (backup|mail server): (.*?)[.]", done.out, re.MULTILINE) == [
        ("backup", f"No backup can be written: {shell.folder / 'a file'} is no folder"),
        ("mail server", f"connect: {shell.mail} cannot be written to"),
    ]


def test_the_doctor_says_what_cannot_be_reached(shell: Shell) -> None:
    shell.set(MAIL_URL="smtp+plain://127.0.0.1:1", PUBLIC_URL="http://reminders.example")
    done = shell("doctor")

    assert done.code == 3
    assert "FAULT  mail server" in done.out
    assert "FAULT  public address" in done.out


def test_backup_and_restore_by_command(shell: Shell, tmp_path: Path) -> None:
    add(shell, "Alma Reyes")
    file = str(tmp_path / "backup.db")
    assert shell("db", "backup", file).code == 0
    add(shell, "Ben Okafor")
    refused = shell("db", "restore", file)
    done = shell("db", "restore", file, "--force")

    assert refused.code == 2
    assert done.code == 0
    assert [row["name"] for row in shell("staff", "list", "--json").json] == ["Alma Reyes"]
    assert "a backup was restored" in shell("queue").out
    assert shell("queue", "release", "--yes").code == 0
    assert "Sending is on" in shell("queue").out


def test_the_list_to_confirm_after_a_restore_holds_what_has_come_due_since(shell: Shell, tmp_path: Path) -> None:
    add(shell, "Alma Reyes", "--reset-on", "2026-10-09")
    file = str(tmp_path / "backup.db")
    shell("db", "backup", file)
    shell("db", "restore", file, "--force")
    shell.at = "2026-12-01T15:00:00Z"
    released = shell("queue", "release", "--yes").out
    before = shell.mails()
    shell("tick")

    assert "warning" in released
    assert "1 mail waits." in released
    assert (len(before), len(shell.mails())) == (0, 1)


def test_a_queue_that_is_held_by_hand_sends_nothing_until_it_is_released(shell: Shell) -> None:
    add(shell, "Alma Reyes", "--reset-on", "2026-10-09")
    held, again = shell("queue", "hold"), shell("queue", "hold")
    shell.at = "2026-12-01T15:00:00Z"
    tried = shell("tick")
    before = shell.mails()
    shell("queue", "release", "--yes")
    shell("tick")

    assert held.out.startswith("Held;")
    assert "already" in again.out
    assert (tried.code, before) == (1, [])
    assert len(shell.mails()) == 1


def test_an_import_keeps_a_backup_a_trial_run_does_not(shell: Shell, tmp_path: Path) -> None:
    shell.set(BACKUP_DIR=str(tmp_path / "kept"))
    file = tmp_path / "staff.csv"
    file.write_text("Name,Email,Role\nAlma Reyes,alma@lakeside.example,AO\n")
    shell("staff", "import", str(file), "--dry-run")
    tried = list(tmp_path.glob("kept/*"))
    shell("staff", "import", str(file))
    (kept,) = tmp_path.glob("kept/before-import-*.db")
    shell("db", "restore", str(kept), "--force")

    assert tried == []
    assert shell("staff", "list", "--json").json == []


def test_the_schema_is_checked(shell: Shell) -> None:
    assert shell("db", "check").code == 0
    assert shell("db", "upgrade").code == 0


def test_the_queue_shows_what_waits(shell: Shell) -> None:
    add(shell, "Alma Reyes", "--reset-on", "2026-10-09")
    shell("tick")
    rows = shell("queue", "--json").json["waiting"]

    assert [(row["kind"], row["state"], row["next_at"]) for row in rows] == [
        ("warning", "planned", "2026-12-01T14:00:00+00:00")
    ]
