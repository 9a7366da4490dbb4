"""Pushes: at least once, in any order, until confirmed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from gateways.failures import Transient
from gateways.top import TopClient
from gateways.top_messages import TRADE_RATED, Push, TopMessages

type Tell = Callable[..., Awaitable[Any]]

CONSUME = "taobao.tmc.messages.consume"


@pytest.fixture
async def messages(top: TopClient) -> TopMessages:
    channel = TopMessages(top)
    await channel.permit([TRADE_RATED])
    return channel


@pytest.fixture
async def impatient(tell: Tell) -> AsyncIterator[None]:
    """Pushes come again at once instead of after some seconds."""
    await tell("/control/limits", tmc_redelivery_seconds=0)
    yield
    await tell("/control/limits", tmc_redelivery_seconds=10)


def orders_of(pushes: tuple[Push, ...]) -> list[int]:
    return [push.content["tid"] for push in pushes if push.content]


async def test_a_review_is_announced_with_its_shop_and_order(
    messages: TopMessages, reviewed: Tell, shop: dict[str, str]
) -> None:
    placed = await reviewed()
    (push,) = await messages.consume()
    assert (push.topic, push.seller_nick) == (TRADE_RATED, shop["seller_nick"])
    assert push.content is not None
    assert (push.content["tid"], push.content["rater"]) == (placed["tid"], "buyer")


@pytest.mark.usefixtures("impatient")
async def test_an_unconfirmed_push_comes_again(messages: TopMessages, reviewed: Tell) -> None:
    await reviewed()
    first, again = await messages.consume(), await messages.consume()
    assert [push.id for push in first] == [push.id for push in again] != []


@pytest.mark.usefixtures("impatient")
async def test_a_confirmed_push_is_gone(messages: TopMessages, reviewed: Tell) -> None:
    await reviewed()
    await messages.confirm([push.id for push in await messages.consume()])
    assert await messages.consume() == ()


async def test_a_push_that_comes_twice_has_one_id(messages: TopMessages, reviewed: Tell, fault: Tell) -> None:
    await fault(CONSUME, "duplicate_push")
    await reviewed()
    pushes = [*await messages.consume(), *await messages.consume()]
    assert len(pushes) == 3
    assert len({push.id for push in pushes}) == 1


async def test_pushes_out_of_order_all_arrive(messages: TopMessages, reviewed: Tell, fault: Tell) -> None:
    await fault(CONSUME, "out_of_order_push")
    placed = [(await reviewed())["tid"] for _ in range(3)]
    first = orders_of(await messages.consume())
    assert first != sorted(first)
    assert sorted([*first, *orders_of(await messages.consume())]) == sorted(placed)


@pytest.mark.usefixtures("impatient")
async def test_a_batch_lost_on_the_way_comes_again(messages: TopMessages, reviewed: Tell, fault: Tell) -> None:
    await reviewed()
    await fault(CONSUME, "timeout_after")
    with pytest.raises(Transient, match="no answer in time"):
        await messages.consume()
    assert len(await messages.consume()) == 1
