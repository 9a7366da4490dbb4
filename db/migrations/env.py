"""Runs the migrations as the owner's role, one at a time, never waiting long for a lock.

The address comes from AMENDS_DATABASE_OWNER_URL or, where a program migrates, from the config's attribute `url`.
"""

from alembic import context
from sqlalchemy import Connection, create_engine, pool, text

from db.tables import Model
from settings import Settings

ONE_AT_A_TIME = 0x616D656E6473  # "amends": the advisory lock that keeps two migrators apart


def address() -> str:
    given = context.config.attributes.get("url")
    if given:
        return str(given)
    owner = Settings().database_owner_url
    if owner is None:
        raise SystemExit("AMENDS_DATABASE_OWNER_URL is not set: migrations run as the role that owns the tables")
    return owner.get_secret_value()


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        compare_type=True,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def online() -> None:
    engine = create_engine(address(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.execute(text("SET statement_timeout = '10min'"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
        connection.commit()
        migrate(connection)
        connection.commit()
    engine.dispose()


online()
