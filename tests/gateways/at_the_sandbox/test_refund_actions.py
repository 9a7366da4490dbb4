"""Agreeing, paying back and refusing, under the version that was seen."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain.outgoing import Cleared
from gateways.failures import Rejected
from gateways.top import TopClient
from gateways.top_refund_actions import Applied, CodeWanted, ReturnTo, TopRefundActions
from gateways.top_refunds import MarketplaceRefund, TopRefunds

type Tell = Callable[..., Awaitable[Any]]
BACK = ReturnTo(7, "王仓管", "13900139000", "浙江省杭州市仓库路1号")


@pytest.fixture
def ask(order: Tell, tell: Tell, top: TopClient) -> Callable[..., Awaitable[MarketplaceRefund]]:
    """Chen asks for something back; the application as it is read."""

    async def asked(price: str = "39.90", **body: Any) -> MarketplaceRefund:
        placed = await order(items=[{"title": "保温杯", "price": price, "num": 1}])
        wanted = {"amount": price, "reason": "商品质量问题"} | body
        refund = await tell(f"/buyer/orders/{placed['tid']}/refund", **wanted)
        return await TopRefunds(top).refund(refund["refund_id_text"])

    return asked


def applied(refund: MarketplaceRefund) -> Applied:
    assert refund.version is not None
    return Applied(refund.refund_id, refund.refund_fen, refund.version, refund.phase)


async def status(top: TopClient, refund: MarketplaceRefund) -> str:
    return (await TopRefunds(top).refund(refund.refund_id)).status


@pytest.mark.covers(96)
async def test_an_agreed_return_shows_the_buyer_the_address(top: TopClient, ask: Tell, read: Tell) -> None:
    refund = await ask(with_return=True)
    await TopRefundActions(top).agree_return(applied(refund), BACK, freight_by_buyer=False, remark="寄回")
    assert await status(top, refund) == "WAIT_BUYER_RETURN_GOODS"
    shown = await read("/buyer/refunds", buyer=refund.buyer_nick)
    assert shown[0]["address"] == BACK.address


async def test_a_batch_is_paid_back_one_by_one(top: TopClient, ask: Tell, tell: Tell) -> None:
    good, moved = await ask(), await ask()
    await tell(f"/buyer/refunds/{moved.refund_id}/modify", amount="1.00", reason="商品质量问题")
    paid = await TopRefundActions(top).pay_back([applied(good), applied(moved)])
    assert [(one.refund_id, one.done) for one in paid] == [(good.refund_id, True), (moved.refund_id, False)]
    assert [await status(top, one) for one in (good, moved)] == ["SUCCESS", "WAIT_SELLER_AGREE"]


async def test_a_large_sum_wants_the_code_that_went_to_the_sellers_phone(top: TopClient, ask: Tell) -> None:
    refund = await ask(price="2500.00")
    with pytest.raises(CodeWanted):
        await TopRefundActions(top).pay_back([applied(refund)])
    assert (await TopRefundActions(top).pay_back([applied(refund)], code="482913"))[0].done


async def test_more_than_the_platforms_limit_at_once_is_refused(top: TopClient, ask: Tell) -> None:
    refunds = [await ask(price="2500.00") for _ in range(3)]
    with pytest.raises(Rejected, match="bulk-limit"):
        await TopRefundActions(top).pay_back([applied(one) for one in refunds], code="482913")


async def test_a_refusal_carries_its_words_and_a_moved_version_is_not_forced(
    top: TopClient, ask: Tell, tell: Tell
) -> None:
    refund, moved = await ask(), await ask()
    await TopRefundActions(top).refuse(applied(refund), Cleared("商品已拆封使用，无法二次销售"), proof=b"\x89PNG")
    assert await status(top, refund) == "SELLER_REFUSE_BUYER"
    await tell(f"/buyer/refunds/{moved.refund_id}/modify", amount="1.00", reason="商品质量问题")
    with pytest.raises(Rejected, match="version"):
        await TopRefundActions(top).refuse(applied(moved), Cleared("商品已拆封使用"))


async def test_a_refusal_names_one_of_the_marketplaces_own_reasons(top: TopClient, ask: Tell, read: Tell) -> None:
    refund = await ask()
    reasons = await TopRefundActions(top).refuse_reasons(applied(refund))
    await TopRefundActions(top).refuse(applied(refund), Cleared("商品没有问题"), reason=reasons[1].id)
    shown = await read(f"/buyer/refunds/{refund.refund_id}")
    assert (shown["refuse_message"], shown["refuse_reason"]) == ("商品没有问题", reasons[1].id)


async def test_what_is_written_to_an_application_is_read_back(top: TopClient, ask: Tell, tell: Tell) -> None:
    refund, actions = await ask(), TopRefundActions(top)
    await tell(f"/buyer/refunds/{refund.refund_id}/message", content="杯盖漏水")
    await actions.write(applied(refund), Cleared("请看图片里的密封圈"), b"\x89PNG picture")
    assert [(one.by, one.text) for one in await actions.written(applied(refund))] == [
        ("buyer", "杯盖漏水"),
        ("seller", "请看图片里的密封圈"),
    ]


async def test_once_the_platform_has_stepped_in_nothing_of_ours_is_taken(top: TopClient, ask: Tell, tell: Tell) -> None:
    refund = await ask()
    await tell(f"/control/refunds/{refund.refund_id}/intervention", what="step_in")
    seen = await TopRefunds(top).refund(refund.refund_id)
    assert (seen.cs_status, seen.deadline) == ("3", None)
    with pytest.raises(Rejected, match="cs-intervened"):
        await TopRefundActions(top).refuse(applied(seen), Cleared("商品已拆封使用"))
