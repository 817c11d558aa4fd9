"""Import a list in the browser: add it, match its columns, check its rows, import, take it back."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import xlsxwriter

from reminder.policy.model import AdminRole
from reminder.roster.reading import read_roster
from reminder.settings import Settings
from reminder.store import admins, memberships
from reminder.web.rosters.adding import MOST_BYTES, MOST_ROWS
from tests.world import OWNER

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
OURS = {"Sec-Fetch-Site": "same-origin"}
DESERT = "Desert Bloom"
HEADINGS = "Name,Email,Role,Last reset\n"
ALMA = "Alma Reyes,alma.reyes@lakeside.example,SEU,2026-11-01\n"


def add(browser: TestClient, name: str, data: bytes | None = None, **form: str) -> str:
    """Add a list and return where it leads."""
    content = data if data is not None else (SAMPLES / name).read_bytes()
    answer = browser.post("/people/import", files={"file": (name, content)}, data=form, headers=OURS)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def upload(browser: TestClient, name: str, data: bytes | None = None) -> str:
    """Add a list whose columns are plain and return the page that says what would happen."""
    return page_at(browser, add(browser, name, data))


def paste(browser: TestClient, pasted: str, **form: str) -> str:
    """Paste a list and return where it leads."""
    answer = browser.post("/people/import", data={"pasted": pasted, **form}, headers=OURS)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def page_at(browser: TestClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def confirm(browser: TestClient, path: str) -> str:
    """Press the import's button and return where it leads."""
    answer = browser.post(path, headers=OURS)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def take_in(browser: TestClient, name: str, data: bytes | None = None) -> str:
    """Import a list and return the path of its result."""
    return confirm(browser, add(browser, name, data)).partition("?")[0]


def registered(world: World, practice: int = 1) -> list[str]:
    with world.store.read() as connection:
        return [member.person.name for member in memberships.members(connection, practice)]


def match(browser: TestClient, path: str, *fields: str) -> str:
    """Choose what the columns hold, in their order, and return where that leads."""
    answer = browser.post(path, data={"column": [*map(str, range(len(fields)))], "field": [*fields]}, headers=OURS)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


class TestAdding:
    def test_nothing_is_written_before_the_last_button(self, world: World, owner: TestClient) -> None:
        page = upload(owner, "roster-excel-export.csv")

        assert "5 new, 0 changed, 6 to fix" in page
        assert "2 blank rows ignored" in page
        assert "Import 5 people, leave 6 out" in page
        assert registered(world) == []

    def test_a_plain_list_goes_straight_to_the_check(self, owner: TestClient) -> None:
        path = add(owner, "roster-clean.csv")

        assert not path.endswith("/columns")
        assert "Change how columns are matched" in page_at(owner, path)

    def test_a_list_pasted_from_a_spreadsheet_is_read(self, world: World, owner: TestClient) -> None:
        confirm(owner, paste(owner, "Name\tEmail\tRole\r\nAlma Reyes\talma@lakeside.example\tAO\r\n"))

        assert registered(world) == ["Alma Reyes"]

    @pytest.mark.parametrize("kind", ["xlsx", "csv"])
    def test_the_template_is_a_list_that_can_be_read(self, owner: TestClient, kind: str) -> None:
        answer = owner.get(f"/people/import/template.{kind}")

        assert answer.headers["content-disposition"] == f'attachment; filename="staff-list.{kind}"'
        assert all(c.field for c in read_roster(answer.content, file_name="x", today=date(2026, 12, 1)).columns)

    @pytest.mark.parametrize("data", [b"", b"   ", b"\x00\x01\x02", b"no,header,here\n1,2,3\n", b"%PDF-1.7"])
    def test_what_is_no_list_is_explained_and_what_was_typed_is_kept(self, owner: TestClient, data: bytes) -> None:
        sent = {"file": ("list.csv", data)} if data else {}
        answer = owner.post("/people/import", files=sent or None, data={"pasted": "  "}, headers=OURS)

        assert answer.status_code == 422
        assert "<title>Error: " in answer.text
        assert 'role="alert"' in answer.text
        assert 'href="#file"' in answer.text

    def test_what_was_pasted_stands_in_the_field_again(self, owner: TestClient) -> None:
        answer = owner.post("/people/import", data={"pasted": "who knows\nwhat this is"}, headers=OURS)

        assert answer.status_code == 422
        assert "who knows\nwhat this is</textarea>" in answer.text

    @pytest.mark.parametrize(("rows", "status"), [(MOST_ROWS, 303), (MOST_ROWS + 1, 422)])
    def test_a_list_has_ten_thousand_rows_at_most(self, owner: TestClient, rows: int, status: int) -> None:
        lines = "".join(f"Person No,p{n}@lakeside.example,SEU,\n" for n in range(rows))
        answer = owner.post("/people/import", files={"file": ("x.csv", HEADINGS + lines)}, headers=OURS)

        assert answer.status_code == status
        assert status == 303 or "10,000 rows and 5 MB" in answer.text

    @pytest.mark.parametrize(("size", "status"), [(MOST_BYTES, 303), (MOST_BYTES + 1, 422)])
    @pytest.mark.parametrize("field", ["file", "pasted"])
    def test_a_list_has_five_megabytes_at_most(self, owner: TestClient, size: int, status: int, field: str) -> None:
        text = HEADINGS + ALMA
        line = ",,," + "x" * 90_000 + "\n"
        lines = text + line * ((size - len(text)) // len(line))
        padded = lines + " " * (size - len(lines))
        files, data = ({"file": ("x.csv", padded)}, None) if field == "file" else (None, {"pasted": padded})
        answer = owner.post("/people/import", files=files, data=data, headers=OURS)

        assert answer.status_code == status
        assert status == 303 or "10,000 rows and 5 MB" in answer.text


class TestKindsOfFiles:
    PEOPLE = "Name;Email;Role;Last reset\nJosé Müller;jose@lakeside.example;AO;10/28/2026\n"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
    def test_every_usual_encoding_is_read(self, world: World, owner: TestClient, encoding: str) -> None:
        take_in(owner, "list.csv", self.PEOPLE.encode(encoding))

        assert registered(world) == ["José Müller"]

    def test_real_dates_of_a_workbook_are_read(self, world: World, owner: TestClient) -> None:
        stream = io.BytesIO()
        workbook = xlsxwriter.Workbook(stream, {"default_date_format": "m/d/yyyy"})
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["Name", "Email", "Role", "Last reset", "User ID"])
        sheet.write_row(1, 0, ["Alma Reyes", "alma@lakeside.example", "AO", date(2026, 10, 28), "00123"])
        workbook.close()
        take_in(owner, "list.xlsx", stream.getvalue())

        assert world.look(1).reset_on == date(2026, 10, 28)
        assert world.look(1).user_id == "00123"

    def test_blank_rows_are_counted_and_ignored(self, owner: TestClient) -> None:
        page = upload(owner, "x.csv", (HEADINGS + ",,,\n" + ALMA + ",,,\n,,,\n").encode())

        assert "1 new, 0 changed, 0 to fix" in page
        assert "3 blank rows ignored" in page

    def test_headings_that_stand_twice_are_asked_about(self, owner: TestClient) -> None:
        path = add(owner, "x.csv", b"Name,Email,Email,Role\nAlma,a@x.example,b@x.example,AO\n")

        assert path.endswith("/columns")
        assert "both look like: E-mail address" in page_at(owner, path)

    def test_ten_thousand_rows_stay_usable(self, world: World, owner: TestClient) -> None:
        rows = "".join(f"Person No,p{n}@lakeside.example,{'SEU' if n % 10 else 'Clerk'},\n" for n in range(10_000))
        path = add(owner, "x.csv", (HEADINGS + rows).encode())
        page = page_at(owner, path)
        last = page_at(owner, f"{path}?show=new&page=180")
        beyond = page_at(owner, f"{path}?show=new&page=999")

        assert "9,000 new, 0 changed, 1,000 to fix" in page
        assert "Page 1 of 200" in page
        assert len(page) < 60_000
        assert "Page 180 of 180" in last
        assert "p9999@lakeside.example" in last
        assert "Page 180 of 180" in beyond


class TestPasswords:
    def test_they_are_dropped_with_a_red_note_and_on_no_page(self, owner: TestClient) -> None:
        path = add(owner, "roster.xlsx")
        pages = [page_at(owner, path), page_at(owner, f"{path}/columns")]

        for page in pages:
            assert "We never store passwords." in page
            assert "PECOS Password" in page
            assert "Summer2026!" not in page
            assert "hunter2" not in page
        assert "PECOS Password</th>" not in pages[1]

    def test_the_column_cannot_be_chosen(self, owner: TestClient) -> None:
        path = add(owner, "x.csv", b"Name,Email,Role,Password\nAlma,a@x.example,AO,hunter2\n")
        chosen = {"column": ["0", "1", "2", "3"], "field": ["name", "email", "role", "user_id"]}
        answer = owner.post(f"{path}/columns", data=chosen, headers=OURS)

        assert answer.status_code == 422
        assert "looks like passwords and cannot be imported" in answer.text
        assert "hunter2" not in answer.text

    def test_they_are_not_in_the_rows_to_fix(self, owner: TestClient) -> None:
        data = b"Name,Email,Role,Password,Last PW reset\nAlma,a@x.example,Clerk,hunter2,hunter2\n"
        path = add(owner, "x.csv", data)
        file = owner.get(f"{path}/rows-to-fix.csv").text

        assert "hunter2" not in file + page_at(owner, path)
        assert file.splitlines()[0].endswith('"Name","Email","Role","Last PW reset","Problem"')


class TestMatching:
    UNCLEAR = b"Who,Contact,Position,Changed?,Notes\nAlma Reyes,alma@lakeside.example,AO,03/04/26,likes tea\n"

    @pytest.fixture
    def unclear(self, owner: TestClient) -> str:
        return add(owner, "x.csv", b"Name" + self.UNCLEAR[3:])

    def test_it_is_shown_if_a_needed_column_is_missing(self, owner: TestClient, unclear: str) -> None:
        page = page_at(owner, unclear)

        assert "No heading says which column holds the address" in page
        assert "No heading says which column holds the role" in page
        assert "likes tea" in page
        assert page.count("suggested") == 4  # by two headings, and by what looks like addresses and roles

    def test_nothing_can_be_imported_before(self, world: World, owner: TestClient, unclear: str) -> None:
        draft = unclear.removesuffix("/columns")

        assert owner.get(draft).headers["location"] == unclear
        assert owner.get(f"{draft}/rows-to-fix.csv").headers["location"] == unclear
        assert owner.post(draft, headers=OURS).headers["location"] == draft
        assert registered(world) == []

    def test_what_is_chosen_is_read(self, world: World, owner: TestClient, unclear: str) -> None:
        checked = match(owner, unclear, "name", "email", "role", "last_reset", "")
        page = page_at(owner, checked)
        confirm(owner, checked)

        assert "1 new, 0 changed, 0 to fix" in page
        assert "03/04/26 is read as March 4, 2026" in page
        assert "Not imported: Notes" in page
        assert registered(world) == ["Alma Reyes"]

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            (("name", "email", "", "", ""), "no column for the role"),
            (("name", "email", "role", "role", ""), "&#39;Position&#39; and &#39;Changed?&#39;; choose one of them"),
        ],
    )
    def test_what_cannot_be_is_explained_and_stays_chosen(
        self, owner: TestClient, unclear: str, fields: tuple[str, ...], problem: str
    ) -> None:
        chosen = {"column": ["0", "1", "2", "3", "4"], "field": list(fields)}
        answer = owner.post(unclear, data=chosen, headers=OURS)

        assert answer.status_code == 422
        assert "<title>Error: " in answer.text
        assert problem in answer.text
        assert '<option value="email" selected>' in answer.text

    def test_it_can_be_changed_after_the_check(self, owner: TestClient) -> None:
        data = b"Name,Email,Role,Alternate email\nAlma Reyes,alma@lakeside.example,AO,alma@home.example\n"
        checked = add(owner, "x.csv", data)
        again = match(owner, f"{checked}/columns", "name", "second_email", "role", "email")

        assert again == checked
        assert "alma@home.example</span>" in page_at(owner, again)


class TestChecking:
    def test_what_changes_is_shown_before_and_after(self, world: World, owner: TestClient) -> None:
        world.person("Alma Reyes", date(2026, 10, 9))
        world.person("Ben Okafor", date(2026, 11, 20), email="ben@lakeside.example")
        rows = ALMA.replace("SEU", "AO") + "Ben Okafor,ben@lakeside.example,SEU,2026-11-01\n"
        page = upload(owner, "x.csv", (HEADINGS + rows).encode())

        assert "0 new, 1 changed, 0 to fix" in page
        assert "1 row is as it is registered already" in page
        assert "Role: <del>Staff End User (SEU)</del>" in page
        assert "<ins>Authorized Official (AO)</ins>" in page
        assert "<del>2026-10-09</del>" in page
        assert "a later reset is known (2026-11-20)" in page

    def test_nothing_is_told_of_somebody_who_is_known_elsewhere(self, world: World, site: Site) -> None:
        world.person("Alma Reyes", date(2026, 10, 9))
        world.practice(DESERT, owner="ann@desert.example")
        page = upload(site.signed_in("ann@desert.example"), "x.csv", (HEADINGS + ALMA).encode())

        assert "1 new, 0 changed, 0 to fix" in page
        assert "2026-10-09" not in page

    def test_problems_stand_together_with_their_rows_and_the_cure(self, owner: TestClient) -> None:
        rows = "".join(f"Person No,p{n}@lakeside.example,{'Clerk' if n < 10 else 'Biller'},\n" for n in range(12))
        page = upload(owner, "x.csv", (HEADINGS + rows).encode())

        assert "There is nothing to import before the rows below are fixed." in page
        assert page.count("is none of the five I&amp;A roles") == 1 + 12
        assert "Row 2 &ldquo;Clerk&rdquo;, Row 3" in page
        assert "and 4 more" in page

    def test_the_rows_to_fix_are_corrected_and_added_again(self, world: World, owner: TestClient) -> None:
        path = add(owner, "roster-excel-export.csv")
        confirm(owner, path)
        text = owner.get(f"{path}/rows-to-fix.csv").content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        corrected = text.replace("Biller", "SEU").replace("noa.park@lakeside", "noa.park@lakeside.example")
        page = upload(owner, "rows-to-fix.csv", corrected.encode())

        assert len(rows) == 6
        assert [*rows[0]][-1] == "Problem"
        assert "is none of the five I&A roles" in next(row["Problem"] for row in rows if row["Last Name"] == "Quinn")
        assert "2 new, 0 changed, 3 to fix" in page  # the row it repeats was imported: that one is registered now

    def test_the_rows_to_fix_come_as_a_workbook_too(self, owner: TestClient) -> None:
        path = add(owner, "roster-excel-export.csv")
        answer = owner.get(f"{path}/rows-to-fix.xlsx")
        roster = read_roster(answer.content, file_name="x", today=date(2026, 12, 1))

        assert len({fault.row for fault in roster.rejected}) == 5  # without the row it repeats, the sixth is good

    def test_the_rows_are_filtered_by_what_becomes_of_them(self, owner: TestClient) -> None:
        path = add(owner, "roster-excel-export.csv")
        to_fix, new, odd = (page_at(owner, f"{path}?show={show}") for show in ("fix", "new", "what"))

        assert "Noa Park" not in new
        assert "Karin Jäger" not in to_fix.partition('id="rows"')[2]
        assert "Karin Jäger" in odd

    def test_looking_changes_nothing(self, world: World, owner: TestClient) -> None:
        path = add(owner, "roster-clean.csv")
        for _ in range(3):
            page_at(owner, path)
            page_at(owner, f"{path}/columns")

        assert registered(world) == []


class TestImporting:
    def test_the_button_imports_and_says_when_the_first_mails_go(self, world: World, owner: TestClient) -> None:
        world.now += timedelta(hours=11)
        path = confirm(owner, add(owner, "roster-clean.csv"))
        page = page_at(owner, path)
        foretold = [mail for mail in world.forecast() if mail.kind in {"ask", "warning", "expired"}]
        first = [mail for mail in foretold if mail.at == foretold[0].at]

        assert len(registered(world)) == 8
        assert "Imported: 8 new, 0 changed" in page
        assert "Nobody has been e-mailed." in page
        people = "1 person" if len(first) == 1 else f"{len(first)} people"
        assert f"First e-mails: tomorrow at 8:00 AM CST ({people})" in page
        assert world.mails == []

    @pytest.mark.parametrize(
        ("hours", "reset_on", "words"),
        [
            (-1, "2026-10-09", "Nobody has been e-mailed. First e-mails: today at 8:00 AM CST (1 person)"),
            (0, "2026-10-09", "Nobody has been e-mailed. First e-mails: in the next few minutes (1 person)"),
            (0, "2026-11-01", "Nobody has been e-mailed. First e-mails: Thu, Dec 17, 8:00 AM CST (1 person)"),
        ],
    )
    def test_it_says_when_as_one_says_it(
        self, world: World, owner: TestClient, hours: int, reset_on: str, words: str
    ) -> None:
        world.now += timedelta(hours=hours)
        page = page_at(owner, take_in(owner, "x.csv", (HEADINGS + ALMA).replace("2026-11-01", reset_on).encode()))

        assert words in page

    def test_once_a_mail_went_it_says_so(self, world: World, owner: TestClient) -> None:
        result = take_in(owner, "x.csv", (HEADINGS + ALMA).replace("2026-11-01", "2026-10-09").encode())
        world.tick()

        assert "The import itself e-mailed nobody. Next e-mails: Fri, Dec 4" in page_at(owner, result)

    def test_pressing_twice_imports_once(self, world: World, owner: TestClient) -> None:
        path = add(owner, "roster-clean.csv")
        led = [confirm(owner, path) for _ in range(2)]

        assert owner.get(led[1]).headers["location"] == led[0]
        assert len(registered(world)) == 8
        assert "8 new" in page_at(owner, led[0])

    def test_what_is_left_out_can_still_be_downloaded(self, owner: TestClient) -> None:
        page = page_at(owner, confirm(owner, add(owner, "roster-excel-export.csv")))
        address = re.findall(r'href="(/people/import/[^"]+rows-to-fix\.csv)"', page)[0]

        assert "6 rows were left out" in page
        assert owner.get(address).status_code == 200

    def test_who_was_changed_meanwhile_is_shown_again_first(self, world: World, owner: TestClient) -> None:
        path = add(owner, "x.csv", (HEADINGS + ALMA + "New Person,new@lakeside.example,AO,\n").encode())
        world.person("Alma Reyes", date(2026, 10, 9))
        led = confirm(owner, path)
        page = page_at(owner, led)
        before = registered(world)
        confirm(owner, path)

        assert led == f"{path}?done=moved"
        assert "Nothing was imported; this is how it would be now." in page
        assert "1 new, 1 changed, 0 to fix" in page
        assert before == ["Alma Reyes"]
        assert registered(world) == ["Alma Reyes", "New Person"]

    def test_a_backup_is_written_beforehand(self, world: World, owner: TestClient, tmp_path: Path) -> None:
        owner.app.state.settings = Settings(backup_dir=str(tmp_path / "backups"))  # type: ignore[attr-defined]
        take_in(owner, "roster-clean.csv")
        world.now += timedelta(minutes=1)
        take_in(owner, "x.csv", (HEADINGS + "New Person,new@lakeside.example,AO,\n").encode())

        assert len(list((tmp_path / "backups").glob("before-import-*.db"))) == 2

    def test_without_its_backup_nothing_is_imported(self, world: World, owner: TestClient, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        owner.app.state.settings = Settings(backup_dir=str(tmp_path / "file" / "backups"))  # type: ignore[attr-defined]
        answer = owner.post(add(owner, "roster-clean.csv"), headers=OURS)

        assert answer.status_code == 422
        assert "Nothing was imported." in answer.text
        assert "backup" in answer.text
        assert registered(world) == []

    @pytest.mark.parametrize(("then", "kept"), [("/setup/people", True), ("//evil.example", False), ("/people", False)])
    def test_the_set_up_leads_here_and_back_and_nothing_else_does(
        self, owner: TestClient, then: str, kept: bool
    ) -> None:
        form = page_at(owner, f"/people/import?then={then}")
        page = page_at(owner, confirm(owner, paste(owner, (HEADINGS + ALMA), then=then)))

        assert (f'name="then" value="{then}"' in form) is kept
        assert (f'href="{then}">Continue</a>' in page) is kept

    def test_in_trial_it_says_who_gets_the_mails(self, world: World, site: Site) -> None:
        world.practice(DESERT, owner="ann@desert.example", live=False)
        ann = site.signed_in("ann@desert.example")
        page = page_at(ann, confirm(ann, add(ann, "roster-clean.csv")))

        assert "Desert Bloom is in trial: until you turn reminders on" in page


class TestWaiting:
    @pytest.mark.parametrize("what", ["", "/columns", "/rows-to-fix.csv", "/rows-to-fix.xlsx"])
    def test_a_list_waits_for_half_an_hour_and_for_its_owner_alone(
        self, world: World, site: Site, owner: TestClient, what: str
    ) -> None:
        path = add(owner, "roster-clean.csv")
        colleague = site.colleague("editor@lakeside.example", role=AdminRole.EDITOR)
        in_time = owner.get(path + what).status_code
        by_colleague = colleague.get(path + what)
        by_nobody = site.visitor().get(path + what).headers["location"]
        world.now += timedelta(minutes=30)
        too_late = owner.get(path + what)

        assert (in_time, by_colleague.status_code, too_late.status_code) == (200, 404, 404)
        assert by_nobody == "/sign-in"
        assert "This list is no longer here" in too_late.text
        assert "Alma" not in by_colleague.text

    @pytest.mark.parametrize("what", ["", "/columns"])
    def test_nobody_else_can_press_its_buttons(self, world: World, site: Site, owner: TestClient, what: str) -> None:
        path = add(owner, "roster-clean.csv")
        colleague = site.colleague("editor@lakeside.example", role=AdminRole.EDITOR)
        form = {"column": ["0"], "field": ["name"]} if what else {}
        by_colleague = colleague.post(path + what, data=form, headers=OURS).status_code
        world.now += timedelta(minutes=30)

        assert (by_colleague, owner.post(path + what, data=form, headers=OURS).status_code) == (404, 404)
        assert registered(world) == []

    def test_who_loses_the_right_meanwhile_may_not_import(self, world: World, site: Site) -> None:
        colleague = site.colleague("editor@lakeside.example", role=AdminRole.EDITOR)
        path = add(colleague, "roster-clean.csv")
        with world.store.write() as connection:
            found = admins.with_email(connection, "editor@lakeside.example")
            assert found is not None
            admins.grant(connection, found.id, 1, AdminRole.VIEWER)

        assert colleague.post(path, headers=OURS).status_code == 403
        assert registered(world) == []

    def test_only_the_newest_lists_wait(self, owner: TestClient) -> None:
        first = add(owner, "roster-clean.csv")
        for _ in range(50):
            last = paste(owner, "Name,Email\nAlma,a@x.example\n")

        assert owner.get(first).status_code == 404
        assert owner.get(last).status_code == 200


class TestSeveralPractices:
    @pytest.fixture
    def both(self, world: World, site: Site) -> TestClient:
        """The browser of somebody who is owner of two practices and may look at a third."""
        world.practice(DESERT, zone="America/Phoenix", owner=OWNER)
        third = world.practice("Oasis Clinic", owner="ann@oasis.example")
        with world.store.write() as connection:
            found = admins.with_email(connection, OWNER)
            assert found is not None
            admins.grant(connection, found.id, third, AdminRole.VIEWER)
        return site.signed_in(OWNER)

    def test_the_practice_is_chosen(self, world: World, both: TestClient) -> None:
        unchosen = both.post("/people/import", data={"pasted": HEADINGS + ALMA}, headers=OURS)
        confirm(both, paste(both, HEADINGS + ALMA, practice="2"))

        assert unchosen.status_code == 422
        assert 'href="#practice"' in unchosen.text
        assert (registered(world), registered(world, 2)) == ([], ["Alma Reyes"])

    @pytest.mark.parametrize("practice", ["3", "4", "x"])
    def test_only_one_that_the_viewer_may_change_can_be_chosen(self, both: TestClient, practice: str) -> None:
        answer = both.post("/people/import", data={"pasted": HEADINGS + ALMA, "practice": practice}, headers=OURS)

        assert answer.status_code == 422
        assert "Oasis" not in page_at(both, "/people/import")

    def test_rows_go_to_the_practice_they_name_if_it_is_the_viewers(self, world: World, both: TestClient) -> None:
        rows = "".join(
            f"{name},{name.lower()}@x.example,SEU,{practice}\n"
            for name, practice in [("Ana", ""), ("Bea", "desert bloom"), ("Cid", "Oasis Clinic"), ("Dov", "Nowhere")]
        )
        path = paste(both, f"Name,Email,Role,Practice\n{rows}", practice="1")
        page = page_at(both, path)
        confirm(both, path)

        assert "2 new, 0 changed, 2 to fix" in page
        assert "there are: Desert Bloom, Lakeside Family Medicine" in page
        assert [registered(world, key) for key in (1, 2, 3)] == [["Ana"], ["Bea"], []]

    def test_an_import_for_several_is_taken_back_by_who_may_change_all_of_them(
        self, world: World, site: Site, both: TestClient
    ) -> None:
        rows = "Ana,ana@x.example,SEU,\nBea,bea@x.example,SEU,Desert Bloom\n"
        result = confirm(both, paste(both, f"Name,Email,Role,Practice\n{rows}", practice="1")).partition("?")[0]
        editor = site.colleague("editor@lakeside.example", role=AdminRole.EDITOR)
        editor.post(f"{result}/undo", headers=OURS)
        by_editor = registered(world, 2)
        page = page_at(editor, result)
        both.post(f"{result}/undo", headers=OURS)

        assert by_editor == ["Bea"]
        assert "Undo this import" not in page
        assert "more practices than you may change" in page
        assert registered(world, 2) == []


class TestPastImports:
    def test_an_import_is_taken_back_from_its_page(self, world: World, owner: TestClient) -> None:
        result = take_in(owner, "roster-clean.csv")
        owner.post(f"{result}/undo", headers=OURS)

        assert registered(world) == []
        assert "The import was taken back" in page_at(owner, result)

    def test_who_was_changed_since_stays_and_is_named(self, world: World, owner: TestClient) -> None:
        result = take_in(owner, "roster-clean.csv")
        world.reset(1, date(2026, 11, 30))
        name = world.look(1).name
        owner.post(f"{result}/undo", headers=OURS)

        assert registered(world) == [name]
        assert f"1 person was changed after the import and stays as they are: {name}" in page_at(owner, result)

    @pytest.mark.parametrize(("days", "possible"), [(7, True), (8, False)])
    def test_it_is_taken_back_for_seven_days(self, world: World, owner: TestClient, days: int, possible: bool) -> None:
        result = take_in(owner, "roster-clean.csv")
        world.now += timedelta(days=days)
        offered = f'action="{result}/undo"' in page_at(owner, "/people/imports")
        owner.post(f"{result}/undo", headers=OURS)

        assert offered is possible
        assert (registered(world) == []) is possible

    def test_all_of_them_are_listed_and_who_may_only_look_cannot_undo(
        self, world: World, site: Site, owner: TestClient
    ) -> None:
        take_in(owner, "roster-clean.csv")
        result = take_in(owner, "roster.xlsx")
        owner.post(f"{result}/undo", headers=OURS)
        viewer = site.colleague("viewer@lakeside.example")
        page, seen = page_at(owner, "/people/imports"), page_at(viewer, "/people/imports")

        assert page.index("roster.xlsx") < page.index("roster-clean.csv")
        assert "8 new, 0 changed" in page
        assert page.count("taken back") == 1
        assert "dana" in page
        assert page.count("/undo") == 1
        assert "roster-clean.csv" in seen
        assert "/undo" not in seen + page_at(viewer, "/people/imports/1")
        assert viewer.post("/people/imports/1/undo", headers=OURS).status_code == 403
        assert len(registered(world)) == 8

    def test_an_import_of_another_practice_does_not_exist(self, world: World, site: Site, owner: TestClient) -> None:
        result = take_in(owner, "roster-clean.csv")
        world.practice(DESERT, zone="America/Phoenix", owner="ann@desert.example")
        stranger = site.signed_in("ann@desert.example")

        assert stranger.get(result).status_code == 404
        assert stranger.post(f"{result}/undo", headers=OURS).status_code == 404
        assert "roster-clean.csv" not in page_at(stranger, "/people/imports")
        assert "Nothing was imported yet." in page_at(stranger, "/people/imports")
        assert len(registered(world)) == 8


def test_who_may_only_look_may_not_import(site: Site) -> None:
    viewer = site.colleague("viewer@lakeside.example")

    assert viewer.get("/people/import").status_code == 403
    assert viewer.get("/people/import/template.csv").status_code == 403
    assert viewer.post("/people/import", data={"pasted": "x"}, headers=OURS).status_code == 403
    assert "Import a list" not in viewer.get("/people").text
