"""Claims at couriers, as lists show them."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.couriers import CourierClaim
from domain.courier_claims import WAITING


class ClaimLine(BaseModel):
    """One claim. `remark` are the courier's own words, null once they were erased."""

    model_config = ConfigDict(from_attributes=True)

    key: str = Field(description="our number at the courier")
    case: str
    shop: str
    kind: str
    status: str
    code: str | None = Field(description="why the courier did not take it")
    claimed_fen: int
    agreed_fen: int
    paid_fen: int
    remark: str | None
    outside_id: str | None = Field(description="the courier's own number")
    pay_number: str | None
    until: datetime = Field(description="until when the courier takes it")
    answer_due_at: datetime
    made_at: datetime
    filed_at: datetime | None
    paid_at: datetime | None
    settled_at: datetime | None


async def list_claims(
    session: AsyncSession,
    shops: frozenset[str] | None,
    open: bool | None,
    limit: int,
    after: tuple[datetime, str] | None,
) -> list[ClaimLine]:
    """The first made first."""
    found = select(CourierClaim)
    if shops is not None:
        found = found.where(CourierClaim.shop.in_(sorted(shops)))
    if open is not None:
        waits = CourierClaim.status.in_(sorted(WAITING))
        found = found.where(waits if open else ~waits)
    if after is not None:
        found = found.where(tuple_(CourierClaim.made_at, CourierClaim.key) > after)
    rows = await session.scalars(found.order_by(CourierClaim.made_at, CourierClaim.key).limit(limit))
    return [ClaimLine.model_validate(row) for row in rows]
