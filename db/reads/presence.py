"""Which cases a buyer has, by what the marketplace or a messenger knows them by."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from db.buyers import aliases_of, nick_blind
from db.sealing import KeyRing
from db.tables.buyers import Buyer, BuyerLink, BuyerPerson
from db.tables.cases import CaseFile
from db.tables.office import Shop
from domain.phones import phone_kind
from domain.review_case.keys import KIND as REVIEW


@dataclass(frozen=True, slots=True)
class OpenCase:
    number: str
    workflow: str
    shop: str
    kind: str


async def open_cases_of(session: AsyncSession, ring: KeyRing, shop: str, platform_id: str) -> list[OpenCase]:
    """Cases about reviews, of one shop only, the oldest first; none for a buyer that we do not know. A refund's calls
    have deadlines of their own and wait for nobody to come online."""
    person = await person_by_id(session, ring, shop, platform_id)
    found = await open_cases(session, person, shop) if person else []
    return [case for case in found if case.kind == REVIEW]


async def person_by_id(session: AsyncSession, ring: KeyRing, shop: str, platform_id: str) -> UUID | None:
    """Who is behind the id or nick that the shop's marketplace has for a buyer."""
    platform = await session.scalar(select(Shop.platform).where(Shop.code == shop))
    if platform is None:
        return None
    blind = ring.blind(f"buyer:{platform}", platform_id)
    found = await _root(session, Buyer.person, (Buyer.platform == platform) & (Buyer.blind == blind))
    nick = nick_blind(ring, platform, platform_id)
    return found if found or nick is None else await _root(session, BuyerLink.person, BuyerLink.blind == nick)


async def person_by_phone(session: AsyncSession, ring: KeyRing, phone: str) -> UUID | None:
    """Who is behind a number of their own; nobody for a masked, shared or borrowed one."""
    number = phone_kind(phone).number
    if number is None:
        return None
    return await _root(session, BuyerLink.person, BuyerLink.blind == ring.blind("phone", number))


async def _root(session: AsyncSession, person: InstrumentedAttribute[UUID], known: ColumnElement[bool]) -> UUID | None:
    """The person whom a row names, after all merging."""
    found = select(func.coalesce(BuyerPerson.merged_into, BuyerPerson.id)).join(person.class_, BuyerPerson.id == person)
    root: UUID | None = await session.scalar(found.where(known))
    return root


async def open_cases(session: AsyncSession, person: UUID, shop: str | None = None) -> list[OpenCase]:
    """Of one shop or (None) of all, the oldest first."""
    found = select(CaseFile.number, CaseFile.workflow, CaseFile.shop, CaseFile.kind).where(
        CaseFile.buyer_person.in_(await aliases_of(session, person)), CaseFile.closed_at.is_(None)
    )
    if shop is not None:
        found = found.where(CaseFile.shop == shop)
    rows = await session.execute(found.order_by(CaseFile.opened_at, CaseFile.number))
    return [OpenCase(row.number, row.workflow, row.shop, row.kind) for row in rows]


async def newest_case(session: AsyncSession, person: UUID, shop: str | None = None) -> str | None:
    """Open or closed, of one shop or (None) of all."""
    found = select(CaseFile.number).where(CaseFile.buyer_person.in_(await aliases_of(session, person)))
    if shop is not None:
        found = found.where(CaseFile.shop == shop)
    number: str | None = await session.scalar(found.order_by(CaseFile.opened_at.desc(), CaseFile.number).limit(1))
    return number
