"""Import a roster: compare each row with what is registered, decide its fate, and write all of them in one transaction.

A dry run is the same run, rolled back. An import mails nobody, and can be taken back whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reminder.jobs import standing
from reminder.jobs.import_matching import Matcher, RowError
from reminder.jobs.import_terms import NEW, Outcome, Request, Verdict
from reminder.jobs.import_updating import Update, Updater, with_columns
from reminder.policy.expiry import expires_on
from reminder.policy.model import Confidence, Role, Rule
from reminder.policy.resets import KnownReset, RosterClaim, Weighed, weigh_roster_claim
from reminder.roster.model import Rejection, RosterRow
from reminder.store import events, import_reversal, imports, memberships, rules

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from reminder.store.engine import Store
    from reminder.store.people import Person
    from reminder.store.practices import Practice


class _RolledBackError(Exception):
    """Ends a transaction whose result is only looked at."""


def import_roster(store: Store, wanted: Request, now: datetime) -> Outcome:
    """Carry an import out, or only look what it would do; return what became of the rows."""
    outcome = Outcome(rejected=list(wanted.roster.rejected), notes=list(wanted.roster.notes))
    try:
        with store.write() as connection:
            _Importer(connection, wanted, outcome, now).run()
            if wanted.dry_run or (wanted.all_or_nothing and outcome.rejected) or _moved(wanted, outcome):
                raise _RolledBackError  # noqa: TRY301 - ends the transaction that this block holds open
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

    def run(self) -> None:
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
        self.updater.write_resets()
        changes = [*with_columns(self.connection, self.updates), *self._add_new()]
        today = standing.today_of(self.wanted.practice, self.now)
        imports.note_readings(self.connection, self.import_id, self.figures, today)
        imports.finish(
            self.connection,
            self.import_id,
            added=self.outcome.added,
            updated=self.outcome.updated,
            changes=changes,
        )
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

    def _weigh(self, row: RosterRow, person: Person | None, today: date) -> Weighed:
        first_seen_on = None
        if person is not None and row.days_left is not None and row.as_of is None:
            first_seen_on = self.readings.get((person.id, row.days_left))
            self.figures.append((person.id, row.days_left))
        known = None
        if person is not None and person.reset_on is not None and person.known_on is not None:
            known = KnownReset(reset_on=person.reset_on, recorded_on=person.known_on)
        claim = RosterClaim(
            reset_on=row.reset_on,
            days_left=row.days_left,
            as_of=row.as_of,
            first_seen_on=first_seen_on,
        )
        return weigh_roster_claim(claim, known, today, self.rule)

    def _add_new(self) -> list[imports.Change]:
        """Write everybody who is new at once and return that; somebody who stands in two practices is one person."""
        newcomers = [(rows[0], rows) for rows in self.new.values()]
        resets_on = [
            self._weigh(row, None, standing.today_of(practice, self.now)).reset_on for (row, practice), _ in newcomers
        ]
        values = [self._person_values(*first, on) for (first, _), on in zip(newcomers, resets_on, strict=True)]
        added = list(zip(imports.add_people(self.connection, values), newcomers, resets_on, strict=True))
        members = [
            self._membership_values(key, row.role, where, on, is_home=place == 0)
            for key, (_, rows), on in added
            for place, (row, where) in enumerate(rows)
        ]
        imports.add_memberships(self.connection, members)
        first = [self._reset_values(key, where, on) for key, ((_, where), _), on in added if on is not None]
        imports.add_first_resets(self.connection, first)
        self.figures += [
            (key, row.days_left) for key, ((row, _), _), _ in added if row.days_left is not None and row.as_of is None
        ]
        return [
            imports.Change(person_id=key, before={}, after={"joined": where.id, "created": True})
            for key, (_, rows), _ in added
            for _, where in rows
        ]

    def _person_values(self, row: RosterRow, practice: Practice, reset_on: date | None) -> dict[str, Any]:
        return {
            "name": row.name,
            "email": row.email,
            "second_email": row.second_email,
            "user_id": row.user_id,
            "home_id": practice.id,
            "registered_at": self.now,
            "registered_by": self.wanted.by,
            "reset_on": reset_on,
            "expires_on": expires_on(self.rule, reset_on) if reset_on else None,
            "known_on": standing.today_of(practice, self.now) if reset_on else None,
            "next_step_at": self.now,
        }

    def _membership_values(
        self, person_id: int, role: Role, practice: Practice, reset_on: date | None, *, is_home: bool
    ) -> dict[str, Any]:
        return {
            "person_id": person_id,
            "practice_id": practice.id,
            "role": role,
            "registered_at": self.now,
            "registered_by": self.wanted.by,
            "expires_on": expires_on(self.rule, reset_on) if reset_on else None,
            "is_home": is_home,
        }

    def _reset_values(self, person_id: int, practice: Practice, reset_on: date) -> dict[str, Any]:
        return {
            "person_id": person_id,
            "rule_key": rules.IA,
            "reset_on": reset_on,
            "confidence": Confidence.IMPORTED,
            "recorded_at": self.now,
            "recorded_by": self.wanted.actor,
            "practice_id": practice.id,
            "import_id": self.import_id,
        }
