"""What stands in a database, kept in memory: laying it again is cheaper than making it again."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier, Literal

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
SEQUENCES = """
    SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL
"""


@dataclass(frozen=True)
class Snapshot:
    """Rows by table as PostgreSQL copies them out, and how far each sequence has counted."""

    rows: Mapping[str, bytes]
    counted: Mapping[str, int]


async def taken(conninfo: str) -> Snapshot:
    async with await AsyncConnection.connect(conninfo) as connection:
        names = [name for (name,) in await (await connection.execute(TABLES)).fetchall()]
        copied = {name: await _copied(connection, name) for name in names}
        counted = await (await connection.execute(SEQUENCES)).fetchall()
    return Snapshot({name: rows for name, rows in copied.items() if rows}, dict(counted))


async def _copied(connection: AsyncConnection, table: str) -> bytes:
    async with connection.cursor() as cursor, cursor.copy(SQL("COPY {} TO STDOUT").format(Identifier(table))) as rows:
        return b"".join([bytes(row) async for row in rows])


async def lay(conninfo: str, snapshot: Snapshot) -> None:
    """Into an empty database of the same tables."""
    async with await AsyncConnection.connect(conninfo) as connection:
        # In any order, so that nobody asks which table refers to which.
        await connection.execute("SET LOCAL session_replication_role = replica")
        for table, rows in snapshot.rows.items():
            into = SQL("COPY {} FROM STDIN").format(Identifier(table))
            async with connection.cursor() as cursor, cursor.copy(into) as copy:
                await copy.write(rows)
        for name, last in snapshot.counted.items():
            await connection.execute(SQL("SELECT setval({}, {})").format(Literal(name), Literal(last)))
