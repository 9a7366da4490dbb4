"""A coupon has no key at the marketplace, so what may have been sent is looked for and never sent again."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.coupons import CouponActivities, CouponQueries
from activities.marketplace_clients import Marketplaces
from activities.payouts import PayoutActivities, PayoutAnswer, PayoutCall
from activities.policies import Policies
from activities.wallets import Wallets
from db import budgets
from db.tables.coupons import CouponKind
from db.tables.money import Payout
from domain.offers import OfferForm
from domain.payouts import PayoutStatus
from tests.activities.conftest import WayIn

NOW = datetime.now(UTC)


@dataclass
class Given:
    """Coupons of five yuan for Chen, each payout of a case of its own."""

    way_in: WayIn
    coupons: CouponActivities
    payouts: PayoutActivities
    market: Marketplaces

    async def payout(self, **columns: Any) -> str:
        """Approved and reserved; its key."""
        house = self.way_in.house
        opening = await house.opening(await house.review(buyer_nick="chen"))
        case = await self.way_in.open_case(opening)
        key = uuid4().hex
        async with house.parts.sessions.begin() as session:
            policy, version = await Policies().compensation(session, house.shop)
            claim = budgets.Claim(
                case=case, offer=1, shop=house.shop, review=UUID(opening.review_row), form=OfferForm.COUPON_DIRECT,
                amount_fen=500, maker=house.people["alice"], at=NOW,
            )  # fmt: skip
            await budgets.reserve(session, claim, policy, version)
            row: dict[str, Any] = {
                "key": key, "case": case, "shop": house.shop, "offer": 1, "attempt": 1, "amount_fen": 500,
                "form": OfferForm.COUPON_DIRECT, "status": PayoutStatus.APPROVED, "gate": "x", "made_at": NOW,
            }  # fmt: skip
            session.add(Payout(**row | columns))
        return key

    async def send(self, key: str) -> PayoutAnswer:
        return await ActivityEnvironment().run(self.coupons.send_coupon, PayoutCall(key=key, now=NOW))

    async def query(self, key: str) -> PayoutAnswer:
        return await ActivityEnvironment().run(self.payouts.query_payout, PayoutCall(key=key, now=NOW))

    async def as_if_sent(self, key: str, *, had: list[str] | None = None) -> None:
        """A worker died after it wrote the row; whether the call went out nobody knows."""
        kind = await self.kind()
        wire = json.dumps({"buyer_nick": "chen", "coupon_id": kind.coupon_id})
        known = {"status": PayoutStatus.SENDING, "coupon_kind": kind.id, "coupons_before": had or [], "wire": wire}
        async with self.way_in.house.parts.sessions.begin() as session:
            await session.execute(update(Payout).where(Payout.key == key).values(**known, sent_at=NOW))

    async def kind(self) -> CouponKind:
        async with self.way_in.house.parts.sessions() as session:
            return (await session.scalars(select(CouponKind))).one()

    async def by_hand(self) -> None:
        """Somebody gives one at the marketplace's own console."""
        market = await self.market.of(self.way_in.house.shop)
        await market.coupons.give((await self.kind()).coupon_id or 0, "chen")

    async def numbers(self) -> list[str]:
        house = self.way_in.house
        found = await house.sandbox.get("/control/coupons", buyer_nick="chen")
        return [one["coupon_number"] for one in found if one["shop"] == house.seller]


@pytest.fixture
def given(way_in: WayIn) -> Given:
    parts = way_in.house.parts
    market, policies = Marketplaces(parts.settings, parts.sessions, parts.http), Policies()
    wallets = Wallets.of_settings(parts.settings, parts.http, policies, CouponQueries(parts.sessions, market))
    payouts = PayoutActivities(parts.sessions, policies, wallets)
    return Given(way_in, CouponActivities(parts.sessions, policies, market, payouts), payouts, market)


@pytest.mark.covers(200)
async def test_an_activity_that_is_repeated_gives_nothing_twice(given: Given) -> None:
    key = await given.payout()
    assert [(await given.send(key)).status for _ in range(3)] == [PayoutStatus.PAID] * 3
    assert len(await given.numbers()) == 1


@pytest.mark.covers(200)
async def test_what_a_dead_worker_may_have_sent_is_asked_about_and_not_sent(given: Given) -> None:
    await given.send(await given.payout())
    before = await given.numbers()
    key = await given.payout()
    await given.as_if_sent(key, had=before)
    assert [(await given.send(key)).status for _ in range(2)] == [PayoutStatus.UNKNOWN] * 2
    assert await given.numbers() == before
    await given.by_hand()
    assert (await given.query(key)).status is PayoutStatus.PAID


async def test_a_buyer_gets_one_coupon_of_a_kind_at_a_time(given: Given) -> None:
    await given.send(await given.payout())
    first, second = await given.payout(), await given.payout()
    await given.as_if_sent(first, had=await given.numbers())
    with pytest.raises(ApplicationError) as busy:
        await given.send(second)
    assert busy.value.type == "CouponBusy"
    await given.by_hand()
    assert (await given.query(first)).status is PayoutStatus.PAID
    assert (await given.send(second)).status is PayoutStatus.PAID
    assert len(await given.numbers()) == 3


async def test_a_coupon_that_another_payout_has_given_is_not_counted_twice(given: Given) -> None:
    paid, lost = await given.payout(), await given.payout()
    await given.send(paid)
    await given.as_if_sent(lost)
    assert (await given.query(lost)).status is PayoutStatus.UNKNOWN


async def test_more_new_coupons_than_one_are_a_persons_to_look_at(given: Given) -> None:
    await given.send(await given.payout())
    key = await given.payout()
    await given.as_if_sent(key, had=await given.numbers())
    await given.by_hand()
    await given.by_hand()
    asked = await given.query(key)
    assert (asked.status, asked.code, asked.alarm) == (PayoutStatus.UNKNOWN, "COUPONS_TOO_MANY", True)
