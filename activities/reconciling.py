"""Reconciliation: yesterday's statement of a wallet against our payouts, every difference kept by its name."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import uuid4

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Text, any_, select, update
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.wallets import Wallets
from db.sessions import Sessions
from db.tables.money import Payout
from db.tables.office import Installation
from db.tables.statements import StatementDifference, WalletStatement
from domain.fulfilment import WALLETS, WalletName
from domain.offers import OfferForm
from domain.reconciliation import (
    CHINA,
    Difference,
    DifferenceKind,
    Moved,
    compare,
    day_before,
    due_span,
    is_ours,
)
from gateways.statements import Statement, StatementLine, UnreadLine

# Ours: wallets have yesterday's statement by ten; one that has none by the evening had nothing to tell.
READY_HOUR, LAST_HOUR = 10, 20


class ReconcileRequest(BaseModel):
    """Which wallet, and the time; the statement is that of the day before."""

    model_config = ConfigDict(frozen=True)

    wallet: WalletName
    now: datetime


class Reconciled(BaseModel):
    """What a look came to; `read` is False where there was nothing to do, or nothing yet."""

    model_config = ConfigDict(frozen=True)

    day: date
    read: bool = False
    lines: int = 0
    ours: int = 0
    differences: int = 0


class ReconcilingActivities:
    def __init__(self, sessions: Sessions, wallets: Wallets) -> None:
        self._sessions = sessions
        self._wallets = wallets

    @activity.defn
    async def reconcile(self, request: ReconcileRequest) -> Reconciled:
        """Read and compare once a day; a look that comes again, too early, or before the wallet is ready changes
        nothing."""
        day, hour = day_before(request.now), request.now.astimezone(CHINA).hour
        source = self._wallets.statements(request.wallet)
        if source is None or hour < READY_HOUR or await self._read_before(request.wallet, day):
            return Reconciled(day=day)
        statement = await source.statement(day)
        if statement is None and hour < LAST_HOUR:
            return Reconciled(day=day)
        async with self._sessions.begin() as session:
            return await self._kept(session, request, statement or Statement(day, ""))

    async def _read_before(self, wallet: WalletName, day: date) -> bool:
        async with self._sessions() as session:
            read = select(WalletStatement.id).where(WalletStatement.wallet == wallet, WalletStatement.day == day)
            return await session.scalar(read) is not None

    async def _kept(self, session: AsyncSession, request: ReconcileRequest, statement: Statement) -> Reconciled:
        installation = (await session.scalars(select(Installation.prefix))).one()
        lines = await _by_order_too(session, request.wallet, statement.lines, installation)
        ours = [line for line in lines if is_ours(line.number, installation)]
        rows = await _payouts(session, request.wallet, statement.day, [line.number for line in ours])
        differences = _differences(statement.day, ours, rows)
        stated = {line.number for line in ours if line.fen > 0}
        made = insert(WalletStatement).values(
            id=uuid4(), wallet=request.wallet, day=statement.day, digest=statement.digest or None,
            lines=len(statement.lines) + len(statement.unread), ours=len(ours), read_at=request.now,
            others_fen=sum(line.fen for line in lines if line.fen > 0) - sum(line.fen for line in ours if line.fen > 0),
        )  # fmt: skip
        await session.execute(made.on_conflict_do_nothing())
        await session.execute(
            update(Payout).where(Payout.key.in_(stated), Payout.stated_on.is_(None)).values(stated_on=statement.day)
        )
        await _keep(session, request, statement.day, differences, rows, statement.unread)
        found = len(differences) + len(statement.unread)
        if found:
            activity.logger.warning("%s of %s differs in %d places", request.wallet, statement.day, found)
        return Reconciled(day=statement.day, read=True, lines=len(statement.lines), ours=len(ours), differences=found)


async def _by_order_too(
    session: AsyncSession, wallet: WalletName, lines: Sequence[StatementLine], installation: str
) -> list[StatementLine]:
    """A wallet may name a transfer by its own number alone; then our payout that has this number says which it is."""
    strange = [line.order for line in lines if line.order and not is_ours(line.number, installation)]
    by_order = select(Payout.provider_order, Payout.key).where(
        Payout.provider_order == any_(array(strange, type_=Text)), Payout.form.in_(_forms(wallet))
    )
    keys = dict(list(await session.execute(by_order))) if strange else {}
    return [replace(line, number=keys.get(line.order, line.number)) for line in lines]


def _forms(wallet: WalletName) -> list[OfferForm]:
    return [form for form, name in WALLETS.items() if name == wallet]


async def _payouts(session: AsyncSession, wallet: WalletName, day: date, numbers: list[str]) -> dict[str, Payout]:
    """Those that the statement names, and those of its day that no statement has named so far."""
    begins, ends = due_span(day)
    due = Payout.paid_at.between(begins, ends) & Payout.stated_on.is_(None) & Payout.form.in_(_forms(wallet))
    found = await session.scalars(select(Payout).where(Payout.key.in_(numbers) | due))
    return {row.key: row for row in found}


def _differences(day: date, ours: list[StatementLine], rows: dict[str, Payout]) -> list[Difference]:
    begins, ends = due_span(day)
    paid = {key: row.amount_fen for key, row in rows.items() if row.status == "paid"}
    expected = [
        key for key in paid if (at := rows[key].paid_at) and begins <= at < ends and rows[key].stated_on is None
    ]
    return compare([Moved(line.row, line.number, line.fen) for line in ours], paid, expected)


async def _keep(
    session: AsyncSession,
    request: ReconcileRequest,
    day: date,
    differences: list[Difference],
    rows: dict[str, Payout],
    unread: tuple[UnreadLine, ...],
) -> None:
    shared = {"wallet": request.wallet, "day": day, "found_at": request.now}
    lines = [
        shared
        | {
            "id": uuid4(), "kind": one.kind, "subject": one.subject, "ours_fen": one.ours_fen,
            "theirs_fen": one.theirs_fen, "why": None, "raw": None,
            "shop": rows[one.subject].shop if one.subject in rows else None,
            "case": rows[one.subject].case if one.subject in rows else None,
        }
        for one in differences
    ]  # fmt: skip
    lines += [
        shared
        | {
            "id": uuid4(), "kind": DifferenceKind.UNKNOWN_LINE, "subject": f"line {one.row}", "ours_fen": None,
            "theirs_fen": None, "why": one.why, "raw": one.raw, "shop": None, "case": None,
        }
        for one in unread
    ]  # fmt: skip
    if lines:
        await session.execute(insert(StatementDifference).on_conflict_do_nothing(), lines)
