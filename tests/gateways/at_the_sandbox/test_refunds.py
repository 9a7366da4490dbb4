"""Refund applications with the platform's own deadline."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateways.top import TopClient
from gateways.top_refunds import TopRefunds

type Tell = Callable[..., Awaitable[Any]]


@pytest.fixture
async def asked_for(order: Tell, tell: Tell) -> dict[str, Any]:
    """Chen wants 12.30 yuan back for a leaking cup."""
    placed = await order()
    refund: dict[str, Any] = await tell(
        f"/buyer/orders/{placed['tid']}/refund", amount="12.30", reason="商品破损", explanation="杯盖漏水"
    )
    return refund


async def test_an_application_carries_amount_version_and_deadline(
    top: TopClient, asked_for: dict[str, Any], business_now: datetime
) -> None:
    refund = await TopRefunds(top).refund(asked_for["refund_id_text"])
    assert (refund.status, refund.refund_fen, refund.reason) == ("WAIT_SELLER_AGREE", 1230, "商品破损")
    assert refund.version is not None
    assert refund.deadline is not None
    assert timedelta(days=4) < refund.deadline - business_now <= timedelta(days=5, minutes=1)


async def test_an_application_is_listed_by_its_change(
    top: TopClient, asked_for: dict[str, Any], business_now: datetime
) -> None:
    hour = timedelta(hours=1)
    page = await TopRefunds(top).refunds_page(business_now - hour, business_now + hour, 1)
    assert ([refund.refund_id for refund in page.refunds], page.total) == ([asked_for["refund_id_text"]], 1)


async def test_a_shop_without_refunds_lists_none(top: TopClient, business_now: datetime) -> None:
    page = await TopRefunds(top).refunds_page(business_now - timedelta(hours=1), business_now, 1)
    assert (page.refunds, page.total) == ((), 0)
