"""Second factors: an admin's key for codes (encrypted by the caller), the codes used, the recovery codes left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, or_, select, update

from reminder.store.tables import admin, recovery_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


def set_key(connection: Connection, admin_id: int, sealed: str | None, used: int | None = None) -> None:
    """Keep an admin's encrypted key and the time step of the code that proved it, or None to ask for no code."""
    values = {"totp_key": sealed, "totp_used": used}
    connection.execute(update(admin).where(admin.c.id == admin_id).values(values))
    if sealed is None:
        set_recovery_codes(connection, admin_id, [])


def use_step(connection: Connection, admin_id: int, step: int) -> bool:
    """Use up the code of a time step; False if that one or a later one was used. Of two at once, one gets True."""
    unused = or_(admin.c.totp_used.is_(None), admin.c.totp_used < step)
    used = update(admin).where(admin.c.id == admin_id, unused).values(totp_used=step)
    return connection.execute(used).rowcount == 1


def set_recovery_codes(connection: Connection, admin_id: int, hashes: Sequence[str]) -> None:
    """Replace an admin's recovery codes."""
    connection.execute(delete(recovery_code).where(recovery_code.c.admin_id == admin_id))
    if hashes:
        rows = [{"code_hash": code_hash, "admin_id": admin_id} for code_hash in hashes]
        connection.execute(insert(recovery_code), rows)


def use_recovery_code(connection: Connection, admin_id: int, code_hash: str) -> bool:
    """Use up a recovery code; False if it is none, or was used."""
    mine = delete(recovery_code).where(recovery_code.c.admin_id == admin_id, recovery_code.c.code_hash == code_hash)
    return connection.execute(mine).rowcount == 1


def recovery_codes_left(connection: Connection, admin_id: int) -> int:
    """Return how many recovery codes an admin has left."""
    query = select(func.count()).select_from(recovery_code).where(recovery_code.c.admin_id == admin_id)
    return connection.scalar(query) or 0
