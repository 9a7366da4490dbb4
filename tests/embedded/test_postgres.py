"""The embedded PostgreSQL on real data folders."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from embedded import databases
from embedded.ports import free_port
from embedded.postgres import DataOfAnotherVersion, Postgres


async def count_cases(conninfo: str) -> int:
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        cursor = await connection.execute("SELECT count(*) FROM kept")
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])


async def test_it_starts_again_on_the_same_folder_after_kill_9(tmp_path: Path) -> None:
    first = Postgres(tmp_path / "data", free_port(), log=tmp_path / "log", password="pa55")
    await first.child.start()
    async with await psycopg.AsyncConnection.connect(first.conninfo("postgres"), autocommit=True) as connection:
        await connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        os.kill(first.child.pid, signal.SIGKILL)

    second = Postgres(tmp_path / "data", free_port(), log=tmp_path / "log", password="pa55")
    await second.child.start()

    assert await count_cases(second.conninfo("postgres")) == 1
    await second.child.stop()


async def test_a_data_folder_of_another_major_version_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("15\n")

    with pytest.raises(DataOfAnotherVersion, match=r"data of PostgreSQL 15.*pg_dump"):
        await Postgres(folder, free_port(), log=tmp_path / "log").child.start()


async def test_a_lock_file_that_names_a_stranger_does_not_keep_it_from_starting(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / "data", free_port(), log=tmp_path / "log", throwaway=True)
    await postgres.child.start()
    await postgres.child.stop()
    (tmp_path / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path / 'data'}\n")

    await postgres.child.start()

    assert await postgres.answers()
    await postgres.child.stop()


async def test_the_app_role_may_not_make_tables(cluster: Postgres) -> None:
    await databases.make_database(cluster.conninfo("postgres"), "roles_only")

    async with await psycopg.AsyncConnection.connect(cluster.conninfo("roles_only", databases.APP)) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("CREATE TABLE mine (one int)")
