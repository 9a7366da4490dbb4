"""A buyer's data in plain, for a person with a reason, and finding a buyer by what they say of themselves."""

from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.buyers import tail_of
from db.reads.reviews import MaskedBuyer, masked
from db.sealing import KeyRing
from db.tables.buyers import Buyer, BuyerLink, BuyerPerson, Payee, Review, ShopOrder
from db.tables.cases import CaseFile
from db.tables.refunds import Refund
from domain.phones import phone_kind

FIELDS = ("nick", "name", "phone", "address", "accounts")
AT_MOST = 50


class PlainBuyer(BaseModel):
    """The fields that were asked for; the others are null."""

    nick: str | None = None
    name: str | None = None
    phone: str | None = None
    address: str | None = None
    accounts: list[str] | None = None


class FoundBuyer(BaseModel):
    buyer: MaskedBuyer
    cases: list[str] = Field(description="numbers, the newest first")


async def buyer_and_order(session: AsyncSession, case: CaseFile) -> tuple[Buyer | None, UUID | None]:
    """Of the review or refund that the case is about."""
    row: Review | Refund | None = await session.get(Review, case.source_row)
    if row is None:
        row = await session.get(Refund, case.source_row)
    if row is None or row.buyer is None:
        return None, None
    return await session.get(Buyer, row.buyer), row.order


async def in_plain(session: AsyncSession, buyer: Buyer, order: UUID | None, fields: list[str]) -> PlainBuyer:
    shown = PlainBuyer(**{name: getattr(buyer, name) for name in ("nick", "name", "phone") if name in fields})
    if "address" in fields and order is not None:
        shown.address = await session.scalar(select(ShopOrder.address).where(ShopOrder.id == order))
    if "accounts" in fields:
        kept = await session.scalars(select(Payee.account).where(Payee.buyer == buyer.id).order_by(Payee.made_at))
        shown.accounts = [account for account in kept if account]
    return shown


async def find_buyers(
    session: AsyncSession, ring: KeyRing, said: str, shops: frozenset[str] | None
) -> list[FoundBuyer]:
    """By a whole phone number or wallet account, by the last four digits of a number, or by the name on the
    marketplace: each through its keyed index, so nothing is opened to be compared."""
    blinds = [ring.blind("account", said.lower()), *(ring.blind(f"buyer:{p}", said) for p in await _platforms(session))]
    phone = phone_kind(said)
    if phone.number:
        blinds.append(ring.blind("phone", phone.number))
    tail = tail_of(ring, f"000{said}") if said.isdigit() and len(said) == 4 else None
    root = func.coalesce(BuyerPerson.merged_into, BuyerPerson.id)
    linked = select(root).join(BuyerLink, BuyerLink.person == BuyerPerson.id).where(BuyerLink.blind.in_(blinds))
    people = select(BuyerPerson.id).where(root.in_(linked))
    wanted = or_(Buyer.person.in_(people), Buyer.phone_tail == tail) if tail else Buyer.person.in_(people)
    rows = await session.scalars(select(Buyer).where(wanted, Buyer.erased_at.is_(None)).limit(AT_MOST))
    found = [FoundBuyer(buyer=masked(buyer), cases=await _cases(session, buyer, shops)) for buyer in rows]
    return [one for one in found if one.cases]


async def _platforms(session: AsyncSession) -> list[str]:
    return list(await session.scalars(select(Buyer.platform).distinct()))


async def _cases(session: AsyncSession, buyer: Buyer, shops: frozenset[str] | None) -> list[str]:
    """Only in shops that the reader may see; a buyer without one there is not found."""
    rows = select(Review.id).where(Review.buyer == buyer.id).union(select(Refund.id).where(Refund.buyer == buyer.id))
    found = select(CaseFile.number).where(CaseFile.source_row.in_(rows))
    if shops is not None:
        found = found.where(CaseFile.shop.in_(shops))
    return list(await session.scalars(found.order_by(CaseFile.opened_at.desc()).limit(AT_MOST)))
