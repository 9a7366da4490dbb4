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
from domain.fulfilment import Fulfilment, fulfilled_by
from domain.gate import Acknowledgement, GateFacts, GateMode, GateShut, gate_decision, may
from domain.offers import OfferForm
from domain.payouts import PayoutStatus, money_key
from domain.people import Role
from domain.policies.compensation import CompensationPolicy
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
            policy, version = await self._policies.compensation(session, request.shop)
            live = await _live_payout(session, request)
            if live is not None:
                return _opened(live, policy, version)
            missing, why = await _gate(session, request, policy)
            reserved = await budgets.reservation_of(session, request.case, request.offer, lock=True)
            if reserved is None or not reserved.live or reserved.amount_fen != request.amount_fen:
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


async def _acknowledged(session: AsyncSession, shop: str) -> Acknowledgement | None:
    newest = (
        select(GateAcknowledgement)
        .where(GateAcknowledgement.shop == shop)
        .order_by(GateAcknowledgement.at.desc())
        .limit(1)
    )
    row = await session.scalar(newest)
    return Acknowledgement(row.text_version, row.expires_at) if row else None
