"""Shops, what is told to the staff, payouts, refused steps, and the office's own record."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.cases import Notice, RefusedStep
from db.tables.money import Payout
from db.tables.office import OfficeEvent, Shop


class Line(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ShopLine(Line):
    code: str
    name: str
    platform: str
    jurisdiction: str
    seller_nick: str
    zone: str
    team: str | None
    gate_mode: str
    cut_off_at: datetime
    opened_at: datetime | None = None
    intake: bool
    version: int


class NoticeLine(Line):
    id: UUID
    shop: str
    case: str | None = Field(description="null where it is about the shop and not about one case")
    about: str | None = Field(description="what of the shop's it is about, where it is about no case")
    due_at: datetime | None = Field(description="when that falls due")
    kind: str
    level: int
    at: datetime
    sent_at: datetime | None
    read_at: datetime | None
    digest: UUID | None = Field(description="the digest it was told with")


class PayoutLine(Line):
    """A payout as finance sees it; the account itself stays sealed, `payee` is its row."""

    key: str
    case: str
    shop: str
    offer: int
    attempt: int
    amount_fen: int
    form: str
    payee: UUID | None = Field(description="null where the form goes to no account")
    status: str
    code: str | None
    gate: str = Field(description="which gate let it through and why")
    gate_facts: dict[str, Any] = Field(description="mode, law, signature, verification and policy that it rested on")
    provider_order: str | None
    sends: int
    queries: int
    alarm: bool
    made_at: datetime
    sent_at: datetime | None
    paid_at: datetime | None
    settled_at: datetime | None
    remedy: str | None = Field(description="what a failure asks for")
    said: str | None = Field(description="why it was refused, in the other side's own words")
    given_by: str | None = Field(description="who gave it by hand; null for what a wallet or the marketplace sends")
    checked_by: str | None
    proof: str | None = Field(description="SHA-256, or the salted commitment to the words of the proof")


class RefusedLine(Line):
    id: UUID
    at: datetime
    person: UUID
    step: str
    code: str
    message: str


class OfficeLine(Line):
    seq: int
    at: datetime
    actor: str
    kind: str
    subject: str
    facts: dict[str, Any]
    hash: str = Field(description="hexadecimal")


async def list_shops(session: AsyncSession, shops: frozenset[str] | None) -> list[ShopLine]:
    found = select(Shop).order_by(Shop.code)
    if shops is not None:
        found = found.where(Shop.code.in_(shops))
    return [ShopLine.model_validate(shop) for shop in await session.scalars(found)]


async def list_notices(
    session: AsyncSession, person: UUID, shops: frozenset[str] | None, unread: bool, limit: int
) -> list[NoticeLine]:
    """What this person was told of these shops (None: of every shop), the newest first."""
    found = select(Notice).where(Notice.person == person).order_by(Notice.at.desc(), Notice.id).limit(limit)
    if shops is not None:
        found = found.where(Notice.shop.in_(shops))
    if unread:
        found = found.where(Notice.read_at.is_(None), Notice.dropped_at.is_(None))
    return [NoticeLine.model_validate(notice) for notice in await session.scalars(found)]


async def list_payouts(
    session: AsyncSession,
    shops: frozenset[str] | None,
    status: str | None,
    limit: int,
    after: tuple[datetime, str] | None,
) -> list[PayoutLine]:
    """The newest first."""
    found = select(Payout).order_by(Payout.made_at.desc(), Payout.key.desc()).limit(limit)
    if shops is not None:
        found = found.where(Payout.shop.in_(shops))
    if status is not None:
        found = found.where(Payout.status == status)
    if after is not None:
        found = found.where(tuple_(Payout.made_at, Payout.key) < after)
    return [PayoutLine.model_validate(payout) for payout in await session.scalars(found)]


async def list_refused(session: AsyncSession, case: str) -> list[RefusedLine]:
    found = select(RefusedStep).where(RefusedStep.case == case).order_by(RefusedStep.at, RefusedStep.id)
    return [RefusedLine.model_validate(row) for row in await session.scalars(found.limit(500))]


async def list_office_events(session: AsyncSession, after: int, limit: int, **same: str | None) -> list[OfficeLine]:
    """Lines behind `after`; `same` are columns that must equal something, those that are None narrow nothing."""
    wanted = [getattr(OfficeEvent, name) == value for name, value in same.items() if value is not None]
    found = select(OfficeEvent).where(OfficeEvent.seq > after, *wanted).order_by(OfficeEvent.seq).limit(limit)
    fields = ("seq", "at", "actor", "kind", "subject", "facts")
    return [
        OfficeLine(**{name: getattr(event, name) for name in fields}, hash=event.hash.hex())
        for event in await session.scalars(found)
    ]
