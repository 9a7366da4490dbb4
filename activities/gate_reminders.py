"""Before an acknowledgement of the gate ends, the shop's leaders hear of it; they hear once more when it has ended."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from activities.policies import Policies
from db.gate import newest_acknowledgement
from db.tables.cases import Notice
from db.tables.office import Person, PersonRole, Shop
from domain.acknowledgement import Acknowledgement, reminder
from domain.gate import GateMode, Permission, may
from domain.people import Role

KIND = "gate_acknowledgement"
# Who may sign it.
SIGNERS = (Role.SUPERVISOR, Role.ADMIN)


async def remind_of_gate(session: AsyncSession, policies: Policies, shop_code: str, now: datetime) -> None:
    """A notice for each person who may renew it, once per reminder of the policy and once at the end. The digest asks
    this a few times an hour, so that no timer has to outlive a changed policy."""
    shop = await session.get(Shop, shop_code)
    if shop is None or shop.gate_mode != GateMode.AFTER_AMENDMENT:
        return
    policy, _ = await policies.compensation(session, shop.code)
    if may(shop.platform, shop.jurisdiction, GateMode.AFTER_AMENDMENT, policy) is not Permission.ACKNOWLEDGE:
        return
    signed = await newest_acknowledgement(session, shop.code)
    level = reminder(signed, policy.gate, now) if signed else None
    if signed is not None and level is not None:
        await _tell(session, shop.code, signed, level, now)


async def _tell(session: AsyncSession, shop: str, signed: Acknowledgement, level: int, now: datetime) -> None:
    about = f"gate:{shop}:{signed.at.isoformat()}"
    rows = [
        {
            "id": uuid4(),
            "shop": shop,
            "about": about,
            "due_at": signed.expires_at,
            "person": person,
            "kind": KIND,
            "level": level,
            "at": now,
        }
        for person in await _signers(session, shop)
    ]
    if rows:
        await session.execute(insert(Notice).on_conflict_do_nothing(), rows)


async def _signers(session: AsyncSession, shop: str) -> list[UUID]:
    holders = (
        select(Person.id)
        .join(PersonRole, PersonRole.person == Person.id)
        .where(PersonRole.role.in_(SIGNERS), (PersonRole.shop == shop) | PersonRole.shop.is_(None), Person.active)
    )
    return list(dict.fromkeys(await session.scalars(holders)))
