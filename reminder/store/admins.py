"""Admins and their roles in practices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, select, update

from reminder.errors import UsageError
from reminder.policy.model import AdminRole
from reminder.store import sessions
from reminder.store.statements import SOME, upsert
from reminder.store.tables import admin, admin_role, practice

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, kw_only=True)
class Admin:
    """Someone who may sign in."""

    id: int
    email: str
    name: str
    password_hash: str | None
    signed_in_at: datetime | None
    totp_key: str | None

    @property
    def has_factor(self) -> bool:
        """Tell whether signing in asks for a code as well."""
        return self.totp_key is not None


@dataclass(frozen=True, kw_only=True)
class PracticeAdmin:
    """An admin's part in one practice."""

    admin_id: int
    practice_id: int
    email: str
    name: str
    role: AdminRole
    signed_in_at: datetime | None
    has_factor: bool


def _admin(row: Row[Any]) -> Admin:
    return Admin(**{name: getattr(row, name) for name in Admin.__dataclass_fields__})


def add(connection: Connection, *, email: str, name: str, now: datetime) -> int:
    """Add an admin, or return the id of the one who has this address."""
    known = with_email(connection, email)
    if known is not None:
        return known.id
    values = {"email": email, "name": name, "created_at": now}
    key: int = connection.execute(insert(admin).values(values).returning(admin.c.id)).scalar_one()
    return key


def get(connection: Connection, admin_id: int) -> Admin | None:
    """Return one admin."""
    row = connection.execute(select(admin).where(admin.c.id == admin_id)).first()
    return _admin(row) if row else None


def with_email(connection: Connection, email: str) -> Admin | None:
    """Return the admin with this address."""
    row = connection.execute(select(admin).where(admin.c.email == email.strip().lower())).first()
    return _admin(row) if row else None


def rename(connection: Connection, admin_id: int, name: str) -> None:
    """Give an admin the name that colleagues and first mails show."""
    connection.execute(update(admin).where(admin.c.id == admin_id).values(name=name))


def grant(connection: Connection, admin_id: int, practice_id: int, role: AdminRole) -> None:
    """Give an admin a role in a practice; raise UsageError if no owner would be left."""
    if role is not AdminRole.OWNER:
        _require_another_owner(connection, admin_id, practice_id)
    row = {"admin_id": admin_id, "practice_id": practice_id, "role": role}
    upsert(connection, admin_role, row, on=["admin_id", "practice_id"])


def revoke(connection: Connection, admin_id: int, practice_id: int) -> None:
    """Take an admin's role away; raise UsageError if no owner would be left.

    With the last role go the sessions and links: there is nothing left to see.
    """
    _require_another_owner(connection, admin_id, practice_id)
    mine = and_(admin_role.c.admin_id == admin_id, admin_role.c.practice_id == practice_id)
    connection.execute(delete(admin_role).where(mine))
    if not practices_of(connection, admin_id):
        sessions.end_all(connection, admin_id)
        sessions.drop_links(connection, admin_id)


def _require_another_owner(connection: Connection, admin_id: int, practice_id: int) -> None:
    """Raise UsageError if this admin is the practice's only owner; two who leave at once wait for each other."""
    connection.execute(select(practice.c.id).where(practice.c.id == practice_id).with_for_update())
    owns = and_(admin_role.c.practice_id == practice_id, admin_role.c.role == AdminRole.OWNER)
    if list(connection.scalars(select(admin_role.c.admin_id).where(owns))) == [admin_id]:
        message = "admin: this is the practice's last owner; make somebody else an owner first"
        raise UsageError(message)


def has_owner(connection: Connection) -> bool:
    """Tell whether any practice has an owner."""
    owner = select(admin_role.c.admin_id).where(admin_role.c.role == AdminRole.OWNER)
    return connection.scalar(owner.limit(1)) is not None


_of_practices = (
    select(admin_role, admin.c.email, admin.c.name, admin.c.signed_in_at, admin.c.totp_key)
    .join(admin, admin.c.id == admin_role.c.admin_id)
    .where(admin_role.c.practice_id.in_(SOME))
    .order_by(admin.c.id)
)


def of_practices(connection: Connection, practice_ids: Collection[int]) -> dict[int, list[PracticeAdmin]]:
    """Return the admins of each practice, by practice id."""
    found: dict[int, list[PracticeAdmin]] = {}
    for row in connection.execute(_of_practices, {"some": list(practice_ids)}):
        part = PracticeAdmin(
            admin_id=row.admin_id,
            practice_id=row.practice_id,
            email=row.email,
            name=row.name,
            role=AdminRole(row.role),
            signed_in_at=row.signed_in_at,
            has_factor=row.totp_key is not None,
        )
        found.setdefault(row.practice_id, []).append(part)
    return found


def practices_of(connection: Connection, admin_id: int) -> dict[int, AdminRole]:
    """Return the practices an admin belongs to, with the role in each."""
    rows = connection.execute(select(admin_role).where(admin_role.c.admin_id == admin_id))
    return {row.practice_id: AdminRole(row.role) for row in rows}


def set_password(connection: Connection, admin_id: int, password_hash: str) -> None:
    """Keep the hash of an admin's password."""
    connection.execute(update(admin).where(admin.c.id == admin_id).values(password_hash=password_hash))


def note_sign_in(connection: Connection, admin_id: int, now: datetime) -> None:
    """Note that an admin signed in."""
    connection.execute(update(admin).where(admin.c.id == admin_id).values(signed_in_at=now))


def set_email(connection: Connection, admin_id: int, email: str) -> bool:
    """Give an admin another address; False if somebody else has it."""
    other = with_email(connection, email)
    if other is not None and other.id != admin_id:
        return False
    connection.execute(update(admin).where(admin.c.id == admin_id).values(email=email))
    return True
