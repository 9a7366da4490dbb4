"""`python -m compose.first_admin` makes the first administrator of an empty house and prints her key, once."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime

from sqlalchemy import select

from db import office
from db.sessions import connect, key_ring, sessions
from db.tables.office import PersonRole
from domain.people import Role
from settings import Settings

BY = "compose.first_admin"


async def make(login: str, name: str) -> str:
    """Her key. Raises SystemExit in a house that has an administrator, who makes further people over the API."""
    settings = Settings()
    engine, now = connect(settings, key_ring(settings)), datetime.now(UTC)
    try:
        async with sessions(engine)() as session, session.begin():
            if await session.scalar(select(PersonRole.id).where(PersonRole.role == Role.ADMIN).limit(1)):
                sys.exit("This house has an administrator already: let her make further people over the API.")
            await office.ensure_installation(session, now)
            person = await office.add_person(session, BY, now, login=login, name=name)
            await office.grant(session, BY, now, person.id, Role.ADMIN, None)
            key, _ = await office.issue_key(session, BY, now, person.id, "first")
            return key
    finally:
        await engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--login", default="root")
    parser.add_argument("--name", default="Root")
    wish = parser.parse_args()
    key = asyncio.run(make(wish.login, wish.name))
    sys.stdout.write(f"{wish.login}'s key, shown once: {key}\n")


if __name__ == "__main__":
    main()
