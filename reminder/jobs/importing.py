"""Import a roster: compare each row with what is registered, decide its fate, and write all of them in one transaction.

A dry run decides the same, and ends before anybody new is written. An import mails nobody, and can be taken back whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reminder.jobs import standing
from reminder.jobs.import_adding import Adder
from reminder.jobs.import_matching import Matcher, RowError
from reminder.jobs.import_terms import NEW, Outcome, Request, Verdict
from reminder.jobs.import_updating import Update, Updater, with_columns
from reminder.jobs.uncollected import uncollected
from reminder.policy.resets import KnownReset, RosterClaim, Weighed, weigh_roster_claim
from reminder.roster.model import Rejection, RosterRow
from reminder.store import by_hand, events, import_reversal, imports, memberships, rules

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from reminder.policy.model import Rule
    from reminder.store.engine import Store
    from reminder.store.people import Person
    from reminder.store.practices import Practice


class _RolledBackError(Exception):
    """Ends a transaction whose result is only looked at."""


@uncollected()
def import_roster(store: Store, wanted: Request, now: datetime) -> Outcome:
    """Carry an import out, or only look what it would do; return what became of the rows."""
    outcome = Outcome(rejected=list(wanted.roster.rejected), notes=list(wanted.roster.notes))
    try:
        with store.write() as connection:
            importer = _Importer(connection, wanted, outcome, now)
            importer.decide()
            if wanted.dry_run or (wanted.all_or_nothing and outcome.rejected) or _moved(wanted, outcome):
                raise _RolledBackError  # noqa: TRY301 - ends the transaction that this block holds open
            importer.write()
    except _RolledBackError:
        outcome.import_id = None
        if not wanted.dry_run:
            outcome.added = outcome.updated = outcome.unchanged = 0
    outcome.rejected.sort(key=lambda rejection: rejection.row)
    return outcome


def _moved(wanted: Request, outcome: Outcome) -> bool:
    """Tell whether the rows would fare otherwise than somebody was shown, since people were changed meanwhile."""
    return wanted.expected is not None and wanted.expected != outcome.fates


class _Importer:
    """One import in one transaction."""

    def __init__(self, connection: Connection, wanted: Request, outcome: Outcome, now: datetime) -> None:
        self.connection, self.wanted, self.outcome, self.now = connection, wanted, outcome, now
        self.rule: Rule = rules.load(connection)
        self.matcher = Matcher(connection, wanted.roster, wanted.practice, wanted.allowed)
        self.readings = imports.readings(connection, self.matcher.known_ids)
        self.updates: list[Update] = []
        self.new: dict[str, list[tuple[RosterRow, Practice]]] = {}  # by address: a person may stand in two practices
        self.figures: list[tuple[int, int]] = []

    def decide(self) -> None:
        """Settle the fate of each row. Changes are made at once, since later rows may be about the same people."""
        self.import_id = imports.begin(
            self.connection,
            self.wanted.practice.id,
            file_name=self.wanted.file_name,
            by=self.wanted.actor,
            now=self.now,
        )
        self.updater = Updater(
            connection=self.connection,
            import_id=self.import_id,
            by=self.wanted.by,
            actor=self.wanted.actor,
            practice_id=self.wanted.practice.id,
            now=self.now,
            zones=memberships.zones(self.connection, self.matcher.known_ids),
            waiting=import_reversal.waiting_rows(self.connection, self.matcher.known_ids),
        )
        for row in self.wanted.roster.rows:
            self._take(row)

    def write(self) -> None:
        """Write who is new, and keep what an undo needs."""
        self.updater.write_resets()
        by_hand.readdress(self.connection, {update.person.id for update in self.updates}, self.now)
        imports.keep_changes(self.connection, self.import_id, with_columns(self.connection, self.updates))
        today = standing.today_of(self.wanted.practice, self.now)
        imports.note_readings(self.connection, self.import_id, self.figures, today)
        adder = Adder(
            connection=self.connection,
            import_id=self.import_id,
            by=self.wanted.by,
            actor=self.wanted.actor,
            now=self.now,
            rule=self.rule,
            seen_on=today,
        )
        adder.add(self.new.values())
        imports.finish(self.connection, self.import_id, added=self.outcome.added, updated=self.outcome.updated)
        standing.settle_coverage(self.connection, {practice.id for practice in self.wanted.allowed}, self.now)
        self.outcome.import_id = self.import_id
        events.record(
            self.connection,
            "roster.imported",
            actor=self.wanted.actor,
            now=self.now,
            practice_id=self.wanted.practice.id,
            import_id=self.import_id,
            file=self.wanted.file_name,
            added=self.outcome.added,
            updated=self.outcome.updated,
        )

    def _take(self, row: RosterRow) -> None:
        try:
            practice = self.matcher.practice_of(row)
            person = self.matcher.person_of(row, practice)
        except RowError as error:
            self.outcome.rejected.append(
                Rejection(row=row.row, column=error.column, value=error.value, problem=str(error))
            )
            return
        if person is None:
            self.new.setdefault(row.email, []).append((row, practice))
            self.outcome.added += 1
            self.outcome.fates[row.row] = NEW
        else:
            self._update(row, person, practice)

    def _update(self, row: RosterRow, person: Person, practice: Practice) -> None:
        if person.id in self.updater.recorded:
            self.updater.write_resets()
        update = Update(row=row, person=person, practice=practice, roles=self.matcher.roles_of(person))
        differing = self.updater.apply_fields(update)
        if differing:
            self.outcome.notes.append(f"row {row.row}: {differing}; not changed")
        self.updater.apply_membership(update)
        if row.reset_on is not None or row.days_left is not None:
            weighed = self._weigh(row, person, self.updater.today_of(update))
            if weighed.stale:
                self.outcome.notes.append(f"row {row.row}: {weighed.reason}")
            self.updater.apply_reset(update, weighed)
        fate = self.outcome.fates[row.row] = update.fate
        self.outcome.added += fate.verdict is Verdict.ADDED
        self.outcome.updated += fate.verdict is Verdict.UPDATED
        self.outcome.unchanged += fate.verdict is Verdict.UNCHANGED
        if update.after:
            self.matcher.renew(person, self.updater.as_it_is(update), update.roles)
            self.updates.append(update)

    def _weigh(self, row: RosterRow, person: Person, today: date) -> Weighed:
        first_seen_on = known = None
        if row.days_left is not None and row.as_of is None:
            first_seen_on = self.readings.get((person.id, row.days_left))
            self.figures.append((person.id, row.days_left))
        if person.reset_on is not None and person.known_on is not None:
            known = KnownReset(reset_on=person.reset_on, recorded_on=person.known_on)
        claim = RosterClaim(
            reset_on=row.reset_on,
            days_left=row.days_left,
            as_of=row.as_of,
            first_seen_on=first_seen_on,
        )
        return weigh_roster_claim(claim, known, today, self.rule)
