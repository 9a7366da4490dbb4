"""Making, giving and finding coupons."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateways.failures import Rejected, Transient
from gateways.top import TopClient
from gateways.top_coupons import CouponTerms, TopCoupons

type Tell = Callable[..., Awaitable[Any]]


@pytest.fixture
def terms(business_now: datetime) -> CouponTerms:
    return CouponTerms(500, 5_000, business_now.replace(microsecond=0) + timedelta(days=40))


@pytest.fixture
async def member(order: Tell) -> str:
    """A buyer who has finished an order in the shop."""
    return str((await order(finish=True))["buyer_nick"])


@pytest.mark.covers(66)
async def test_a_coupon_is_given_and_found_again(top: TopClient, terms: CouponTerms, member: str) -> None:
    coupons = TopCoupons(top)
    kind = await coupons.make(terms)
    assert await coupons.held_by(kind, member, terms.ends_at) == frozenset()
    given = await coupons.give(kind, member)
    assert await coupons.held_by(kind, member, terms.ends_at) == {given.number}


async def test_a_buyer_who_is_no_member_is_read_from_the_failure_list(top: TopClient, terms: CouponTerms) -> None:
    coupons = TopCoupons(top)
    given = await coupons.give(await coupons.make(terms), "somebody-else")
    assert (given.number, given.refused) == (None, "该用户不存在")


async def test_a_kind_is_found_by_all_of_its_terms(top: TopClient, terms: CouponTerms) -> None:
    coupons = TopCoupons(top)
    kind = await coupons.make(terms)
    assert await coupons.find(terms) == kind
    assert await coupons.find(CouponTerms(500, 0, terms.ends_at)) is None
    assert await coupons.find(CouponTerms(500, 5_000, terms.ends_at + timedelta(seconds=1))) is None


async def test_many_coupons_of_one_buyer_are_read_page_by_page(top: TopClient, terms: CouponTerms, member: str) -> None:
    coupons = TopCoupons(top)
    kind = await coupons.make(terms)
    numbers = {(await coupons.give(kind, member)).number for _ in range(103)}
    assert await coupons.held_by(kind, member, terms.ends_at) == numbers


async def test_a_value_that_no_coupon_has_is_refused(top: TopClient, terms: CouponTerms) -> None:
    with pytest.raises(Rejected):
        await TopCoupons(top).make(CouponTerms(400, 0, terms.ends_at))


async def test_a_lost_answer_says_that_the_coupon_may_have_been_given(
    top: TopClient, terms: CouponTerms, member: str, fault: Tell
) -> None:
    coupons = TopCoupons(top)
    kind = await coupons.make(terms)
    await fault("taobao.promotion.coupon.send", "timeout_after")
    with pytest.raises(Transient) as lost:
        await coupons.give(kind, member)
    assert lost.value.maybe_done
    assert len(await coupons.held_by(kind, member, terms.ends_at)) == 1
