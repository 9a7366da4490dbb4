"""Payouts: the row that is the truth about the money, and the wallet that is sent to and asked."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.payout_money import current_run, settle
from activities.policies import Policies
from db import budgets
from db.sessions import Sessions
from db.tables.buyers import Payee as PayeeRow
from db.tables.money import Payout
from domain.payouts import PayoutStatus, human_due_at, next_query_at
from gateways.alipay import AlipayClient
from gateways.money import Failed, MoneyOutcome, Paid, Unknown
from gateways.transfers import BadTransfer, Order, PreparedTransfer, TamperedTransfer

OUR_BYTES_CHANGED = "BYTES_CHANGED"
OUR_TRANSFER_BAD = "TRANSFER_BAD"


class PayoutCall(BaseModel):
    """Which payout, and the case's time."""

    model_config = ConfigDict(frozen=True)

    key: str
    now: datetime


class PayoutAnswer(BaseModel):
    """Where a payout stands. `ask_at`: when an unknown one is asked about again; `human_at`: when a person has to look.
    `workflow` is the case's current run, which hears of it."""

    model_config = ConfigDict(frozen=True)

    status: PayoutStatus
    code: str | None = None
    remedy: str | None = None
    ask_at: datetime | None = None
    human_at: datetime | None = None
    send_again: bool = False
    workflow: str = ""


class PayoutActivities:
    def __init__(self, sessions: Sessions, policies: Policies, wallet: AlipayClient | None) -> None:
        self._sessions = sessions
        self._policies = policies
        self._wallet = wallet

    @activity.defn
    async def send_payout(self, call: PayoutCall) -> PayoutAnswer:
        """Send the transfer, or send it again: always the bytes that were stored before the first send. A row that is
        settled is answered and nothing is sent."""
        prepared = await self._bytes_to_send(call)
        if isinstance(prepared, PayoutAnswer):
            return prepared
        transfer, maybe_sent = prepared
        if maybe_sent:
            # A worker died between writing the row and reading the answer: ask first, and send only what never arrived.
            asked = await self._open_wallet().query(call.key, transfer.amount_fen)
            if not (isinstance(asked, Unknown) and asked.not_found):
                return await self._keep(call, asked, queried=True)
        try:
            outcome = await self._open_wallet().send(transfer)
        except TamperedTransfer:
            outcome = Unknown(call.key, OUR_BYTES_CHANGED, alarm=True)
        return await self._keep(call, outcome, queried=False)

    async def _bytes_to_send(self, call: PayoutCall) -> tuple[PreparedTransfer, bool] | PayoutAnswer:
        """Commit `sending` and the bytes before anything goes out, so that a crash leaves a row that says "maybe"; the
        second part tells that this is such a row."""
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, call.key, with_for_update=True)
            if payout.status in (PayoutStatus.PAID, PayoutStatus.CANCELLED):
                return await self._answer(session, payout)
            if payout.wire is None:
                try:
                    prepared = self._open_wallet().prepare(await self._order(session, payout))
                except BadTransfer as bad:
                    return await self._refused_by_us(session, payout, bad, call.now)
                payout.wire, payout.wire_digest = prepared.body.decode(), bytes.fromhex(prepared.digest)
            else:
                prepared = PreparedTransfer(
                    payout.key, payout.amount_fen, payout.wire.encode(), (payout.wire_digest or b"").hex()
                )
            maybe_sent = payout.status == PayoutStatus.SENDING
            payout.status = PayoutStatus.SENDING
            payout.sends += 1
            payout.sent_at = payout.sent_at or call.now
            return prepared, maybe_sent

    async def _refused_by_us(
        self, session: AsyncSession, payout: Payout, bad: BadTransfer, now: datetime
    ) -> PayoutAnswer:
        """The transfer can't even be written down: nothing was sent, and a person has to mend what is wrong."""
        payout.status, payout.code, payout.settled_at = PayoutStatus.FAILED, OUR_TRANSFER_BAD, now
        answer = await self._answer(session, payout)
        return answer.model_copy(update={"remedy": "ask_buyer"})

    @activity.defn
    async def query_payout(self, call: PayoutCall) -> PayoutAnswer:
        """Ask the wallet what became of a transfer. It never sends; "no such number" right after a time-out is no
        proof, so the same bytes may go again."""
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, call.key)
            if payout.status in (PayoutStatus.PAID, PayoutStatus.CANCELLED):
                return await self._answer(session, payout)
            amount = payout.amount_fen
        return await self._keep(call, await self._open_wallet().query(call.key, amount), queried=True)

    @activity.defn
    async def cancel_payout(self, call: PayoutCall) -> PayoutAnswer:
        """End a payout that definitely failed; its money goes back. One that may have happened is not touched."""
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, call.key, with_for_update=True)
            if payout.status == PayoutStatus.FAILED:
                payout.status, payout.settled_at = PayoutStatus.CANCELLED, call.now
                await budgets.release(session, payout.case, payout.offer, call.now)
            return await self._answer(session, payout)

    @activity.defn
    async def whom_to_tell(self, key: str) -> str:
        """The workflow id of the current run of the payout's case."""
        async with self._sessions.begin() as session:
            return await current_run(session, await session.get_one(Payout, key))

    async def _keep(self, call: PayoutCall, outcome: MoneyOutcome, *, queried: bool) -> PayoutAnswer:
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, call.key, with_for_update=True)
            if payout.status == PayoutStatus.PAID:
                return await self._answer(session, payout)
            payout.queries += int(queried)
            remedy, send_again = None, False
            match outcome:
                case Paid():
                    await settle(session, payout, outcome.paid_at or call.now, outcome.order_id, call.now)
                case Failed():
                    payout.status, payout.code, remedy = PayoutStatus.FAILED, outcome.code, outcome.remedy
                    payout.settled_at = call.now
                case Unknown():
                    payout.status, payout.code = PayoutStatus.UNKNOWN, outcome.code
                    payout.alarm = payout.alarm or outcome.alarm
                    send_again = outcome.not_found and not payout.alarm
            answer = await self._answer(session, payout)
            return answer.model_copy(update={"remedy": remedy, "send_again": send_again})

    async def _answer(self, session: AsyncSession, payout: Payout) -> PayoutAnswer:
        policy, _ = await self._policies.compensation(session, payout.shop)
        since = payout.sent_at or payout.made_at
        unknown = payout.status in (PayoutStatus.UNKNOWN, PayoutStatus.SENDING)
        return PayoutAnswer(
            status=PayoutStatus(payout.status),
            code=payout.code,
            ask_at=next_query_at(since, payout.queries, policy.payout) if unknown else None,
            human_at=human_due_at(since, policy.payout) if unknown else None,
            workflow=await current_run(session, payout),
        )

    async def _order(self, session: AsyncSession, payout: Payout) -> Order:
        payee = await session.get(PayeeRow, payout.payee) if payout.payee else None
        if payee is None or payee.account is None:
            raise BadTransfer("the payee was erased; ask the buyer for an account")
        policy, _ = await self._policies.compensation(session, payout.shop)
        labels = {"title": policy.payout.order_title, "scene": policy.payout.transfer_scene}
        return Order(payout.key, payout.amount_fen, payee.kind, payee.account, payee.name, **labels)

    def _open_wallet(self) -> AlipayClient:
        if self._wallet is None:
            # Retried by the engine until somebody sets it: the payout waits, nothing is lost.
            raise WalletNotSet(
                "AMENDS_ALIPAY_APP_ID, AMENDS_ALIPAY_PRIVATE_KEY and AMENDS_ALIPAY_PUBLIC_KEY are not all set: "
                "set them and restart the worker; payouts wait until then"
            )
        return self._wallet


class WalletNotSet(Exception):
    """The wallet's settings are missing; the message names them."""
