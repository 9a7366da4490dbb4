"""Connections that outlive their server."""

import psycopg
from pydantic import SecretStr
from sqlalchemy import text

from db.sealing import KeyRing
from db.sessions import connect, sessions
from embedded.postgres import Postgres
from settings import Settings
from tests.builders import fresh_key
from tests.conftest import Database


async def test_a_connection_that_the_server_has_closed_meanwhile_is_replaced(
    cluster: Postgres, database: Database
) -> None:
    ring = KeyRing.parse(f"k:{fresh_key()}", fresh_key())
    engine = connect(Settings(database_url=SecretStr(database.app_url)), ring, idle_seconds=0)
    async with sessions(engine)() as session:
        before = await session.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(cluster.conninfo("postgres"), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 2000)", [before])
    async with sessions(engine)() as session:
        assert await session.scalar(text("SELECT pg_backend_pid()")) != before
    await engine.dispose()
