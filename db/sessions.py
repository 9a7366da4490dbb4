"""Engines and sessions: one engine per process, one transaction per activity or request, commits at the edge only."""

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from db.sealing import KeyRing, bind_key_ring
from settings import Settings

Sessions = async_sessionmaker[AsyncSession]


def key_ring(settings: Settings) -> KeyRing:
    """Raises KeysUnusable, naming the setting."""
    return KeyRing.parse(settings.field_keys.get_secret_value(), settings.index_key.get_secret_value())


def connect(settings: Settings, ring: KeyRing) -> AsyncEngine:
    """An engine for the app's role. Statements that take longer than 30 s are stopped, so that no lock is held on."""
    engine = create_async_engine(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool,
        max_overflow=settings.database_pool,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 3,
            "application_name": "amends",
            "options": "-c timezone=UTC -c statement_timeout=30000 -c lock_timeout=5000",
        },
    )
    bind_key_ring(engine, ring)
    return engine


def sessions(engine: AsyncEngine) -> Sessions:
    return async_sessionmaker(engine, expire_on_commit=False)
