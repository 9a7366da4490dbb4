"""Payouts: the row that is the truth about the money, and the wallet that is sent to and asked."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.payout_money import current_run, frozen, settle
from activities.policies import Policies
from activities.wallets import Wallets
from db import budgets
from db.sessions import Sessions
from db.tables.money import Payout
from domain.payouts import PayoutStatus, human_due_at, next_query_at
from gateways.money import Failed, MoneyOutcome, Paid, Unknown
from gateways.transfers import BadTransfer, PreparedTransfer, TamperedTransfer, Wallet

OVER = (PayoutStatus.PAID, PayoutStatus.CANCELLED)
OUR_BYTES_CHANGED = "BYTES_CHANGED"
OUR_TRANSFER_BAD = "TRANSFER_BAD"
A_PERSON_SAID_NO = "A_PERSON_SAID_NO"


class PayoutCall(BaseModel):
    """Which payout, and the case's time."""

    model_config = ConfigDict(frozen=True)

    key: str
    now: datetime


class PayoutWord(BaseModel):
    """A person's word about a transfer that nobody knew about: `why` is the sealed text's id."""

    model_config = ConfigDict(frozen=True)

    paid: bool
    by: str
    why: str
    reference: str | None = None


class PayoutDecision(PayoutCall):
    word: PayoutWord


class PayoutAnswer(BaseModel):
    """Where a payout stands. `ask_at`: when an unknown one is asked about again; `human_at`: when a person has to look,
    which an alarm makes now. `closed`: the number can't be paid any more. `workflow` is the case's current run, which
    hears of it."""

    model_config = ConfigDict(frozen=True)

    status: PayoutStatus
    code: str | None = None
    remedy: str | None = None
    closed: bool = False
    ask_at: datetime | None = None
    human_at: datetime | None = None
    send_again: bool = False
    alarm: bool = False
    sends: int = 0
    queries: int = 0
    sent_at: datetime | None = None
    workflow: str = ""


class PayoutActivities:
    def __init__(self, sessions: Sessions, policies: Policies, wallets: Wallets) -> None:
        self._sessions = sessions
        self._policies = policies
        self.wallets = wallets

    @activity.defn
    async def send_payout(self, call: PayoutCall) -> PayoutAnswer:
        """Send the transfer, or send it again: always the bytes that were stored before the first send. A row that is
        settled is answered and nothing is sent."""
        prepared = await self._bytes_to_send(call)
        if isinstance(prepared, PayoutAnswer):
            return prepared
        wallet, transfer, maybe_sent = prepared
        if maybe_sent:
            # A worker died between writing the row and reading the answer: ask first, and send only what never arrived.
            asked = await wallet.query(call.key, transfer.amount_fen)
            if not (isinstance(asked, Unknown) and asked.not_found) or await self._frozen(call):
                return await self.keep(call, asked, queried=True)
        return await self.keep(call, await _sent(wallet, transfer), queried=False)

    async def _bytes_to_send(self, call: PayoutCall) -> tuple[Wallet, PreparedTransfer, bool] | PayoutAnswer:
        """Commit `sending` and the bytes before anything goes out, so that a crash leaves a row that says "maybe"; the
        last part tells that this is such a row."""
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, call.key, with_for_update=True)
            if payout.status in OVER:
                return await self.answer(session, payout)
            wallet = self.wallets.of(payout.form)
            try:
                prepared = await self._prepared(session, payout, wallet)
            except BadTransfer:
                return await self._refused_by_us(session, payout, call.now)
            maybe_sent = payout.status == PayoutStatus.SENDING
            payout.status, payout.remedy = PayoutStatus.SENDING, None
            payout.sends += 1
            payout.sent_at = payout.sent_at or call.now
            return wallet, prepared, maybe_sent

    async def _frozen(self, call: PayoutCall) -> bool:
        async with self._sessions.begin() as session:
            return await frozen(session, await session.get_one(Payout, call.key))

    async def _prepared(self, session: AsyncSession, payout: Payout, wallet: Wallet) -> PreparedTransfer:
        """The stored bytes; only where there are none yet they are made, and stored. Raises BadTransfer."""
        if payout.wire is None:
            prepared = wallet.prepare(await self.wallets.order(session, payout))
            payout.wire, payout.wire_digest = prepared.body.decode(), bytes.fromhex(prepared.digest)
            payout.sealed_with = prepared.sealed_with or None
            return prepared
        digest = (payout.wire_digest or b"").hex()
        return PreparedTransfer(payout.key, payout.amount_fen, payout.wire.encode(), digest, payout.sealed_with or "")

    async def _refused_by_us(self, session: AsyncSession, payout: Payout, now: datetime) -> PayoutAnswer:
        """The transfer can't even be written down: nothing was sent, and the buyer is asked for another account."""
        payout.status, payout.code, payout.settled_at = PayoutStatus.FAILED, OUR_TRANSFER_BAD, now
        payout.remedy, payout.closed = "ask_buyer", True
        return await self.answer(session, payout)

    @activity.defn
    async def query_payout(self, call: PayoutCall) -> PayoutAnswer:
        """Ask the wallet what became of a transfer. It never sends; "no such number" right after a time-out is no
        proof, so the same bytes may go again, unless the case's money was frozen meanwhile: then it is asked about."""
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, call.key)
            if payout.status in OVER:
                return await self.answer(session, payout)
            wallet, amount = self.wallets.asked(payout.form), payout.amount_fen
        return await self.keep(call, await wallet.query(call.key, amount), queried=True)

    @activity.defn
    async def cancel_payout(self, call: PayoutCall) -> PayoutAnswer:
        """End a payout that definitely failed; its money goes back. The wallet is asked once more before that, for what
        was ever sent: one that may have happened is not touched."""
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, call.key)
            if payout.status != PayoutStatus.FAILED:
                return await self.answer(session, payout)
            wallet = self.wallets.asked(payout.form) if payout.wire is not None else None
        if wallet is not None:
            asked = await wallet.query(call.key, payout.amount_fen)
            if not _over(asked):
                return await self.keep(call, asked, queried=True)
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, call.key, with_for_update=True)
            if payout.status == PayoutStatus.FAILED:
                payout.status, payout.settled_at = PayoutStatus.CANCELLED, call.now
                await budgets.release(session, payout.case, payout.offer, call.now)
            return await self.answer(session, payout)

    @activity.defn
    async def settle_payout(self, decision: PayoutDecision) -> PayoutAnswer:
        """A person's word about an unknown transfer. The wallet is asked once more, and what it says beats the word."""
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, decision.key)
            if payout.status in OVER:
                return await self.answer(session, payout)
            wallet, amount = self.wallets.asked(payout.form), payout.amount_fen
        asked = await wallet.query(decision.key, amount)
        if not isinstance(asked, Unknown):
            return await self.keep(decision, asked, queried=True)
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, decision.key, with_for_update=True)
            if payout.status in (PayoutStatus.SENDING, PayoutStatus.UNKNOWN):
                word = decision.word
                payout.decided_by, payout.decision = word.by, UUID(word.why)
                if word.paid:
                    await settle(session, payout, decision.now, word.reference, decision.now)
                else:
                    _fail(payout, Failed(payout.key, A_PERSON_SAID_NO, "stop_and_alarm", closed=True), decision.now)
            return await self.answer(session, payout)

    @activity.defn
    async def whom_to_tell(self, key: str) -> str:
        """The workflow id of the current run of the payout's case."""
        async with self._sessions.begin() as session:
            return await current_run(session, await session.get_one(Payout, key))

    async def keep(self, call: PayoutCall, outcome: MoneyOutcome, *, queried: bool) -> PayoutAnswer:
        """Carry what the other side said into the row; a row that is settled stays as it is."""
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, call.key, with_for_update=True)
            if payout.status in OVER:
                return await self.answer(session, payout)
            payout.queries += int(queried)
            send_again = False
            match outcome:
                case Paid():
                    await settle(session, payout, outcome.paid_at or call.now, outcome.order_id, call.now)
                case Failed():
                    _fail(payout, outcome, call.now)
                case Unknown():
                    payout.status, payout.code, payout.remedy = PayoutStatus.UNKNOWN, outcome.code, None
                    payout.ticket = outcome.ticket or payout.ticket
                    payout.alarm = payout.alarm or outcome.alarm
                    again = outcome.not_found and not payout.alarm and _same_twice_is_once(payout)
                    send_again = again and not await frozen(session, payout)
            answer = await self.answer(session, payout)
            return answer.model_copy(update={"send_again": send_again})

    async def answer(self, session: AsyncSession, payout: Payout) -> PayoutAnswer:
        """Where the payout stands, and what is due next."""
        policy, _ = await self._policies.compensation(session, payout.shop)
        since = payout.sent_at or payout.made_at
        unknown = payout.status in (PayoutStatus.UNKNOWN, PayoutStatus.SENDING)
        return PayoutAnswer(
            status=PayoutStatus(payout.status),
            code=payout.code,
            remedy=payout.remedy,
            closed=payout.closed,
            ask_at=next_query_at(since, payout.queries, policy.payout) if unknown else None,
            human_at=human_due_at(since, policy.payout) if unknown else None,
            alarm=payout.alarm and unknown,
            sends=payout.sends,
            queries=payout.queries,
            sent_at=payout.sent_at,
            workflow=await current_run(session, payout),
        )


def _fail(payout: Payout, failed: Failed, now: datetime) -> None:
    payout.status, payout.code, payout.settled_at = PayoutStatus.FAILED, failed.code, now
    payout.remedy, payout.closed, payout.said = failed.remedy, failed.closed, failed.said or None


def _same_twice_is_once(payout: Payout) -> bool:
    """Whether the other side takes the same bytes under the same number as one. A coupon has no number of ours."""
    return payout.coupon_kind is None


def _over(asked: MoneyOutcome) -> bool:
    """Whether the wallet has no transfer under the number that moved or may still move money."""
    return isinstance(asked, Failed) or (isinstance(asked, Unknown) and asked.not_found)


async def _sent(wallet: Wallet, transfer: PreparedTransfer) -> MoneyOutcome:
    """A refusal that may lead to another number counts only once the wallet, asked for this one, knows of no transfer:
    an earlier send of the same bytes may have arrived."""
    try:
        outcome = await wallet.send(transfer)
    except TamperedTransfer:
        return Unknown(transfer.number, OUR_BYTES_CHANGED, alarm=True)
    if isinstance(outcome, Failed) and outcome.remedy != "fix_and_retry":
        asked = await wallet.query(transfer.number, transfer.amount_fen)
        return outcome if _over(asked) else asked
    return outcome
