"""How the wallets' statements differ from our payouts, as finance sees it; and settling one."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import NotThere, record
from db.tables.statements import StatementDifference
from domain.reconciliation import DifferenceKind, DifferenceSettled


class DifferenceLine(BaseModel):
    """One difference. `subject` is the money key, or the line of the statement; `why` and `raw` tell of a line that
    could not be read."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    wallet: str
    day: date = Field(description="of the statement, by China's time")
    kind: DifferenceKind
    subject: str
    shop: str | None
    case: str | None
    ours_fen: int | None
    theirs_fen: int | None
    why: str | None
    raw: str | None
    found_at: datetime
    settled_at: datetime | None
    settled_by: UUID | None
    reason: str | None


async def list_differences(
    session: AsyncSession,
    shops: frozenset[str] | None,
    settled: bool | None,
    limit: int,
    after: tuple[datetime, str] | None,
) -> list[DifferenceLine]:
    """The newest first. What belongs to no shop is shown to whoever looks after every shop."""
    found = select(StatementDifference).limit(limit)
    found = found.order_by(StatementDifference.found_at.desc(), StatementDifference.id.desc())
    if shops is not None:
        found = found.where(StatementDifference.shop.in_(shops))
    if settled is not None:
        at = StatementDifference.settled_at
        found = found.where(at.is_not(None) if settled else at.is_(None))
    if after is not None:
        place = tuple_(StatementDifference.found_at, StatementDifference.id)
        found = found.where(place < (after[0], UUID(after[1])))
    return [DifferenceLine.model_validate(row) for row in await session.scalars(found)]


async def difference_of(session: AsyncSession, id: UUID) -> StatementDifference:
    """Raises NotThere."""
    row = await session.get(StatementDifference, id, with_for_update=True)
    if row is None:
        raise NotThere("There is no such difference; GET /differences lists them.")
    return row


async def settle_difference(
    session: AsyncSession, row: StatementDifference, by: UUID, reason: str, now: datetime
) -> DifferenceLine:
    """A person says how it came about; once, in the office's record. Raises DifferenceSettled."""
    if row.settled_at is not None:
        raise DifferenceSettled("This difference is settled; its reason stands beside it.")
    row.settled_at, row.settled_by, row.reason = now, by, reason
    await session.flush()
    facts = {"wallet": row.wallet, "day": row.day.isoformat(), "kind": row.kind, "of": row.subject, "reason": reason}
    await record(session, str(by), now, "difference.settled", str(row.id), facts)
    return DifferenceLine.model_validate(row)
