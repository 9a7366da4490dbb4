"""Rotating the field keys: how many values each key still seals, and sealing them anew with the present one.

Every column of type `Sealed`, in whatever table, takes part by itself.
"""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, func, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.sealing import KeyRing, Sealed
from db.sessions import Sessions
from db.tables import Model

A_BATCH = 500


def sealed_columns() -> list[Column[Any]]:
    return [
        column for table in Model.metadata.sorted_tables for column in table.columns if isinstance(column.type, Sealed)
    ]


async def usage(session: AsyncSession) -> Counter[str]:
    """How many values each key seals, by the id of the key."""
    found: Counter[str] = Counter()
    for column in sealed_columns():
        key = _key_of(column)
        rows = await session.execute(select(key, func.count()).where(column.is_not(None)).group_by(key))
        for name, many in rows:
            found[bytes(name).decode()] += many
    return found


async def reseal(sessions: Sessions, ring: KeyRing) -> AsyncIterator[tuple[str, int]]:
    """Seal anew whatever an older key has sealed, batch by batch, and tell table and number after each. It may be
    stopped and run again at any time, while the house works. Raises Unreadable."""
    for column in sealed_columns():
        while True:
            async with sessions.begin() as session:
                done = await _batch(session, ring, column)
            if not done:
                break
            yield str(column.table.name), done


async def _batch(session: AsyncSession, ring: KeyRing, column: Column[Any]) -> int:
    table: Table = column.table
    keys = list(table.primary_key.columns)
    old = select(*keys, type_coerce(column, LargeBinary).label("sealed")).where(
        column.is_not(None), _key_of(column) != ring.current.encode()
    )
    rows = (await session.execute(old.limit(A_BATCH).with_for_update(skip_locked=True))).all()
    for row in rows:
        same = [key == value for key, value in zip(keys, row, strict=False)]
        plain = ring.open(bytes(row.sealed))
        await session.execute(update(table).where(*same).values({column: plain}))
    return len(rows)


def _key_of(column: Column[Any]) -> Any:
    """The key's id as it stands in the sealed value: after the version byte, one byte of length, then the id."""
    value = type_coerce(column, LargeBinary)
    return func.substr(value, 3, func.get_byte(value, 1))
