"""Every route of the pages, with who may use it: the one table from which access, safety and pictures are tested."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from fastapi.routing import APIRoute

from reminder.web.app import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Access(Enum):
    """Who may use a route. Whoever is not signed in is sent to the sign-in page, PUBLIC ones aside."""

    PUBLIC = auto()  # anybody
    SIGNED_IN = auto()  # any admin, who sees their own practices only
    LOOK = auto()  # the admins of the practice in the address; for others it does not exist
    CHANGE = auto()  # its owners and editors; a viewer is refused
    OWN = auto()  # its owners; editors and viewers are refused
    CHANGE_ANY = auto()  # who is owner or editor anywhere: the form says where
    OWN_ANY = auto()  # who is owner anywhere


@dataclass(frozen=True, kw_only=True)
class Use:
    """How one route is used: by whom, with which address of practice 1, and with which form."""

    access: Access
    path: str = ""  # an example of the address, where the route has parts to fill in
    form: Mapping[str, str] = field(default_factory=dict)
    is_page: bool = True  # a page to look at, not a file or a fragment


def routes() -> Iterator[tuple[str, str]]:
    """Yield method and path of every route; HEAD is answered as GET is."""
    for route in ROUTES:
        assert isinstance(route, APIRoute)
        yield from ((method, route.path) for method in sorted(route.methods or ()))


OWNER_TYPED = {"practice": "Riverside", "name": "Ray Owner", "email": "ray@riverside.example", "zone": "America/Denver"}
RESET = {"when": "date", "date": "2026-11-20"}

USES: dict[tuple[str, str], Use] = {
    # Anybody
    ("GET", "/healthz"): Use(access=Access.PUBLIC, path="/healthz", is_page=False),
    ("GET", "/help"): Use(access=Access.PUBLIC, path="/help"),
    ("GET", "/is-this-mail-real"): Use(access=Access.PUBLIC, path="/is-this-mail-real"),
    ("GET", "/r/{token}"): Use(access=Access.PUBLIC, path="/r/TOKEN"),
    ("POST", "/r/{token}"): Use(access=Access.PUBLIC, path="/r/TOKEN", form={"when": "today"}),
    ("POST", "/r/{token}/undo"): Use(access=Access.PUBLIC, path="/r/TOKEN/undo"),
    ("POST", "/r/{token}/not-needed"): Use(access=Access.PUBLIC, path="/r/TOKEN/not-needed"),
    ("GET", "/calendar/{token}.ics"): Use(access=Access.PUBLIC, path="/calendar/CALENDAR.ics", is_page=False),
    ("GET", "/sign-in"): Use(access=Access.PUBLIC, path="/sign-in"),
    ("POST", "/sign-in"): Use(access=Access.PUBLIC, path="/sign-in", form={"email": "x@y.example", "password": "x"}),
    ("GET", "/sign-in/{token}"): Use(access=Access.PUBLIC, path="/sign-in/LINK"),
    ("POST", "/sign-in/{token}"): Use(access=Access.PUBLIC, path="/sign-in/LINK"),
    ("POST", "/sign-out"): Use(access=Access.PUBLIC, path="/sign-out"),
    ("POST", "/sign-in/link"): Use(access=Access.PUBLIC, path="/sign-in/link", form={"email": "x@y.example"}),
    ("GET", "/account/address/{token}"): Use(access=Access.PUBLIC, path="/account/address/ADDRESS"),
    ("POST", "/account/address/{token}"): Use(access=Access.PUBLIC, path="/account/address/ADDRESS"),
    # The admin's own account
    ("GET", "/account"): Use(access=Access.SIGNED_IN, path="/account"),
    ("POST", "/account/name"): Use(access=Access.SIGNED_IN, path="/account/name", form={"name": "Dana Reed"}),
    ("POST", "/account/address"): Use(
        access=Access.SIGNED_IN, path="/account/address", form={"email": "dana@new.example"}
    ),
    ("GET", "/account/prove"): Use(access=Access.SIGNED_IN, path="/account/prove?then=/account"),
    ("POST", "/account/prove"): Use(access=Access.SIGNED_IN, path="/account/prove", form={"password": "wrong"}),
    ("POST", "/account/prove/link"): Use(access=Access.SIGNED_IN, path="/account/prove/link"),
    ("GET", "/account/password"): Use(access=Access.SIGNED_IN, path="/account/password"),
    ("POST", "/account/password"): Use(access=Access.SIGNED_IN, path="/account/password", form={"password": "short"}),
    ("POST", "/account/password/strength"): Use(
        access=Access.SIGNED_IN, path="/account/password/strength", form={"password": "short"}
    ),
    ("GET", "/account/welcome"): Use(access=Access.SIGNED_IN, path="/account/welcome"),
    ("POST", "/account/welcome"): Use(
        access=Access.SIGNED_IN, path="/account/welcome", form={"name": "Dana Reed", "password": "short"}
    ),
    ("GET", "/account/second-factor"): Use(access=Access.SIGNED_IN, path="/account/second-factor"),
    ("POST", "/account/second-factor/on"): Use(access=Access.SIGNED_IN, path="/account/second-factor/on"),
    ("POST", "/account/second-factor/codes"): Use(access=Access.SIGNED_IN, path="/account/second-factor/codes"),
    ("POST", "/account/second-factor/off"): Use(access=Access.SIGNED_IN, path="/account/second-factor/off"),
    ("POST", "/account/sessions/end"): Use(
        access=Access.SIGNED_IN, path="/account/sessions/end", form={"session": "0123456789abcdef"}
    ),
    ("POST", "/account/sessions/end-others"): Use(access=Access.SIGNED_IN, path="/account/sessions/end-others"),
    ("POST", "/account/sessions/end-all"): Use(access=Access.SIGNED_IN, path="/account/sessions/end-all"),
    # Who looks after a practice
    ("GET", "/settings/team"): Use(access=Access.SIGNED_IN, path="/settings/team"),
    ("GET", "/settings/team/{practice_id:int}"): Use(access=Access.LOOK, path="/settings/team/1"),
    ("POST", "/settings/team/{practice_id:int}/invite"): Use(
        access=Access.OWN, path="/settings/team/1/invite", form={"email": "kim@lakeside.example", "role": "editor"}
    ),
    ("POST", "/settings/team/{practice_id:int}/invite-again"): Use(
        access=Access.OWN, path="/settings/team/1/invite-again", form={"admin": "INVITED"}
    ),
    ("POST", "/settings/team/{practice_id:int}/role"): Use(
        access=Access.OWN, path="/settings/team/1/role", form={"admin": "COLLEAGUE", "role": "editor"}
    ),
    ("POST", "/settings/team/{practice_id:int}/remove"): Use(
        access=Access.OWN, path="/settings/team/1/remove", form={"admin": "COLLEAGUE"}
    ),
    ("POST", "/settings/team/{practice_id:int}/reset-factor"): Use(
        access=Access.OWN, path="/settings/team/1/reset-factor", form={"admin": "COLLEAGUE"}
    ),
    ("POST", "/settings/team/{practice_id:int}/leave"): Use(access=Access.LOOK, path="/settings/team/1/leave"),
    ("GET", "/settings/practices/add"): Use(access=Access.OWN_ANY, path="/settings/practices/add"),
    ("POST", "/settings/practices/add"): Use(
        access=Access.OWN_ANY,
        path="/settings/practices/add",
        form={"name": "Harbor Clinic", "zone": "America/New_York"},
    ),
    # People
    ("GET", "/"): Use(access=Access.SIGNED_IN, path="/"),
    ("GET", "/people"): Use(access=Access.SIGNED_IN, path="/people"),
    ("GET", "/people/add"): Use(access=Access.CHANGE_ANY, path="/people/add"),
    ("POST", "/people/add"): Use(
        access=Access.CHANGE,
        path="/people/add",
        form={"practice": "1", "name": "Bo Chen", "email": "bo@x.example", "role": "AO"},
    ),
    ("POST", "/people/bulk"): Use(
        access=Access.CHANGE, path="/people/bulk", form={"who": "1-1", "act": "reset", "reset_on": "2026-11-20"}
    ),
    ("POST", "/people/bulk/{act}"): Use(
        access=Access.CHANGE, path="/people/bulk/remove", form={"who": "1-1", "count": "1"}
    ),
    ("POST", "/people/undo/{number:int}"): Use(access=Access.CHANGE, path="/people/undo/BULK"),
    ("GET", "/people/export.{kind}"): Use(access=Access.SIGNED_IN, path="/people/export.csv", is_page=False),
    ("POST", "/people/export"): Use(
        access=Access.CHANGE, path="/people/export", form={"who": "1-1", "act": "csv"}, is_page=False
    ),
    ("GET", "/people/{person_id:int}"): Use(access=Access.LOOK, path="/people/1"),
    ("POST", "/people/{person_id:int}/reset"): Use(access=Access.CHANGE, path="/people/1/reset", form=RESET),
    ("POST", "/people/{person_id:int}/undo"): Use(access=Access.CHANGE, path="/people/1/undo"),
    ("POST", "/people/{person_id:int}/pause"): Use(
        access=Access.CHANGE, path="/people/1/pause", form={"from_on": "2026-12-02", "to_on": "2026-12-05"}
    ),
    ("POST", "/people/{person_id:int}/back"): Use(access=Access.CHANGE, path="/people/1/back"),
    ("POST", "/people/{person_id:int}/edit"): Use(
        access=Access.CHANGE,
        path="/people/1/edit",
        form={"name": "Alma Gold", "email": "gold@lakeside.example"},
    ),
    ("POST", "/people/{person_id:int}/role"): Use(
        access=Access.CHANGE, path="/people/1/role", form={"practice": "1", "role": "AM"}
    ),
    ("POST", "/people/{person_id:int}/join"): Use(
        access=Access.CHANGE, path="/people/1/join", form={"practice": "1", "role": "AM"}
    ),
    ("POST", "/people/{person_id:int}/home"): Use(access=Access.CHANGE, path="/people/1/home", form={"practice": "1"}),
    ("GET", "/people/{person_id:int}/leaving"): Use(access=Access.LOOK, path="/people/1/leaving"),
    ("POST", "/people/{person_id:int}/send-now"): Use(access=Access.CHANGE, path="/people/1/send-now"),
    ("GET", "/people/{person_id:int}/call-sheet"): Use(access=Access.LOOK, path="/people/1/call-sheet"),
    ("GET", "/people/call-sheet"): Use(access=Access.SIGNED_IN, path="/people/call-sheet"),
    ("GET", "/people/{person_id:int}/evidence"): Use(access=Access.LOOK, path="/people/1/evidence"),
    ("GET", "/evidence"): Use(access=Access.SIGNED_IN, path="/evidence"),
    ("POST", "/people/{person_id:int}/return"): Use(access=Access.CHANGE, path="/people/1/return"),
    ("POST", "/people/{person_id:int}/remove"): Use(access=Access.CHANGE, path="/people/1/remove"),
    # Rosters
    ("GET", "/people/import"): Use(access=Access.CHANGE_ANY, path="/people/import"),
    ("POST", "/people/import"): Use(
        access=Access.CHANGE_ANY, path="/people/import", form={"pasted": "Name,Email,Role\nA B,ab@x.example,AO\n"}
    ),
    ("GET", "/people/import/template.{kind}"): Use(
        access=Access.CHANGE_ANY, path="/people/import/template.csv", is_page=False
    ),
    ("GET", "/people/imports"): Use(access=Access.SIGNED_IN, path="/people/imports"),
    ("GET", "/people/imports/{number:int}"): Use(access=Access.LOOK, path="/people/imports/1"),
    ("POST", "/people/imports/{number:int}/undo"): Use(access=Access.CHANGE, path="/people/imports/1/undo"),
    # Sending
    ("GET", "/schedule"): Use(access=Access.SIGNED_IN, path="/schedule"),
    ("GET", "/schedule/mails/{key}"): Use(access=Access.LOOK, path="/schedule/mails/FORETOLD?person=1"),
    ("GET", "/schedule/mails/{key}/html"): Use(
        access=Access.LOOK, path="/schedule/mails/FORETOLD/html?person=1", is_page=False
    ),
    ("POST", "/schedule/people/{person_id:int}/skip"): Use(
        access=Access.CHANGE, path="/schedule/people/1/skip", form={"cycle_on": "2026-12-08", "step": "3"}
    ),
    ("POST", "/schedule/people/{person_id:int}/take-back"): Use(
        access=Access.CHANGE, path="/schedule/people/1/take-back", form={"cycle_on": "2026-12-08", "step": "1"}
    ),
    ("GET", "/messages"): Use(access=Access.SIGNED_IN, path="/messages"),
    ("POST", "/messages/{number:int}/resend"): Use(access=Access.CHANGE, path="/messages/FAILED/resend"),
    ("POST", "/messages/resend-failed"): Use(
        access=Access.CHANGE_ANY, path="/messages/resend-failed", form={"kind": "warning"}
    ),
    ("GET", "/messages/release"): Use(access=Access.OWN_ANY, path="/messages/release"),
    ("POST", "/messages/release"): Use(access=Access.OWN_ANY, path="/messages/release"),
    ("GET", "/mails/{number}"): Use(access=Access.LOOK, path="/mails/1"),
    ("GET", "/mails/{number}/html"): Use(access=Access.LOOK, path="/mails/1/html", is_page=False),
    # History
    ("GET", "/history"): Use(access=Access.SIGNED_IN, path="/history"),
    ("GET", "/history.csv"): Use(access=Access.SIGNED_IN, path="/history.csv", is_page=False),
    # Set-up
    ("GET", "/setup"): Use(access=Access.PUBLIC, path="/setup", is_page=False),
    ("POST", "/setup"): Use(access=Access.PUBLIC, path="/setup", form={"code": "0000-0000"}),
    ("GET", "/setup/practice"): Use(access=Access.PUBLIC, path="/setup/practice", is_page=False),
    ("POST", "/setup/practice"): Use(access=Access.PUBLIC, path="/setup/practice", form=OWNER_TYPED),
    ("POST", "/setup/practice/strength"): Use(access=Access.PUBLIC, path="/setup/practice/strength"),
    ("GET", "/setup/mail"): Use(access=Access.OWN_ANY, path="/setup/mail"),
    ("GET", "/setup/mail/{key}"): Use(access=Access.OWN_ANY, path="/setup/mail/microsoft365"),
    ("POST", "/setup/mail/{key}"): Use(access=Access.OWN_ANY, path="/setup/mail/google", form={"sender": "x"}),
    ("POST", "/setup/mail/keep"): Use(access=Access.OWN_ANY, path="/setup/mail/keep", form={"answer": "yes"}),
    ("GET", "/setup/people"): Use(access=Access.OWN_ANY, path="/setup/people", is_page=False),
    ("POST", "/setup/people"): Use(access=Access.OWN_ANY, path="/setup/people", form={"name": "Ivo New"}),
    ("POST", "/setup/people/samples"): Use(access=Access.OWN_ANY, path="/setup/people/samples", form={"wanted": "in"}),
    ("GET", "/setup/plan"): Use(access=Access.OWN_ANY, path="/setup/plan", is_page=False),
    ("GET", "/setup/plan/mail"): Use(access=Access.OWN_ANY, path="/setup/plan/mail", is_page=False),
    ("POST", "/setup/plan"): Use(access=Access.OWN_ANY, path="/setup/plan", form={"plan": "gentle"}),
    ("GET", "/setup/start"): Use(access=Access.OWN_ANY, path="/setup/start", is_page=False),
    ("POST", "/setup/start"): Use(access=Access.OWN_ANY, path="/setup/start"),
    # Diagnostics
    ("GET", "/diagnostics"): Use(access=Access.OWN_ANY, path="/diagnostics"),
    ("POST", "/diagnostics/mail-server"): Use(access=Access.OWN_ANY, path="/diagnostics/mail-server"),
    ("POST", "/diagnostics/backup"): Use(access=Access.OWN_ANY, path="/diagnostics/backup"),
    # Settings
    ("GET", "/settings/mail"): Use(access=Access.OWN_ANY, path="/settings/mail"),
    ("POST", "/settings/mail/addresses"): Use(
        access=Access.OWN_ANY,
        path="/settings/mail/addresses",
        form={"public_url": "https://new.example", "mail_limit": "", "alert_email": ""},
    ),
    ("POST", "/settings/mail/test"): Use(access=Access.OWN_ANY, path="/settings/mail/test"),
    ("GET", "/settings/mail/{key}"): Use(access=Access.OWN_ANY, path="/settings/mail/other"),
    ("POST", "/settings/mail/{key}"): Use(access=Access.OWN_ANY, path="/settings/mail/google", form={"sender": "x"}),
    ("POST", "/settings/mail/keep"): Use(access=Access.OWN_ANY, path="/settings/mail/keep", form={"answer": "yes"}),
    ("GET", "/settings"): Use(access=Access.SIGNED_IN, path="/settings"),
    ("GET", "/settings/names"): Use(access=Access.LOOK, path="/settings/names?practice=1"),
    ("POST", "/settings/{practice_id:int}/names"): Use(
        access=Access.CHANGE,
        path="/settings/1/names",
        form={"name": "Lakeside", "sender_name": "Lakeside", "reply_to": "dana@lakeside.example"},
    ),
    ("GET", "/settings/times"): Use(access=Access.LOOK, path="/settings/times?practice=1"),
    ("POST", "/settings/{practice_id:int}/times"): Use(
        access=Access.CHANGE, path="/settings/1/times", form={"zone": "America/Denver", "send_time": "09:00"}
    ),
    ("GET", "/settings/escalation"): Use(access=Access.LOOK, path="/settings/escalation?practice=1"),
    ("POST", "/settings/{practice_id:int}/escalation"): Use(
        access=Access.CHANGE, path="/settings/1/escalation", form={"escalate_to": "1"}
    ),
    ("GET", "/settings/mode"): Use(access=Access.LOOK, path="/settings/mode?practice=1"),
    ("POST", "/settings/{practice_id:int}/mode"): Use(
        access=Access.OWN, path="/settings/1/mode", form={"mode": "trial"}
    ),
    ("GET", "/settings/plan"): Use(access=Access.LOOK, path="/settings/plan?practice=1&plan=gentle"),
    ("POST", "/settings/{practice_id:int}/plan"): Use(
        access=Access.CHANGE, path="/settings/1/plan", form={"plan": "gentle"}
    ),
    ("GET", "/settings/calendar"): Use(access=Access.LOOK, path="/settings/calendar?practice=1"),
    ("POST", "/settings/{practice_id:int}/calendar"): Use(
        access=Access.CHANGE, path="/settings/1/calendar", form={"close": "2026-12-24"}
    ),
    ("GET", "/settings/mails"): Use(access=Access.LOOK, path="/settings/mails?practice=1"),
    ("GET", "/settings/mails/{kind}"): Use(access=Access.LOOK, path="/settings/mails/warning?practice=1&person=1"),
    ("GET", "/settings/mails/{kind}/html"): Use(
        access=Access.LOOK, path="/settings/mails/warning/html?practice=1&person=1", is_page=False
    ),
    ("POST", "/settings/{practice_id:int}/mails/{kind}"): Use(
        access=Access.CHANGE, path="/settings/1/mails/digest", form={}
    ),
    ("GET", "/settings/wording"): Use(access=Access.SIGNED_IN, path="/settings/wording"),
    ("GET", "/settings/wording/mail"): Use(access=Access.SIGNED_IN, path="/settings/wording/mail", is_page=False),
    ("POST", "/settings/{practice_id:int}/wording"): Use(
        access=Access.CHANGE, path="/settings/1/wording", form={"greeting": "Dear"}
    ),
}
"""Words in capitals stand for what only the tests' world knows: a link's token, the number of a failed mail."""

SHOWN_ELSEWHERE = {
    ("GET", "/sign-in/code"): "tests/web/test_second_factor.py",
    ("POST", "/sign-in/code"): "tests/web/test_second_factor.py",
    ("GET", "/people/import/{draft}"): "tests/web/test_importing.py",
    ("POST", "/people/import/{draft}"): "tests/web/test_importing.py",
    ("GET", "/people/import/{draft}/columns"): "tests/web/test_importing.py",
    ("POST", "/people/import/{draft}/columns"): "tests/web/test_importing.py",
    ("GET", "/people/import/{draft}/rows-to-fix.{kind}"): "tests/web/test_importing.py",
}
"""Routes that exist only for who read a list, or gave a password, a moment ago: the file that walks them."""
