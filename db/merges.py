"""Where merged cases go on."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.cases import CaseKey


async def merged_into(session: AsyncSession, numbers: Collection[str]) -> dict[str, str]:
    """By number, the surviving case of each of these that was merged; the others are left out."""
    if not numbers:
        return {}
    moved = select(CaseKey.case, CaseKey.merged_into).where(CaseKey.case.in_(numbers), CaseKey.merged_into.is_not(None))
    return {row.case: row.merged_into for row in await session.execute(moved)}
