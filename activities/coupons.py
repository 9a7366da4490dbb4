"""Coupons through the marketplace's api, one for each payout.

The marketplace takes no number of ours with a coupon, so a repeat would give another one. What can't be known is asked
about and never sent again; what asking does not solve, a person looks up.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.gateway_errors import application_error
from activities.marketplace_clients import Marketplace, Marketplaces
from activities.payouts import OVER, PayoutActivities, PayoutAnswer, PayoutCall
from activities.policies import Policies
from db import coupons
from db.sessions import Sessions
from db.tables.coupons import CouponKind
from db.tables.money import Payout
from domain.coupons import kind_terms
from domain.offers import OfferForm
from domain.payouts import PayoutStatus
from gateways.failures import AuthRevoked, GatewayFailure, Rejected
from gateways.money import Failed, MoneyOutcome, Paid, Unknown
from gateways.top_coupons import CouponTerms, Given

BUYER_MASKED = "BUYER_MASKED"
REFUSED = "COUPON_REFUSED"
NOT_SAID = "COUPON_NOT_SAID"
NOT_SEEN = "COUPON_NOT_SEEN"
TOO_MANY = "COUPONS_TOO_MANY"
NEVER_SENT = "COUPON_NEVER_SENT"
BUSY_FOR = timedelta(seconds=30)


class NotGiven(Exception):
    """The coupon can't be given as things are, and certainly was not."""

    def __init__(self, outcome: Failed) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


@dataclass(frozen=True)
class Ready:
    """A coupon about to be given: its kind, to whom, and which numbers of the kind they had before."""

    market: Marketplace
    kind: UUID
    coupon_id: int
    nick: str
    had: frozenset[str]


class CouponQueries:
    """Whether a payout's coupon has arrived."""

    def __init__(self, sessions: Sessions, marketplaces: Marketplaces) -> None:
        self._sessions = sessions
        self._marketplaces = marketplaces

    async def query(self, number: str, amount_fen: int) -> MoneyOutcome:
        """A coupon of its kind that the buyer did not have before and that no other payout has given is this one's.
        None to be seen is no proof right after a broken call, but it is after a refusal."""
        async with self._sessions() as session:
            payout = await session.get_one(Payout, number)
            if payout.coupon_kind is None or payout.wire is None:
                return Unknown(number, NEVER_SENT, not_found=True)
            kind = await session.get_one(CouponKind, payout.coupon_kind)
            nick, had = _nick_in(payout.wire), frozenset(payout.coupons_before or ())
        market = await self._marketplaces.of(payout.shop)
        await market.pace.turn()
        try:
            held = await market.coupons.held_by(kind.coupon_id or 0, nick, kind.ends_at)
        except GatewayFailure as failure:
            return Unknown(number, failure.code)
        async with self._sessions() as session:
            new = held - had - await coupons.counted(session, kind.id, number)
        if len(new) > 1:
            return Unknown(number, TOO_MANY, alarm=True)
        return Paid(number, min(new), amount_fen, None) if new else Unknown(number, NOT_SEEN, not_found=True)


class CouponActivities:
    def __init__(
        self, sessions: Sessions, policies: Policies, marketplaces: Marketplaces, payouts: PayoutActivities
    ) -> None:
        self._sessions = sessions
        self._policies = policies
        self._marketplaces = marketplaces
        self._payouts = payouts

    @activity.defn
    async def send_coupon(self, call: PayoutCall) -> PayoutAnswer:
        """Give the buyer one coupon. A row that is settled is answered; one of which nobody knows whether it was given
        is asked about instead. What certainly did nothing is tried again by the engine."""
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, call.key)
            if payout.status in OVER:
                return await self._payouts.answer(session, payout)
        if payout.status in coupons.MAYBE:
            return await self._payouts.query_payout(call)
        try:
            ready = await self._ready(payout, call)
            if not await self._begun(call, ready):
                return await self._payouts.query_payout(call)
        except NotGiven as why:
            return await self._payouts.keep(call, why.outcome, queried=False)
        return await self._payouts.keep(call, await self._given(call, ready, payout.amount_fen), queried=False)

    async def _ready(self, payout: Payout, call: PayoutCall) -> Ready:
        """Raises NotGiven, and ApplicationError where the marketplace is ill: nothing was sent yet."""
        market = await self._marketplaces.of(payout.shop)
        with _before_anything(call.key):
            async with self._sessions.begin() as session:
                buyer = await coupons.buyer_of(session, payout.case)
                if buyer is None or not buyer.nick or "*" in buyer.nick:
                    raise NotGiven(Failed(call.key, BUYER_MASKED, "stop_and_alarm"))
                kind, terms = await self._kind(session, market, payout, call.now)
            await market.pace.turn()
            had = await market.coupons.held_by(kind.coupon_id or 0, buyer.nick, terms.ends_at)
        return Ready(market, kind.id, kind.coupon_id or 0, buyer.nick, had)

    async def _kind(
        self, session: AsyncSession, market: Marketplace, payout: Payout, now: datetime
    ) -> tuple[CouponKind, CouponTerms]:
        """The row is locked meanwhile, so that two payouts never make two kinds; one that was made and whose answer got
        lost is found again."""
        policy, _ = await self._policies.compensation(session, payout.shop)
        wanted = kind_terms(OfferForm(payout.form), payout.amount_fen, now, policy.coupons)
        terms = CouponTerms(wanted.face_fen, wanted.condition_fen, wanted.ends_at)
        kind = await coupons.kind_of(session, payout.shop, wanted, now)
        if kind.coupon_id is None:
            kind.coupon_id = await market.coupons.find(terms) or await market.coupons.make(terms)
        return kind, terms

    async def _begun(self, call: PayoutCall, ready: Ready) -> bool:
        """Commit `sending` and what goes out before it does, so that a crash leaves a row that says "maybe". False
        where another worker was faster."""
        async with self._sessions.begin() as session:
            await session.get_one(CouponKind, ready.kind, with_for_update=True)
            payout = await session.get_one(Payout, call.key, with_for_update=True, populate_existing=True)
            if payout.status in coupons.MAYBE or payout.status in OVER:
                return False
            # By the nick, as the marketplace knows a buyer: two who are under way to the same one can't be told apart.
            if ready.nick in [_nick_in(wire) for wire in await coupons.under_way(session, ready.kind, call.key)]:
                raise _busy()
            wire = json.dumps({"buyer_nick": ready.nick, "coupon_id": ready.coupon_id}, ensure_ascii=False)
            payout.wire, payout.wire_digest = wire, hashlib.sha256(wire.encode()).digest()
            payout.coupon_kind, payout.coupons_before = ready.kind, sorted(ready.had)
            payout.status, payout.remedy, payout.said = PayoutStatus.SENDING, None, None
            payout.sends += 1
            payout.sent_at = call.now
            return True

    async def _given(self, call: PayoutCall, ready: Ready, amount_fen: int) -> MoneyOutcome:
        await ready.market.pace.turn()
        try:
            given = await ready.market.coupons.give(ready.coupon_id, ready.nick)
        except GatewayFailure as failure:
            if failure.maybe_done:
                return Unknown(call.key, failure.code)
            if isinstance(failure, Rejected | AuthRevoked):
                return _refusal(call.key, failure)
            await self._put_back(call)
            raise application_error(failure, datetime.now(UTC)) from failure
        return _outcome(call.key, amount_fen, given)

    async def _put_back(self, call: PayoutCall) -> None:
        """The marketplace did certainly nothing: the row is as before, and may be sent."""
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, call.key, with_for_update=True)
            if payout.status == PayoutStatus.SENDING:
                payout.status = PayoutStatus.APPROVED


def _nick_in(wire: str) -> str:
    return str(json.loads(wire)["buyer_nick"])


def _outcome(key: str, amount_fen: int, given: Given) -> MoneyOutcome:
    if given.number is not None:
        return Paid(key, given.number, amount_fen, None)
    if given.refused is not None:
        return Failed(key, REFUSED, "stop_and_alarm", said=given.refused)
    return Unknown(key, NOT_SAID)


def _refusal(key: str, failure: GatewayFailure) -> Failed:
    remedy: Any = "fix_and_retry" if isinstance(failure, AuthRevoked) else "stop_and_alarm"
    return Failed(key, failure.sub_code or failure.code, remedy, said=failure.party_text)


@contextmanager
def _before_anything(key: str) -> Iterator[None]:
    """What fails before the coupon is sent: a refusal is for a person, anything else the engine tries again."""
    try:
        yield
    except (Rejected, AuthRevoked) as failure:
        raise NotGiven(_refusal(key, failure)) from failure
    except GatewayFailure as failure:
        raise application_error(failure, datetime.now(UTC)) from failure


def _busy() -> ApplicationError:
    return ApplicationError(
        "this buyer may just be getting a coupon of this kind; it waits until that is known",
        type="CouponBusy",
        next_retry_delay=BUSY_FOR,
        category=ApplicationErrorCategory.BENIGN,
    )
