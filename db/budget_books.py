"""The books of budgets: locked, brought up to the day, and moved by postings alone."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.budgets import Budget, BudgetLine, BudgetPosting
from domain import budgets
from domain.budgets import BUYERS_PERIOD, Account, Amount, Balance, BudgetKey, BudgetScope, Line, PostingKind
from domain.policies.compensation import FormKind

THE_HOUSE = "amends"  # who posts what follows from a rule
ROLLING = f"{FormKind.CASH}/{BudgetScope.BUYER}/"
_FIGURES = [getattr(Budget, f"{account}_{unit}") for account in Account for unit in ("fen", "coupons")]
# Built once: every offer asks these. All lines go in one statement, since the database balances each statement.
_OPEN = insert_once(Budget).on_conflict_do_nothing()
_POST_LINES = text(
    "INSERT INTO budget_line (posting, budget, account, fen, coupons) SELECT * FROM unnest(CAST(:posting AS uuid[]), "
    "CAST(:budget AS text[]), CAST(:account AS text[]), CAST(:fen AS bigint[]), CAST(:coupons AS bigint[]))"
)


async def open_books(
    session: AsyncSession, keys: Collection[BudgetKey], aliases: Collection[BudgetKey], shop: str, now: datetime
) -> dict[str, Balance]:
    """Lock budgets and answer how they stand; those of `keys` are made on first use. What rolls has rolled. Always in
    the order of their keys, so that two offers never wait for each other."""
    if keys:
        await session.execute(_OPEN, [_row(key) for key in sorted(keys, key=str)])
    books = await read_books(session, [str(key) for key in (*keys, *aliases)], lock=True)
    lapsed = await lapsed_lines(session, books, now)
    for key, lines in lapsed.items():
        books[key] = books[key].after(lines)
    await post(session, shop, now, [(PostingKind.LAPSE, lines, {}) for lines in lapsed.values()])
    return books


def _row(key: BudgetKey) -> dict[str, str]:
    return {"key": str(key), "kind": key.kind, "scope": key.scope, "subject": key.subject, "period": key.period}


async def read_books(session: AsyncSession, keys: Collection[str], *, lock: bool = False) -> dict[str, Balance]:
    """The budgets that exist among these."""
    found = select(Budget.key, *_FIGURES).where(Budget.key.in_(keys)).order_by(Budget.key)
    rows = await session.execute(found.with_for_update() if lock else found)
    return {row.key: balance_of(row._mapping) for row in rows}


def balance_of(row: Mapping[Any, Any]) -> Balance:
    figures = {str(name): value for name, value in row.items()}
    return Balance(**{account: Amount(figures[f"{account}_fen"], figures[f"{account}_coupons"]) for account in Account})


async def lapsed_lines(session: AsyncSession, books: Mapping[str, Balance], now: datetime) -> dict[str, list[Line]]:
    """What was spent longer ago than a buyer's period and has not lapsed yet, as the lines that let it."""
    rolling = [key for key, book in books.items() if key.startswith(ROLLING) and book.spent]
    if not rolling:
        return {}
    old = (BudgetPosting.kind == PostingKind.LAPSE) | (BudgetPosting.at <= now - BUYERS_PERIOD)
    rows = await session.execute(
        select(BudgetLine.budget, func.sum(BudgetLine.fen).label("fen"))
        .join(BudgetPosting, BudgetPosting.id == BudgetLine.posting)
        .where(BudgetLine.budget.in_(rolling), BudgetLine.account == Account.SPENT, old)
        .group_by(BudgetLine.budget)
    )
    return {
        row.budget: budgets.moved(PostingKind.LAPSE, row.budget, Amount(int(row.fen))) for row in rows if row.fen > 0
    }


type Entry = tuple[PostingKind, Sequence[Line], Mapping[str, Any]]


async def post(session: AsyncSession, shop: str, now: datetime, entries: Iterable[Entry]) -> None:
    """Write postings with their lines; the database moves the accounts."""
    nobody: dict[str, Any] = dict.fromkeys(("case", "offer", "nth", "form", "month", "amount_fen", "settles", "why"))
    postings, lines = [], []
    for kind, moved, about in entries:
        row = {**nobody, "id": uuid4(), "kind": kind, "shop": shop, "at": now, "by": THE_HOUSE, **about}
        postings.append(row)
        lines += [
            {"posting": row["id"], "budget": line.budget, "account": str(line.account), "fen": line.amount.fen,
             "coupons": line.amount.coupons}
            for line in moved
        ]  # fmt: skip
    if postings:
        await session.execute(insert(BudgetPosting), postings, execution_options={"render_nulls": True})
    if lines:
        await session.execute(_POST_LINES, {name: [line[name] for line in lines] for name in lines[0]})
