"""What people, admins and machines do in a simulated life. Each act takes the life and does one thing, by its seed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from reminder.errors import UsageError
from reminder.jobs import confirm, practices, releasing, sending_now, skipping, staff
from reminder.jobs.import_terms import Request
from reminder.jobs.import_undo import undo_import
from reminder.jobs.importing import import_roster
from reminder.jobs.practice_edit import PracticeEdit, edit_practice
from reminder.jobs.skipping import Skip
from reminder.jobs.tick import CALENDARS
from reminder.mail.links import Purpose
from reminder.policy.model import Absence, Role, RuleVersion, Schedule
from reminder.roster.reading import read_roster
from reminder.store import absences, people, rules, system
from reminder.store import practices as stored
from tests.simulation.life import ZONES, Life
from tests.simulation.post import WEATHER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from reminder.jobs.confirm import Visit
    from reminder.store.people import Person
    from reminder.store.practices import Practice

ACTOR = "admin:1"
LADDERS = ("14,7,3,1,0", "21,10,3,1,0,-1,-7", "30,14,7,3,1,0,-1,-7,-14,-28,-42,-56", "5,0,-3", "60,45,30,15,1,-2")


def some_practice(life: Life, connection: Connection) -> Practice:
    return life.random.choice(list(stored.load(connection).values()))


def some_person(life: Life, connection: Connection, *, present: bool = True) -> Person | None:
    key = life.someone(present=present)
    return people.get(connection, key) if key is not None else None


def some_day(life: Life, back: int, ahead: int = 0) -> date:
    return life.today() + timedelta(days=life.random.randint(-back, ahead))


def open_practice(life: Life) -> None:
    random, number = life.random, life.random.randrange(10**6)
    ladder = tuple(int(step) for step in random.choice(LADDERS).split(","))
    schedule = Schedule(zone=random.choice(ZONES), ladder=ladder)
    name = f"Practice {number}"
    with life.store.write() as connection:
        practices.open_practice(
            connection,
            name=name,
            schedule=schedule,
            owner=f"owner.{number}@practice.example",
            actor=ACTOR,
            now=life.wall,
            live=random.random() < 0.85,
        )


def register(life: Life) -> None:
    name = life.new_name()
    email = f"{name.split()[1].lower()}@staff.example"
    second = f"second.{email}" if life.random.random() < 0.3 else None
    role = life.random.choice(list(Role))
    with life.store.write() as connection:
        wanted = staff.Registration(name=name, email=email, role=role, second_email=second)
        home = some_practice(life, connection)
        key = staff.register(connection, home, wanted, by="Dana", actor=ACTOR, now=life.wall)
        if life.random.random() < 0.8:
            reset_on = some_day(life, 70)
            confirm.record_by_admin(
                connection, people.load(connection, [key])[key], actor=ACTOR, now=life.wall, practice_id=home.id,
                reset_on=reset_on,
            )  # fmt: skip


def join(life: Life) -> None:
    with life.store.write() as connection:
        person = some_person(life, connection)
        if person is not None:
            practice = some_practice(life, connection)
            staff.join(connection, person, practice, Role.SURROGATE, by="Dana", actor=ACTOR, now=life.wall)


def leave(life: Life) -> None:
    with life.store.write() as connection:
        person = some_person(life, connection)
        if person is not None and person.home_id is not None:
            home = stored.load(connection, [person.home_id])[person.home_id]
            staff.remove(connection, person, home, actor=ACTOR, now=life.wall)


def come_back(life: Life) -> None:
    with life.store.write() as connection:
        person = some_person(life, connection, present=False)
        if person is not None:
            practice = some_practice(life, connection)
            staff.take_back(connection, person, practice, actor=ACTOR, now=life.wall)


def go_away(life: Life) -> None:
    start = some_day(life, 5, 30)
    last = None if life.random.random() < 0.2 else start + timedelta(days=life.random.randint(0, 40))
    with life.store.write() as connection:
        person = some_person(life, connection)
        if person is not None:
            staff.pause(connection, person, Absence(from_on=start, to_on=last), actor=ACTOR, now=life.wall)


def be_back(life: Life) -> None:
    with life.store.write() as connection:
        person = some_person(life, connection)
        if person is None:
            return
        noted = absences.in_force(connection, person.id)
        if noted and life.random.random() < 0.5:
            staff.end_absence(connection, person, life.random.choice(noted).id, actor=ACTOR, now=life.wall)
        else:
            staff.clear_pause(connection, person, actor=ACTOR, now=life.wall)


def edit(life: Life) -> None:
    with life.store.write() as connection:
        person = some_person(life, connection)
        if person is None or person.home_id is None:
            return
        home = stored.load(connection, [person.home_id])[person.home_id]
        address = f"new{life.random.randrange(10**6)}.{person.email}"
        changes: list[dict[str, Any]] = [{"email": address}, {"second_email": None}, {"language": "es"}]
        values = life.random.choice(changes)
        staff.edit(connection, person, home, values, actor=ACTOR, now=life.wall)


def change_role(life: Life) -> None:
    with life.store.write() as connection:
        person = some_person(life, connection)
        if person is not None and person.home_id is not None:
            home = stored.load(connection, [person.home_id])[person.home_id]
            role = life.random.choice(list(Role))
            staff.change_role(connection, person, home, role, actor=ACTOR, now=life.wall)


def move_home(life: Life) -> None:
    with life.store.write() as connection:
        person = some_person(life, connection)
        if person is not None:
            staff.move_home(connection, person, some_practice(life, connection), actor=ACTOR, now=life.wall)


def record_reset(life: Life) -> None:
    with life.store.write() as connection:
        person = some_person(life, connection)
        if person is None:
            return
        left = life.random.randint(0, 60) if life.random.random() < 0.3 else None
        reset_on = some_day(life, life.random.choice((0, 3, 100))) if left is None else None
        home = person.home_id
        confirm.record_by_admin(
            connection, person, actor=ACTOR, now=life.wall, practice_id=home, reset_on=reset_on, left=left
        )


def undo_reset(life: Life) -> None:
    with life.store.write() as connection:
        person = some_person(life, connection)
        if person is not None:
            confirm.undo_by_admin(connection, person, actor=ACTOR, now=life.wall, practice_id=None)


def skip(life: Life) -> None:
    with life.store.write() as connection:
        person = some_person(life, connection)
        if person is None or person.expires_on is None or person.home_id is None:
            return
        home = stored.load(connection, [person.home_id])[person.home_id]
        step = life.random.choice(home.schedule.ladder)
        wanted = Skip(
            person=person, cycle_on=person.expires_on, step=step, by="Dana", actor=ACTOR, practice_id=person.home_id
        )
        act = skipping.skip_step if life.random.random() < 0.7 else skipping.take_back_skip
        act(connection, wanted, life.wall)


def send_now(life: Life) -> None:
    with life.store.write() as connection:
        person = some_person(life, connection)
        if person is not None and person.home_id is not None:
            sending_now.send_now(connection, [person.id], practice_id=person.home_id, actor=ACTOR, now=life.wall)


def resend(life: Life) -> None:
    ids = [row[0] for row in life.raw.execute("select id from reminder where state in ('failed', 'in_doubt')")]
    if ids:
        key = life.random.choice(ids)
        with life.store.write() as connection:
            releasing.resend(connection, key, actor=ACTOR, now=life.wall)
        life.by_hand.add(key)


def edit_a_practice(life: Life) -> None:
    random = life.random
    day = some_day(life, 0, 30)
    wanted = random.choice(
        [
            PracticeEdit(zone=random.choice(ZONES)),
            PracticeEdit(send_time=random.choice(("06:00", "08:00", "11:30", "17:30"))),
            PracticeEdit(ladder=random.choice(LADDERS)),
            PracticeEdit(close=tuple(day + timedelta(days=n) for n in range(random.randint(1, 10)))),
            PracticeEdit(reopen=(day,)),
            PracticeEdit(mode=random.choice(("live", "live", "live", "trial"))),
        ]
    )
    with life.store.write() as connection:
        edit_practice(connection, some_practice(life, connection), wanted, actor=ACTOR, now=life.wall)


def change_rule(life: Life) -> None:
    """CMS changes how long a password lives, from some day on."""
    version = RuleVersion(effective_from=some_day(life, 30, 60), days=life.random.choice((60, 60, 90, 150)))
    with life.store.write() as connection:
        rules.add_version(connection, version, kind="change", source="seeded", checked_on=life.today(), now=life.wall)


def import_file(life: Life) -> None:
    random = life.random
    with life.store.read() as connection:
        practice = some_practice(life, connection)
    rows = life.raw.execute("select name, email from person where home_id = ?", [practice.id]).fetchall()
    listed = [(row["name"], row["email"]) for row in random.sample(rows, min(len(rows), 4))]
    for _ in range(random.randint(0, 2)):
        name = life.new_name()
        listed.append((name, f"{name.split()[1].lower()}@staff.example"))
    lines = ["name,email,role,days left,last reset,as of"]
    for name, email in listed:
        left = str(random.randint(0, 60)) if random.random() < 0.5 else ""
        day = some_day(life, 60).isoformat() if random.random() < 0.5 else ""
        as_of = some_day(life, 3).isoformat() if left and random.random() < 0.5 else ""
        lines.append(f"{name},{email},SEU,{left},{day},{as_of}")
    roster = read_roster("\n".join(lines).encode(), file_name="staff.csv", today=life.today())
    wanted = Request(
        practice=practice, allowed=[practice], roster=roster, file_name="staff.csv", by="Dana", actor=ACTOR
    )
    import_roster(life.store, wanted, life.wall)


def take_import_back(life: Life) -> None:
    ids = [row[0] for row in life.raw.execute("select id from roster_import order by id desc limit 3")]
    if ids:
        with life.store.write() as connection:
            undo_import(connection, life.random.choice(ids), actor=ACTOR, now=life.wall)


def visit(life: Life, connection: Connection) -> Visit | None:
    """Follow a link of some mail, old or new, used or not."""
    mails = [sent for sent in life.sent[-200:] if sent.taken.kind in {"warning", "expired", "ask", "receipt"}]
    if not mails:
        return None
    found = re.search(r"/r/([^\s\"<>]+)", life.random.choice(mails).taken.text)
    token = life.instances[0].services.links.read(found[1]) if found else None
    return confirm.visit(connection, token, life.wall)


def click(life: Life) -> None:
    """Somebody says that they have reset, once or twice, or takes it back."""
    with life.store.write() as connection:
        seen = visit(life, connection)
        if seen is None:
            return
        if seen.token.purpose is Purpose.RECEIPT:
            if seen.reset is not None:
                disputed = life.random.random() < 0.3
                confirm.take_back(connection, seen, seen.reset.id, life.wall, disputed=disputed)
            return
        if life.random.random() < 0.1:
            confirm.not_needed(connection, seen, life.wall)
            return
        day = seen.today - timedelta(days=life.random.choice((0, 0, 0, 1, 3)))
        left = life.random.randint(30, 60)
        reads = life.random.random() < 0.2
        before = resets(life)
        for _ in range(2):
            if reads:
                confirm.confirm_days_left(connection, seen, left, life.wall)
            else:
                confirm.confirm_date(connection, seen, day, life.wall)
            seen = confirm.visit(connection, seen.token, life.wall) or seen
    if resets(life) - before > 1:
        message = "a click that came twice counted twice"
        raise AssertionError(message)


def resets(life: Life) -> int:
    count: int = life.raw.execute("select count(*) from reset").fetchone()[0]
    return count


def confirm_all_due(life: Life) -> None:
    """A good day: most people whose password ends soon say that they have changed it."""
    soon = life.today() + timedelta(days=12)
    due = "select id from person where home_id is not null and expires_on < ? order by id"
    for row in life.raw.execute(due, [soon.isoformat()]).fetchall():
        if life.random.random() < 0.7:
            with life.store.write() as connection:
                person = people.load(connection, [row[0]])[row[0]]
                confirm.record_by_admin(
                    connection, person, actor=ACTOR, now=life.wall, practice_id=None, reset_on=life.today()
                )


def change_weather(life: Life) -> None:
    life.post.weather = life.random.choice(("fair", "fair", "mixed", "mixed", *WEATHER))
    life.post.deaths = life.random.choice((0.0, 0.0, 0.0, 0.02, 0.1))


def release(life: Life) -> None:
    """An admin sees the queue held, sets the clock right, and releases it."""
    held = life.held()
    if held is not None and held.probe_at is None:
        set_clock_right(life)
        with life.store.write() as connection:
            releasing.release_queue(connection, actor=ACTOR, now=life.wall)


JUMPS = (1, 60, 3600, 86400 - 60, 86400 * 2, 86400 * 10, 86400 * 365, 86400 * 365 * 30)


def jump(life: Life) -> None:
    """The clock is set wrong, while the programs run or between two runs."""
    seconds = life.random.choice(JUMPS) * life.random.choice((-1, 1))
    life.skew += timedelta(seconds=seconds)
    if life.random.random() < 0.5:
        life.instances = [life.started(), life.started()]
    if abs(life.skew) > timedelta(hours=25):
        life.clock_was_wrong = True


def set_clock_right(life: Life) -> None:
    life.skew = timedelta(0)


def restart(life: Life) -> None:
    life.restart()


def update_calendars(life: Life) -> None:
    """A restart brings newer holidays and time zones: every clock is to be looked at again."""
    with life.store.write() as connection:
        system.put(connection, CALENDARS, f"those of {life.wall}")
    life.restart()


ACTS: tuple[tuple[int, Callable[[Life], None]], ...] = (
    *((6, act) for act in (register, click, confirm_all_due)),
    *((3, act) for act in (record_reset, go_away, edit_a_practice, change_weather, import_file, release)),
    *((2, act) for act in (be_back, leave, come_back, edit, undo_reset, skip, send_now, resend, restart, change_role)),
    *((1, act) for act in (join, move_home, take_import_back, set_clock_right, update_calendars)),
)
"""How often each is done, beside the others."""

RARE: tuple[Callable[[Life], None], ...] = (change_rule,)
QUIET = frozenset({change_weather, restart, update_calendars, set_clock_right, jump})
"""Acts of machines: nobody's decision, so nobody's line in the history."""


def do(life: Life, act: Callable[[Life], None]) -> bool:
    """Do something; what the product refuses with words is refused, and anything else is a fault."""
    life.doing = act.__name__
    life.true += timedelta(seconds=1)
    try:
        act(life)
    except UsageError:
        return False
    return True
