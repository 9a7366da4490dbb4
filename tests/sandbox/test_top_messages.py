import json
from typing import Any

from tests.sandbox.clients import Market, Shop

CONSUME = "taobao.tmc.messages.consume"


def consumed(top: Any) -> list[dict[str, Any]]:
    answer = top.tmc_messages_consume(quantity=100)["tmc_messages_consume_response"]
    return list(answer.get("messages", {}).get("tmc_message", []))


def oids(messages: list[dict[str, Any]]) -> list[int]:
    return [json.loads(message["content"])["oid"] for message in messages]


def test_a_review_is_pushed_without_its_text(market: Market, shop: Shop, top: Any) -> None:
    top.tmc_user_permit()
    oid = market.review(shop)

    (message,) = consumed(top)

    content = json.loads(message["content"])
    assert (message["topic"], message["user_nick"]) == ("taobao_trade_TradeRated", shop.seller_nick)
    assert (content["oid"], content["rater"], content["payment"]) == (oid, "buyer", "39.90")
    assert "杯子" not in message["content"]


def test_every_change_of_a_review_is_pushed(market: Market, shop: Shop, top: Any) -> None:
    top.tmc_user_permit()
    oid = market.review(shop)
    market.post(f"/buyer/reviews/{oid}/append", {"content": "追评"})
    market.post(f"/buyer/reviews/{oid}/amend")

    assert oids(consumed(top)) == [oid, oid, oid]


def test_nothing_is_pushed_before_the_shop_subscribes(market: Market, shop: Shop, top: Any) -> None:
    market.review(shop)
    top.tmc_user_permit()

    assert consumed(top) == []


def test_a_new_list_of_topics_replaces_the_old_one(market: Market, shop: Shop, top: Any) -> None:
    top.tmc_user_permit(topics="taobao_trade_TradeRated")
    top.tmc_user_permit(topics="taobao_refund_RefundCreated")
    market.review(shop)

    assert consumed(top) == []


def test_a_handed_out_message_is_not_handed_out_again_at_once(market: Market, shop: Shop, top: Any) -> None:
    top.tmc_user_permit()
    market.review(shop)

    assert len(consumed(top)) == 1
    assert consumed(top) == []


def test_an_unconfirmed_message_comes_again(market: Market, shop: Shop, top: Any) -> None:
    market.post("/control/limits", {"tmc_redelivery_seconds": 0})
    top.tmc_user_permit()
    market.review(shop)

    assert consumed(top)[0]["id"] == consumed(top)[0]["id"]


def test_a_confirmed_message_never_comes_again(market: Market, shop: Shop, top: Any) -> None:
    market.post("/control/limits", {"tmc_redelivery_seconds": 0})
    top.tmc_user_permit()
    market.review(shop)
    top.tmc_messages_confirm(s_message_ids=str(consumed(top)[0]["id"]))

    assert consumed(top) == []


def test_one_app_cannot_confirm_the_messages_of_another(market: Market, shop: Shop, top: Any, tmall_top: Any) -> None:
    market.post("/control/limits", {"tmc_redelivery_seconds": 0})
    top.tmc_user_permit()
    market.review(shop)
    tmall_top.tmc_messages_confirm(s_message_ids=str(consumed(top)[0]["id"]))

    assert len(consumed(top)) == 1


def test_duplicates_on_demand_come_twice_and_once_more(market: Market, shop: Shop, top: Any) -> None:
    top.tmc_user_permit()
    oid = market.review(shop)
    market.plan(CONSUME, "duplicate_push")

    assert oids(consumed(top)) == [oid, oid]
    assert oids(consumed(top)) == [oid]
    assert consumed(top) == []


def test_out_of_order_on_demand_keeps_the_oldest_for_last(market: Market, shop: Shop, top: Any) -> None:
    top.tmc_user_permit()
    sent = [market.review(shop) for _ in range(3)]
    market.plan(CONSUME, "out_of_order_push")

    assert oids(consumed(top)) == [sent[2], sent[1]]
    assert oids(consumed(top)) == [sent[0]]


def test_out_of_order_waits_until_there_is_something_to_mix(market: Market, shop: Shop, top: Any) -> None:
    top.tmc_user_permit()
    market.plan(CONSUME, "out_of_order_push")
    consumed(top)

    assert market.get("/control/faults")[0]["remaining"] == 1
