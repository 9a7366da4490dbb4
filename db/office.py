"""The office: every change of installation, shops, people, keys and policies, under one name.

Each writes its line of the office's record in the same transaction; `by` is the id of the person who did it, or the
name of the program that sets the house up.
"""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.api_keys import issue_key, key_hash, keys_of, revoke_key, rotate_key
from db.audit import record
from db.gate import acknowledge_gate, choose_gate
from db.policy_rows import policy_in_force, put_policy
from db.shops import add_shop, set_shop, shop_of
from db.staff import add_person, grant, link_accounts, person_of, revoke, set_person
from db.tables.office import Installation
from db.teams import put_team, set_team

__all__ = [
    "acknowledge_gate",
    "add_person",
    "add_shop",
    "choose_gate",
    "ensure_installation",
    "grant",
    "issue_key",
    "key_hash",
    "keys_of",
    "link_accounts",
    "person_of",
    "policy_in_force",
    "put_policy",
    "put_team",
    "revoke",
    "revoke_key",
    "rotate_key",
    "set_person",
    "set_shop",
    "set_team",
    "shop_of",
]

# Money keys are capitals and digits; letters that are read for digits are left out.
PREFIX_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


async def ensure_installation(session: AsyncSession, now: datetime) -> str:
    """The random prefix of every money key, made on the first call."""
    prefix = "".join(secrets.choice(PREFIX_SIGNS) for _ in range(4))
    made = insert(Installation).values(id=1, prefix=prefix, made_at=now).on_conflict_do_nothing()
    if await session.scalar(made.returning(Installation.prefix)):
        await record(session, "amends", now, "installation.made", "installation", {"prefix": prefix})
        return prefix
    return (await session.scalars(select(Installation.prefix))).one()
