"""Admins, their roles in practices, their one-time sign-in links and their sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, select, update

from reminder.errors import UsageError
from reminder.policy.model import AdminRole
from reminder.store.statements import upsert
from reminder.store.tables import admin, admin_role, session, sign_in_link

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


@dataclass(frozen=True, kw_only=True)
class PracticeAdmin:
    """An admin's part in one practice."""

    admin_id: int
    practice_id: int
    email: str
    name: str
    role: AdminRole


def _admin(row: Row[Any]) -> Admin:
    return Admin(id=row.id, email=row.email, name=row.name, password_hash=row.password_hash)


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
    """Give an admin a role in a practice."""
    row = {"admin_id": admin_id, "practice_id": practice_id, "role": role}
    upsert(connection, admin_role, row, on=["admin_id", "practice_id"])


def revoke(connection: Connection, admin_id: int, practice_id: int) -> None:
    """Take an admin's role away; raise UsageError if no owner would be left."""
    others = select(admin_role).where(
        admin_role.c.practice_id == practice_id,
        admin_role.c.role == AdminRole.OWNER,
        admin_role.c.admin_id != admin_id,
    )
    if connection.execute(others.limit(1)).first() is None:
        message = "admin: this is the practice's last owner; make somebody else an owner first"
        raise UsageError(message)
    mine = and_(admin_role.c.admin_id == admin_id, admin_role.c.practice_id == practice_id)
    connection.execute(delete(admin_role).where(mine))
    connection.execute(delete(session).where(session.c.admin_id == admin_id))


def has_owner(connection: Connection) -> bool:
    """Tell whether any practice has an owner."""
    owner = select(admin_role.c.admin_id).where(admin_role.c.role == AdminRole.OWNER)
    return connection.scalar(owner.limit(1)) is not None


def of_practices(connection: Connection, practice_ids: Collection[int]) -> dict[int, list[PracticeAdmin]]:
    """Return the admins of each practice, by practice id."""
    query = (
        select(admin_role, admin.c.email, admin.c.name)
        .join(admin, admin.c.id == admin_role.c.admin_id)
        .where(admin_role.c.practice_id.in_(practice_ids))
        .order_by(admin.c.id)
    )
    found: dict[int, list[PracticeAdmin]] = {}
    for row in connection.execute(query):
        part = PracticeAdmin(
            admin_id=row.admin_id,
            practice_id=row.practice_id,
            email=row.email,
            name=row.name,
            role=AdminRole(row.role),
        )
        found.setdefault(row.practice_id, []).append(part)
    return found


def practices_of(connection: Connection, admin_id: int) -> dict[int, AdminRole]:
    """Return the practices an admin belongs to, with the role in each."""
    rows = connection.execute(select(admin_role).where(admin_role.c.admin_id == admin_id))
    return {row.practice_id: AdminRole(row.role) for row in rows}


def set_password(connection: Connection, admin_id: int, password_hash: str) -> None:
    """Keep the hash of an admin's password, and sign them out everywhere."""
    connection.execute(update(admin).where(admin.c.id == admin_id).values(password_hash=password_hash))
    connection.execute(delete(session).where(session.c.admin_id == admin_id))


def add_sign_in_link(connection: Connection, token_hash: str, admin_id: int, expires_at: datetime) -> None:
    """Keep the hash of a one-time sign-in link."""
    connection.execute(insert(sign_in_link).values(token_hash=token_hash, admin_id=admin_id, expires_at=expires_at))


def sign_in_link_owner(connection: Connection, token_hash: str, now: datetime) -> int | None:
    """Return whom a one-time link would sign in, leaving it unused."""
    query = select(sign_in_link.c.admin_id).where(
        sign_in_link.c.token_hash == token_hash,
        sign_in_link.c.expires_at > now,
    )
    return connection.scalar(query)


def use_sign_in_link(connection: Connection, token_hash: str, now: datetime) -> int | None:
    """Use a one-time link up and return whom it signs in."""
    mine = and_(sign_in_link.c.token_hash == token_hash, sign_in_link.c.expires_at > now)
    return connection.execute(delete(sign_in_link).where(mine).returning(sign_in_link.c.admin_id)).scalar_one_or_none()


def open_session(
    connection: Connection, token_hash: str, admin_id: int, *, now: datetime, expires_at: datetime
) -> None:
    """Keep the hash of a session's secret."""
    values = {"token_hash": token_hash, "admin_id": admin_id, "created_at": now, "seen_at": now}
    proof = {"needs_code": False, "proved_at": now}
    connection.execute(insert(session).values(**values, **proof, expires_at=expires_at))


def session_admin(connection: Connection, token_hash: str, now: datetime) -> Admin | None:
    """Return whose session this is, if it has not run out."""
    query = (
        select(admin)
        .join(session, session.c.admin_id == admin.c.id)
        .where(session.c.token_hash == token_hash, session.c.expires_at > now)
    )
    row = connection.execute(query).first()
    return _admin(row) if row else None


def close_session(connection: Connection, token_hash: str) -> None:
    """Sign out."""
    connection.execute(delete(session).where(session.c.token_hash == token_hash))
