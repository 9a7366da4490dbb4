"""Bringing a database to this version."""

from pathlib import Path

import psycopg
import pytest

from embedded import databases
from embedded.postgres import Postgres


async def test_a_database_of_a_newer_version_of_amends_is_refused_by_name(
    cluster: Postgres, template: str, tmp_path: Path
) -> None:
    admin = cluster.conninfo("postgres")
    await databases.make_database(admin, "of_tomorrow", template)
    async with await psycopg.AsyncConnection.connect(cluster.conninfo("of_tomorrow")) as connection:
        await connection.execute("UPDATE alembic_version SET version_num = 'tomorrow'")

    with pytest.raises(databases.MigrationFailed, match="migrated by a newer version of Amends") as refused:
        await databases.migrate(cluster.url("of_tomorrow", databases.OWNER), tmp_path / "log")
    assert "Traceback" not in str(refused.value)


async def test_migrating_twice_changes_nothing(cluster: Postgres, template: str, tmp_path: Path) -> None:
    await databases.migrate(cluster.url(template, databases.OWNER), tmp_path / "log")

    await databases.compare_with_models(cluster.url(template, databases.OWNER), tmp_path / "log")
