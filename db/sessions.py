"""Engines and sessions: one engine per process, one transaction per activity or request, commits at the edge only."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from sqlalchemy import CursorResult, Executable, PoolProxiedConnection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from db.sealing import KeyRing, bind_key_ring
from settings import Settings

IDLE_SECONDS = 2.0

Sessions = async_sessionmaker[AsyncSession]


def key_ring(settings: Settings) -> KeyRing:
    """Raises KeysUnusable, naming the setting."""
    return KeyRing.parse(settings.field_keys.get_secret_value(), settings.index_key.get_secret_value())


def connect(settings: Settings, ring: KeyRing, idle_seconds: float = IDLE_SECONDS) -> AsyncEngine:
    """An engine for the app's role. Statements that take longer than 30 s are stopped, so that no lock is held on."""
    engine = create_async_engine(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool,
        max_overflow=settings.database_pool,
        pool_timeout=5,
        # The last one used first: it knows the statements, and those that a rush has opened fall asleep.
        pool_use_lifo=True,
        # What was bound to a statement may be a buyer's; it must not stand in an error's text.
        hide_parameters=True,
        connect_args={
            "connect_timeout": 3,
            "application_name": "amends",
            "options": "-c timezone=UTC -c statement_timeout=30000 -c lock_timeout=5000",
        },
    )
    bind_key_ring(engine, ring)
    _ping_idle_connections(engine, idle_seconds)
    return engine


def _ping_idle_connections(engine: AsyncEngine, idle_seconds: float) -> None:
    """A connection that lay idle may belong to a server that is gone. Asking before each use would cost every request
    a round trip, so only those that lay for a while are asked."""

    @event.listens_for(engine.sync_engine, "checkin")
    def note_the_time(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def ping_if_idle(connection: DBAPIConnection, record: ConnectionPoolEntry, proxy: PoolProxiedConnection) -> None:
        now = monotonic()
        if now - record.info.get("idle_since", now) < idle_seconds:
            return
        try:
            engine.sync_engine.dialect.do_ping(connection)
        except engine.sync_engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("the server has closed this connection") from error


@asynccontextmanager
async def looking(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """A session in which each statement stands for itself: for what only looks, or writes with one statement.

    A transaction around them would cost two round trips, and its rollback a third one with every statement that the
    driver has prepared on the connection.
    """
    async with sessions() as session:
        await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        yield session


async def rows(
    session: AsyncSession, statement: Executable, asked: Mapping[str, Any] | Sequence[Mapping[str, Any]]
) -> CursorResult[*tuple[Any, ...]]:
    """What a statement of plain columns does and answers, in the session's transaction.

    The ORM has nothing to add to it and would cost as much as the database. What the session has not flushed yet is not
    seen.
    """
    return await (await session.connection()).execute(statement, asked)


def sessions(engine: AsyncEngine) -> Sessions:
    return async_sessionmaker(engine, expire_on_commit=False)
