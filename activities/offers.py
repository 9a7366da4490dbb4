"""Offers: the range, the budget under its lock, and giving back what an offer had set aside."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.policies import Policies
from activities.refusals import refusing
from activities.requests import OfferRequest, ReleaseRequest
from db.buyers import aliases_of, person_of
from db.sessions import Sessions
from db.tables.buyers import Review
from db.tables.money import Budget, Payout, Reservation
from db.tables.office import Shop
from domain.approvals import needed_approval
from domain.errors import Refusal
from domain.fulfilment import NOT_FULFILLED_YET
from domain.offers import BudgetSpent, check_budget, check_offer, offer_range
from domain.people import Role
from domain.platforms import Grade
from domain.policies.compensation import CompensationPolicy
from domain.review_case.facts import Prepared, StepRequest

BUYERS_PERIOD = timedelta(days=90)
LIVE = ("reserved", "spent")


class OrderUnknown(Refusal):
    """What the buyer paid is not known, so no offer can be kept below it."""

    code = "OrderUnknown"


class FormNotPayable(Refusal):
    """The shop may give this form, but this version has no way to fulfil it."""

    code = "FormNotPayable"


class OfferActivities:
    def __init__(self, sessions: Sessions, policies: Policies) -> None:
        self._sessions = sessions
        self._policies = policies

    @activity.defn
    async def reserve(self, request: OfferRequest) -> Prepared:
        """Check an offer against range, order and budget, and set its money aside. Repeating it sets nothing aside
        twice. Raises the OfferRefused that applies (non-retryable)."""
        with refusing():
            async with self._sessions.begin() as session:
                policy, version = await self._policies.compensation(session, request.step.shop)
                bounds = _bounds(request, policy)
                await self._set_aside(session, request, policy)
                need = needed_approval(request.offer.form, request.offer.amount_fen, request.step.actor.roles, policy)
                now = request.step.now
                return Prepared(
                    policy=version,
                    need_roles=list(need.by) if need else [],
                    need_both=bool(need and need.both),
                    valid_until=now + timedelta(hours=policy.approvals.offer_hours),
                    approval_until=now + timedelta(hours=policy.approvals.approval_hours),
                    range_fen=bounds,
                )

    async def _set_aside(self, session: AsyncSession, request: OfferRequest, policy: CompensationPolicy) -> None:
        step, amount = request.step, request.offer.amount_fen
        shop = await session.get_one(Shop, step.shop)
        month = step.now.astimezone(ZoneInfo(shop.zone)).strftime("%Y-%m")
        budget = await _locked_budget(session, shop.code, month, policy.budget.cash_month_fen)
        known = await _reservation(session, step.case, request.number)
        if known is not None and known.status == "reserved":
            if known.amount_fen == amount:
                return
            budget.reserved_fen -= known.amount_fen  # a step that failed after its reservation, tried anew
            await session.delete(known)
            await session.flush()
        review = await session.get_one(Review, UUID(request.review_row))
        person = await person_of(session, review.buyer) if review.buyer else None
        spent = await _spent(session, budget, step, person, ZoneInfo(shop.zone))
        check_budget(amount, request.offer.form, spent, policy)
        budget.reserved_fen += amount
        session.add(
            Reservation(
                case=step.case,
                offer=request.number,
                shop=shop.code,
                month=month,
                buyer_person=person,
                maker=step.actor.person,
                amount_fen=amount,
                status="reserved",
                at=step.now,
            )
        )

    @activity.defn
    async def validity(self, request: StepRequest) -> Prepared:
        """How long the buyer may take to answer an offer that is approved now."""
        async with self._sessions.begin() as session:
            policy, version = await self._policies.compensation(session, request.shop)
            until = request.now + timedelta(hours=policy.approvals.offer_hours)
            return Prepared(policy=version, valid_until=until)

    @activity.defn
    async def release(self, request: ReleaseRequest) -> None:
        """Give money that was set aside back to the month it came from. What a payout may still use stays."""
        async with self._sessions.begin() as session:
            held = select(Reservation).where(Reservation.case == request.case, Reservation.status == "reserved")
            if request.offer is not None:
                held = held.where(Reservation.offer == request.offer)
            for reservation in await session.scalars(held.order_by(Reservation.id)):
                if await _in_use(session, reservation):
                    continue
                await give_back(session, reservation, request.now)


async def give_back(session: AsyncSession, reservation: Reservation, now: datetime) -> None:
    """Once: only a reservation that still is one moves any money."""
    mine = update(Reservation).where(Reservation.id == reservation.id, Reservation.status == "reserved")
    changed = await session.execute(mine.values(status="released", settled_at=now).returning(Reservation.id))
    if changed.one_or_none() is not None:
        budget = update(Budget).where(Budget.shop == reservation.shop, Budget.month == reservation.month)
        await session.execute(budget.values(reserved_fen=Budget.reserved_fen - reservation.amount_fen))


def _bounds(request: OfferRequest, policy: CompensationPolicy) -> tuple[int, int]:
    offer = request.offer
    if offer.form in NOT_FULFILLED_YET:
        ways = ", ".join(form for form in policy.forms if form not in NOT_FULFILLED_YET)
        raise FormNotPayable(f"{offer.form} cannot be fulfilled from here; choose one of {ways}.", form=str(offer.form))
    paid = request.order_paid_fen
    if paid is None:
        raise OrderUnknown("What the buyer paid is not known; enter the case with its order amount, then offer.")
    bounds = offer_range(Grade(request.grade), request.cause or "", request.severity, paid, policy, offer.form)
    supervisor = Role.SUPERVISOR in request.step.actor.roles
    check_offer(
        offer.amount_fen,
        offer.form,
        bounds,
        paid,
        policy,
        already_settled=request.settled_before,
        freeze_lifted=request.suspicion_decided,
        supervisor_decided=supervisor,
    )
    return bounds.min_fen, bounds.max_fen


async def _locked_budget(session: AsyncSession, shop: str, month: str, limit_fen: int) -> Budget:
    """The row of the month, made on first use; the policy's limit of today counts, but never below what is used."""
    row = insert(Budget).values(shop=shop, month=month, limit_fen=limit_fen, reserved_fen=0, spent_fen=0)
    await session.execute(row.on_conflict_do_nothing())
    wanted = select(Budget).where(Budget.shop == shop, Budget.month == month).with_for_update()
    budget = (await session.scalars(wanted)).one()
    budget.limit_fen = max(limit_fen, budget.reserved_fen + budget.spent_fen)
    return budget


async def _reservation(session: AsyncSession, case: str, offer: int) -> Reservation | None:
    return await session.scalar(select(Reservation).where(Reservation.case == case, Reservation.offer == offer))


async def _spent(
    session: AsyncSession, budget: Budget, step: StepRequest, person: UUID | None, zone: ZoneInfo
) -> BudgetSpent:
    local = step.now.astimezone(zone)
    today = local.replace(hour=0, minute=0, second=0, microsecond=0)
    live = select(func.coalesce(func.sum(Reservation.amount_fen), 0)).where(Reservation.status.in_(LIVE))
    by_maker = live.where(Reservation.maker == step.actor.person, Reservation.at >= today)
    to_buyer = 0
    if person is not None:
        people = await aliases_of(session, person)
        since = step.now - BUYERS_PERIOD
        to_buyer = await session.scalar(live.where(Reservation.buyer_person.in_(people), Reservation.at > since)) or 0
    return BudgetSpent(
        cash_month_fen=budget.reserved_fen + budget.spent_fen,
        cash_agent_day_fen=int(await session.scalar(by_maker) or 0),
        cash_buyer_90_days_fen=int(to_buyer),
    )


async def _in_use(session: AsyncSession, reservation: Reservation) -> bool:
    """Whether a payout of this offer may still move money."""
    live = select(Payout.key).where(
        Payout.case == reservation.case,
        Payout.offer == reservation.offer,
        Payout.status.not_in(["failed", "cancelled", "paid"]),
    )
    return await session.scalar(live.limit(1)) is not None
