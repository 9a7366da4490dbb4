"""`python -m embedded.prepare` brings the database to this version and opens the demo shop in it.

A process of its own: what it imports takes longer than what it does, so it starts beside PostgreSQL and waits for it,
and the parent stays small.
"""

import asyncio
import os
import time

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

from embedded import demo_office
from embedded.databases import REPOSITORY
from settings import Settings

PATIENCE_SECONDS = 60.0


def wait_for(url: str) -> None:
    """Returns once the database takes connections; raises psycopg.OperationalError where it does not come up."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def main() -> None:
    settings = Settings()
    if settings.database_owner_url is None:
        raise SystemExit("AMENDS_DATABASE_OWNER_URL is not set; dev.py sets it.")
    owner_url = settings.database_owner_url.get_secret_value()
    wait_for(owner_url)
    migrations = Config(toml_file=REPOSITORY / "pyproject.toml")
    migrations.attributes["url"] = owner_url
    command.upgrade(migrations, "head")
    asyncio.run(demo_office.seed(settings, os.environ))


if __name__ == "__main__":
    main()
