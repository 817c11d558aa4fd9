"""Who is signed in where, and the one-time links that sign in; secrets are kept as hashes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, insert, select, update

from reminder.store.tables import session, sign_in_link

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Connection, Row

MARK_LENGTH = 16
"""Characters of its hash by which a page names a session: enough to tell them apart, and no secret."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """An admin's signed-in browser. `needs_code`: it has still to give the second factor, and may see nothing else."""

    token_hash: str
    admin_id: int
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    browser: str | None
    needs_code: bool
    proved_at: datetime
    linked_at: datetime | None

    @property
    def mark(self) -> str:
        """Return what a page calls it by."""
        return self.token_hash[:MARK_LENGTH]


@dataclass(frozen=True, kw_only=True)
class Link:
    """What a one-time link is for: to sign an admin in, or to confirm their new address."""

    admin_id: int
    new_email: str | None


def _session(row: Row[Any]) -> Session:
    return Session(**{name: getattr(row, name) for name in Session.__dataclass_fields__})


def add(connection: Connection, opened: Session) -> None:
    """Keep a new session."""
    connection.execute(insert(session).values({name: getattr(opened, name) for name in Session.__dataclass_fields__}))


def find(connection: Connection, token_hash: str, now: datetime, idle: timedelta) -> Session | None:
    """Return the session with this hash, if it has neither run out nor been unused for longer than `idle`."""
    mine = select(session).where(session.c.token_hash == token_hash, *_alive(now, idle))
    row = connection.execute(mine).first()
    return _session(row) if row else None


def of_admin(connection: Connection, admin_id: int, now: datetime, idle: timedelta) -> list[Session]:
    """Return where an admin is signed in, the one used last first."""
    mine = select(session).where(session.c.admin_id == admin_id, *_alive(now, idle))
    return [_session(row) for row in connection.execute(mine.order_by(session.c.seen_at.desc(), session.c.token_hash))]


def _alive(now: datetime, idle: timedelta) -> tuple[ColumnElement[bool], ...]:
    return session.c.expires_at > now, session.c.seen_at > now - idle


def touch(connection: Connection, token_hash: str, now: datetime) -> None:
    """Note that a session was used."""
    connection.execute(update(session).where(session.c.token_hash == token_hash).values(seen_at=now))


def renew(connection: Connection, old_hash: str, new_hash: str, now: datetime) -> bool:
    """Give a session another secret after its admin proved who they are; False if it is gone."""
    values = {"token_hash": new_hash, "needs_code": False, "proved_at": now, "seen_at": now}
    return connection.execute(update(session).where(session.c.token_hash == old_hash).values(values)).rowcount == 1


def end(connection: Connection, token_hash: str) -> None:
    """Sign one browser out."""
    connection.execute(delete(session).where(session.c.token_hash == token_hash))


def end_marked(connection: Connection, admin_id: int, mark: str) -> bool:
    """Sign out the browser of an admin that a page called by this mark; False if there is none."""
    mine = and_(session.c.admin_id == admin_id, func.substr(session.c.token_hash, 1, MARK_LENGTH) == mark)
    return connection.execute(delete(session).where(mine)).rowcount > 0


def end_all(connection: Connection, admin_id: int, *, but: str | None = None) -> int:
    """Sign an admin out everywhere, the session with the hash `but` aside; return how many ended."""
    mine = and_(session.c.admin_id == admin_id, session.c.token_hash != (but or ""))
    return connection.execute(delete(session).where(mine)).rowcount


def sweep(connection: Connection, now: datetime) -> None:
    """Forget the sessions and links that have run out."""
    connection.execute(delete(session).where(session.c.expires_at <= now))
    connection.execute(delete(sign_in_link).where(sign_in_link.c.expires_at <= now))


def add_link(
    connection: Connection, token_hash: str, admin_id: int, expires_at: datetime, *, new_email: str | None = None
) -> None:
    """Keep the hash of a one-time link; the admin's earlier ones for the same purpose are dead."""
    confirms = sign_in_link.c.new_email.is_not(None) if new_email else sign_in_link.c.new_email.is_(None)
    connection.execute(delete(sign_in_link).where(sign_in_link.c.admin_id == admin_id, confirms))
    values = {"token_hash": token_hash, "admin_id": admin_id, "expires_at": expires_at, "new_email": new_email}
    connection.execute(insert(sign_in_link).values(values))


def link(connection: Connection, token_hash: str, now: datetime) -> Link | None:
    """Return what a one-time link is for, leaving it unused."""
    query = select(sign_in_link).where(sign_in_link.c.token_hash == token_hash, sign_in_link.c.expires_at > now)
    row = connection.execute(query).first()
    return Link(admin_id=row.admin_id, new_email=row.new_email) if row else None


def use_link(connection: Connection, token_hash: str, now: datetime) -> Link | None:
    """Use a one-time link up and return what it is for; of two who use it at once, one gets None."""
    mine = and_(sign_in_link.c.token_hash == token_hash, sign_in_link.c.expires_at > now)
    used = delete(sign_in_link).where(mine).returning(sign_in_link.c.admin_id, sign_in_link.c.new_email)
    row = connection.execute(used).first()
    return Link(admin_id=row.admin_id, new_email=row.new_email) if row else None


def drop_links(connection: Connection, admin_id: int) -> None:
    """Let every link that an admin still has work no more."""
    connection.execute(delete(sign_in_link).where(sign_in_link.c.admin_id == admin_id))
