"""Which open cases a buyer has, by the marketplace's name for them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.buyers import aliases_of
from db.sealing import KeyRing
from db.tables.buyers import Buyer
from db.tables.cases import CaseFile
from db.tables.office import Shop


@dataclass(frozen=True, slots=True)
class OpenCase:
    number: str
    workflow: str


async def open_cases_of(session: AsyncSession, ring: KeyRing, shop: str, platform_id: str) -> list[OpenCase]:
    """Of one shop only, the oldest first; none for a buyer that we do not know."""
    platform = await session.scalar(select(Shop.platform).where(Shop.code == shop))
    if platform is None:
        return []
    blind = ring.blind(f"buyer:{platform}", platform_id)
    person = await session.scalar(select(Buyer.person).where(Buyer.platform == platform, Buyer.blind == blind))
    if person is None:
        return []
    people = await aliases_of(session, person)
    found = select(CaseFile.number, CaseFile.workflow).where(
        CaseFile.buyer_person.in_(people), CaseFile.closed_at.is_(None), CaseFile.shop == shop
    )
    rows = await session.execute(found.order_by(CaseFile.opened_at, CaseFile.number))
    return [OpenCase(row.number, row.workflow) for row in rows]
