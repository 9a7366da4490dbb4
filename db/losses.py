"""What returns have cost, as the ledger has it: each case's losses are posted as they become known, and corrected by
further postings, never by changing one."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.money import LedgerEntry
from domain.loss_accounts import AGAINST, LossAccount, of_shop

POSTING = "loss"


async def post_losses(
    session: AsyncSession, case: str, shop: str, wanted: Mapping[LossAccount, int], version: int, now: datetime
) -> None:
    """Bring the case's accounts to these sums: what differs is posted, twice the same changes nothing. `version` is the
    case's, and makes the posting's name."""
    posted = await _posted(session, case)
    changes = {account: wanted.get(account, 0) - posted.get(of_shop(account, shop), 0) for account in LossAccount}
    rows = [
        {
            "posting": f"{POSTING}:{case}:{version}:{account}",
            "account": name,
            "amount_fen": fen,
            "case": case,
            "at": now,
        }
        for account, change in changes.items()
        if change
        for name, fen in ((of_shop(account, shop), change), (of_shop(AGAINST[account], shop), -change))
    ]
    if rows:
        await session.execute(insert(LedgerEntry).on_conflict_do_nothing(), rows)


async def _posted(session: AsyncSession, case: str) -> dict[str, int]:
    mine = LedgerEntry.case == case, LedgerEntry.posting.startswith(f"{POSTING}:")
    found = select(LedgerEntry.account, func.sum(LedgerEntry.amount_fen)).where(*mine).group_by(LedgerEntry.account)
    return {account: int(total) for account, total in await session.execute(found)}
