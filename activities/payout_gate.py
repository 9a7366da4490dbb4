"""The payout gate: asked once more before money moves; where it opens, the payout gets its row and permanent key."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.policies import Policies
from activities.requests import PayoutRequest
from db import budgets
from db.sessions import Sessions
from db.tables.money import Payout
from db.tables.office import GateAcknowledgement, Shop
from domain.gate import Acknowledgement, GateFacts, GateMode, GateShut, gate_decision, may
from domain.payouts import PayoutStatus, money_key
from domain.review_case.facts import PayoutOpened

DEAD = (PayoutStatus.FAILED, PayoutStatus.CANCELLED)


class PayoutGate:
    def __init__(self, sessions: Sessions, policies: Policies) -> None:
        self._sessions = sessions
        self._policies = policies

    @activity.defn
    async def open_payout(self, request: PayoutRequest) -> PayoutOpened:
        """Ask the gate; where it opens, write the payout's row under its permanent key. Repeating it answers the same
        row; an offer that is paid or under way gets no second one."""
        async with self._sessions.begin() as session:
            live = await _live_payout(session, request)
            if live is not None:
                return PayoutOpened(key=live.key, amount_fen=live.amount_fen, gate=live.gate)
            missing, why = await self._gate(session, request)
            reserved = await budgets.reservation_of(session, request.case, request.offer, lock=True)
            if reserved is None or not reserved.live or reserved.amount_fen != request.amount_fen:
                missing = [*missing, "reservation"]
            if missing:
                return PayoutOpened(missing=missing)
            key = money_key(request.installation, request.shop_serial, request.case_serial, request.attempt)
            session.add(
                Payout(
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
                    made_at=request.now,
                )
            )
            return PayoutOpened(key=key, amount_fen=request.amount_fen, gate=why)

    async def _gate(self, session: AsyncSession, request: PayoutRequest) -> tuple[list[str], str]:
        policy, _ = await self._policies.compensation(session, request.shop)
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


async def _live_payout(session: AsyncSession, request: PayoutRequest) -> Payout | None:
    live = select(Payout).where(
        Payout.case == request.case, Payout.offer == request.offer, Payout.status.not_in([str(dead) for dead in DEAD])
    )
    return await session.scalar(live)


async def _acknowledged(session: AsyncSession, shop: str) -> Acknowledgement | None:
    newest = (
        select(GateAcknowledgement)
        .where(GateAcknowledgement.shop == shop)
        .order_by(GateAcknowledgement.at.desc())
        .limit(1)
    )
    row = await session.scalar(newest)
    return Acknowledgement(row.text_version, row.expires_at) if row else None
