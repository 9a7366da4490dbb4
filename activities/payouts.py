"""Payouts: the gate, the row that is the truth about the money, the wallet, and the ledger."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.offers import give_back
from activities.policies import Policies
from activities.requests import PayoutRequest
from db.sessions import Sessions
from db.tables.buyers import Payee as PayeeRow
from db.tables.cases import CaseFile, CaseKey
from db.tables.money import Budget, LedgerEntry, Payout, Reservation
from db.tables.office import GateAcknowledgement, Shop
from domain.fulfilment import Fulfilment, account_of, fulfilled_by
from domain.gate import Acknowledgement, GateFacts, GateMode, GateShut, gate_decision, may
from domain.offers import OfferForm
from domain.payouts import PayoutStatus, human_due_at, money_key, next_query_at
from domain.people import Role
from domain.policies.compensation import CompensationPolicy
from domain.review_case.facts import PayoutOpened
from gateways.alipay import AlipayClient
from gateways.alipay_transfer import BadTransfer, IdentityType, PreparedTransfer, TamperedTransfer, Transfer, prepare
from gateways.alipay_transfer import Payee as WirePayee
from gateways.money import Failed, MoneyOutcome, Paid, Unknown

DEAD = (PayoutStatus.FAILED, PayoutStatus.CANCELLED)
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
    async def open_payout(self, request: PayoutRequest) -> PayoutOpened:
        """Ask the gate; where it opens, write the payout's row under its permanent key. Repeating it answers the same
        row; an offer that is paid or under way gets no second one."""
        async with self._sessions.begin() as session:
            policy, version = await self._policies.compensation(session, request.shop)
            live = await _live_payout(session, request)
            if live is not None:
                return _opened(live, policy, version)
            missing, why = await _gate(session, request, policy)
            reserved = await reservation_of(session, request.case, request.offer)
            if reserved is None or reserved.status != "reserved" or reserved.amount_fen != request.amount_fen:
                missing = [*missing, "reservation"]
            if missing:
                return PayoutOpened(missing=missing)
            key = money_key(request.installation, request.shop_serial, request.case_serial, request.attempt)
            payout = Payout(
                key=key,
                case=request.case,
                shop=request.shop,
                offer=request.offer,
                attempt=request.attempt,
                amount_fen=request.amount_fen,
                form=request.form,
                payee=UUID(request.payee) if request.payee else None,
                status=PayoutStatus.APPROVED,
                gate=why,
                give_roles=_givers(OfferForm(request.form), policy),
                made_at=request.now,
            )
            session.add(payout)
            return _opened(payout, policy, version)

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
                    prepared = prepare(await _transfer(session, payout))
                except BadTransfer as bad:
                    return await self._refused_by_us(session, payout, bad, call.now)
                payout.wire, payout.wire_digest = prepared.biz_content.decode(), bytes.fromhex(prepared.digest)
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
                reserved = await reservation_of(session, payout.case, payout.offer)
                if reserved is not None:
                    await give_back(session, reserved, call.now)
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


async def _gate(session: AsyncSession, request: PayoutRequest, policy: CompensationPolicy) -> tuple[list[str], str]:
    """What is missing, or why the gate is open."""
    shop = await session.get_one(Shop, request.shop)
    mode = GateMode(shop.gate_mode)
    facts = GateFacts(
        cause_confirmed=request.cause_confirmed,
        buyer_accepted=request.accepted,
        within_policy=request.within_policy,
        approved=request.approved,
        amendment_verified=request.amendment_verified,
        malicious_block=request.malicious_block,
    )
    permission = may(shop.platform, shop.jurisdiction, mode, policy)
    decided = gate_decision(mode, permission, await _acknowledged(session, shop.code), facts, request.now)
    return (list(decided.missing), "") if isinstance(decided, GateShut) else ([], decided.why)


def _givers(form: OfferForm, policy: CompensationPolicy) -> list[str] | None:
    by_hand = fulfilled_by(form) is Fulfilment.BY_HAND
    return [str(role) for role in policy.given_by(form).roles] if by_hand else None


def _opened(payout: Payout, policy: CompensationPolicy, version: str) -> PayoutOpened:
    return PayoutOpened(
        key=payout.key,
        amount_fen=payout.amount_fen,
        gate=payout.gate,
        give_roles=[Role(role) for role in payout.give_roles or ()],
        second_person=policy.given_by(OfferForm(payout.form)).second_person,
        policy=version,
    )


async def _live_payout(session: AsyncSession, request: PayoutRequest) -> Payout | None:
    live = select(Payout).where(
        Payout.case == request.case, Payout.offer == request.offer, Payout.status.not_in([str(dead) for dead in DEAD])
    )
    return await session.scalar(live)


async def reservation_of(session: AsyncSession, case: str, offer: int) -> Reservation | None:
    found = select(Reservation).where(Reservation.case == case, Reservation.offer == offer).with_for_update()
    return await session.scalar(found)


async def _acknowledged(session: AsyncSession, shop: str) -> Acknowledgement | None:
    newest = (
        select(GateAcknowledgement)
        .where(GateAcknowledgement.shop == shop)
        .order_by(GateAcknowledgement.at.desc())
        .limit(1)
    )
    row = await session.scalar(newest)
    return Acknowledgement(row.text_version, row.expires_at) if row else None


async def _transfer(session: AsyncSession, payout: Payout) -> Transfer:
    payee = await session.get(PayeeRow, payout.payee) if payout.payee else None
    if payee is None or payee.account is None:
        raise BadTransfer("the payee was erased; ask the buyer for an account")
    return Transfer(
        out_biz_no=payout.key,
        amount_fen=payout.amount_fen,
        payee=WirePayee(payee.account, IdentityType(payee.kind), payee.name),
    )


async def settle(
    session: AsyncSession, payout: Payout, paid_at: datetime, reference: str | None, now: datetime
) -> None:
    """It arrived, by whatever way: the reservation is spent and the ledger gets its two lines, once."""
    payout.status, payout.code, payout.provider_order = PayoutStatus.PAID, None, reference
    payout.paid_at, payout.settled_at = paid_at, now
    reserved = await reservation_of(session, payout.case, payout.offer)
    if reserved is not None and reserved.status == "reserved":
        reserved.status, reserved.settled_at = "spent", now
        month = update(Budget).where(Budget.shop == reserved.shop, Budget.month == reserved.month)
        moved = {
            "reserved_fen": Budget.reserved_fen - payout.amount_fen,
            "spent_fen": Budget.spent_fen + payout.amount_fen,
        }
        await session.execute(month.values(**moved))
    lines = [
        (f"compensation:{payout.shop}", payout.amount_fen),
        (account_of(OfferForm(payout.form)), -payout.amount_fen),
    ]
    rows: list[dict[str, Any]] = [
        {"posting": payout.key, "account": account, "amount_fen": fen, "case": payout.case, "at": now}
        for account, fen in lines
    ]
    await session.execute(insert(LedgerEntry).on_conflict_do_nothing(), rows)


async def current_run(session: AsyncSession, payout: Payout) -> str:
    current = (
        select(CaseFile.workflow).join(CaseKey, CaseKey.case == CaseFile.number).where(CaseFile.number == payout.case)
    )
    return await session.scalar(current) or ""
