"""The way in, activity by activity: what is sealed, what is asked for, what a crash in between leaves behind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.intake_batches import ItemKind
from db.sealed_texts import open_text
from db.tables.buyers import Buyer, Review, ShopOrder
from db.tables.inbox import Inbox, IntakeCursor
from domain.case_numbers import parse
from tests.activities.conftest import WayIn, spoiling_the_last_review

LONGEST = 1286


async def opened(way_in: WayIn, **review: Any) -> tuple[str, str]:
    """A review whose case is registered; its oid and the case's number."""
    reviewed = await way_in.house.review(**review)
    batch = await way_in.fetch()
    [item] = [item for item in batch.items if item.opening and item.opening.external_id == reviewed.oid]
    number = await way_in.open_case(item.opening)
    await way_in.settle(batch)
    return reviewed.oid, number


async def test_a_bad_review_is_sealed_with_its_order_and_asks_for_a_case(way_in: WayIn) -> None:
    reviewed = await way_in.house.review("杯子漏水", result="neutral")
    [item] = (await way_in.fetch()).items
    [review], [order], [buyer] = [await way_in.rows(table) for table in (Review, ShopOrder, Buyer)]
    assert item.kind is ItemKind.NEW
    assert item.opening is not None
    assert (item.opening.external_id, item.opening.review_row) == (reviewed.oid, str(review.id))
    assert parse(item.opening.case) == item.opening.case
    assert (review.grade, order.paid_fen, order.province) == ("neutral", 8900, "浙江省")
    assert "*" in buyer.name


async def test_good_reviews_are_not_kept(way_in: WayIn) -> None:
    await way_in.house.review(result="good")
    assert (await way_in.fetch()).items == []
    assert await way_in.rows(Review) == []


async def test_the_batch_that_history_keeps_says_nothing_about_the_buyer(way_in: WayIn) -> None:
    await way_in.house.review("我的电话是13800138000", buyer_nick="chen-of-hangzhou")
    told = (await way_in.fetch()).model_dump_json()
    assert not [word for word in ("13800138000", "chen-of-hangzhou", "电话", "陈") if word in told]


async def test_what_was_fetched_and_never_started_is_asked_for_again(way_in: WayIn) -> None:
    await way_in.house.review()
    first, second = (await way_in.fetch()).items, (await way_in.fetch()).items
    assert [item.opening.review_row for item in first if item.opening] == [
        item.opening.review_row for item in second if item.opening
    ]
    assert len(await way_in.rows(Review)) == 1


async def test_a_review_that_has_its_case_is_left_alone(way_in: WayIn) -> None:
    await opened(way_in)
    assert (await way_in.fetch()).items == []


async def test_1501_reviews_of_one_window_are_all_found(way_in: WayIn) -> None:
    oids = await way_in.bulk(1501)
    items = await way_in.whole_list()
    assert sorted({item.opening.external_id for item in items if item.opening}) == sorted(oids)


async def test_a_batch_holds_at_most_200_items_and_says_where_to_go_on(way_in: WayIn) -> None:
    await way_in.bulk(320)
    batch = await way_in.fetch()
    assert 0 < len(batch.items) <= 200
    assert batch.more
    assert batch.position is not None


async def test_a_review_older_than_the_cut_off_opens_no_case(way_in: WayIn) -> None:
    await way_in.change_shop(cut_off_at=datetime.now(UTC) - timedelta(minutes=20))
    await way_in.bulk(1)
    reviewed = await way_in.house.review()
    assert [item.opening.external_id for item in await way_in.whole_list() if item.opening] == [reviewed.oid]


async def test_a_text_of_1286_characters_is_kept_whole(way_in: WayIn) -> None:
    words = "好" * (LONGEST - 1) + "😀"
    await way_in.market.post("/control/limits", review_max_chars=None)
    await way_in.bulk(1, text=words)
    await way_in.market.post("/control/limits", review_max_chars=500)
    await way_in.whole_list()
    [review] = await way_in.rows(Review)
    async with way_in.house.parts.sessions() as session:
        assert await open_text(session, review.text) == words


async def test_the_cursor_advances_and_looks_back_ten_minutes(way_in: WayIn) -> None:
    await way_in.settle(await way_in.fetch())
    [cursor] = await way_in.rows(IntakeCursor)
    late = (datetime.now(UTC) - timedelta(minutes=9)).isoformat()
    await way_in.bulk(1, created=late)
    await way_in.bulk(1)
    assert len((await way_in.fetch()).items) == 1
    assert datetime.now(UTC) - cursor.read_until < timedelta(minutes=1)


async def test_a_cursor_never_goes_back(way_in: WayIn) -> None:
    batch = await way_in.fetch()
    await way_in.settle(batch)
    await way_in.settle(batch.model_copy(update={"read_until": datetime.now(UTC) - timedelta(days=1)}))
    [cursor] = await way_in.rows(IntakeCursor)
    assert cursor.read_until == batch.read_until


async def test_an_order_that_the_marketplace_refuses_does_not_lose_the_review(way_in: WayIn) -> None:
    await way_in.house.review()
    await way_in.market.fault("taobao.trade.fullinfo.get", "nonsense")
    [item] = (await way_in.fetch()).items
    [order] = await way_in.rows(ShopOrder)
    assert item.kind is ItemKind.NEW
    assert order.paid_fen is None


async def test_a_marketplace_that_answers_nonsense_is_named_and_tried_again(way_in: WayIn) -> None:
    await way_in.house.review()
    await way_in.market.fault("taobao.traderates.get", "nonsense", count=3)
    for _ in range(3):
        with pytest.raises(ApplicationError) as failed:
            await way_in.fetch()
        assert (failed.value.type, failed.value.non_retryable) == ("Nonsense", False)
    assert len((await way_in.fetch()).items) == 1


async def test_a_rate_limit_is_waited_for(way_in: WayIn) -> None:
    await way_in.market.fault("taobao.traderates.get", "rate_limit", seconds=40)
    with pytest.raises(ApplicationError) as failed:
        await way_in.fetch()
    assert failed.value.type == "RateLimited"
    assert failed.value.next_retry_delay is not None
    assert timedelta(seconds=30) < failed.value.next_retry_delay < timedelta(seconds=60)


async def test_a_revoked_session_is_said_and_not_tried_again(way_in: WayIn) -> None:
    await way_in.change_shop(credentials='{"app_key": "1", "app_secret": "x", "session": "gone"}')
    with pytest.raises(ApplicationError) as failed:
        await way_in.fetch()
    assert (failed.value.type, failed.value.non_retryable) == ("AuthRevoked", True)


async def test_a_shop_without_credentials_is_told_what_to_save(way_in: WayIn) -> None:
    await way_in.change_shop(credentials=None)
    with pytest.raises(ApplicationError, match="save app_key, app_secret and session") as failed:
        await way_in.fetch()
    assert failed.value.type == "ShopWithoutCredentials"


async def test_a_marketplace_without_a_review_api_is_named(way_in: WayIn) -> None:
    await way_in.change_shop(platform="douyin")
    with pytest.raises(ApplicationError, match="POST /reviews") as failed:
        await way_in.fetch()
    assert failed.value.type == "NoReviewApi"


async def pushed(way_in: WayIn) -> str:
    """A review that a push has told of; its oid."""
    await way_in.consume()
    reviewed = await way_in.house.review()
    await way_in.consume()
    return reviewed.oid


@pytest.mark.parametrize(("waited", "acted"), [(timedelta(hours=23), 0), (timedelta(hours=25), 1)])
async def test_a_push_whose_order_is_unreadable_is_tried_for_a_day(
    way_in: WayIn, waited: timedelta, acted: int
) -> None:
    await pushed(way_in)
    request = way_in.request(list_done=True).model_copy(update={"now": datetime.now(UTC) + waited})
    async with way_in.garbling(lambda body: {"nonsense": True}) as intake:
        batch = await ActivityEnvironment().run(intake.fetch, request)
    assert (len(batch.acted), batch.more) == (acted, False)


async def test_a_push_whose_order_is_refused_is_done_with(way_in: WayIn) -> None:
    await pushed(way_in)
    refusal = {"error_response": {"code": 15, "sub_code": "isv.trade-not-exist"}}
    async with way_in.garbling(lambda body: refusal) as intake:
        batch = await ActivityEnvironment().run(intake.fetch, way_in.request(list_done=True))
    assert (len(batch.acted), batch.items) == (1, [])


async def test_a_push_of_a_shop_that_is_not_ours_is_only_confirmed(way_in: WayIn) -> None:
    await way_in.consume()
    await way_in.house.review()
    await way_in.change_shop(seller_nick="another name")
    await way_in.consume()
    [row] = await way_in.rows(Inbox)
    assert row.acted_at is not None


async def test_a_push_makes_its_order_read_again_and_is_confirmed_at_last(way_in: WayIn) -> None:
    await way_in.consume()
    reviewed = await way_in.house.review()
    consumed = await way_in.consume()
    batch = await way_in.fetch(list_done=True)
    await way_in.settle(batch, consumed)
    [row] = await way_in.rows(Inbox)
    assert [item.opening.external_id for item in batch.items if item.opening] == [reviewed.oid]
    assert (row.facts["oid"], row.acted_at is None, row.confirmed_at is None) == (reviewed.oid, False, False)


async def test_a_push_that_was_not_acted_on_stays_for_the_next_run(way_in: WayIn) -> None:
    await way_in.consume()
    await way_in.house.review()
    await way_in.consume()
    first, second = await way_in.fetch(list_done=True), await way_in.fetch(list_done=True)
    assert first.acted == second.acted != []


@pytest.mark.parametrize("disorder", ["duplicate_push", "out_of_order_push"])
async def test_pushes_may_come_twice_and_in_any_order(way_in: WayIn, disorder: str) -> None:
    await way_in.consume()
    oids = {(await way_in.house.review()).oid for _ in range(3)}
    await way_in.market.fault("taobao.tmc.messages.consume", disorder)
    stored = (await way_in.consume()).stored + (await way_in.consume()).stored
    batch = await way_in.fetch(list_done=True)
    assert stored == 3
    assert {item.opening.external_id for item in batch.items if item.opening} == oids


async def test_a_push_that_comes_back_after_it_was_acted_on_is_only_confirmed(way_in: WayIn) -> None:
    await way_in.market.post("/control/limits", tmc_redelivery_seconds=0)
    await way_in.consume()
    await way_in.house.review()
    await way_in.consume()
    batch = await way_in.fetch(list_done=True)
    await way_in.market.fault("taobao.tmc.messages.confirm", "http_500")
    with pytest.raises(ApplicationError):
        await way_in.settle(batch)
    consumed = await way_in.consume()
    await way_in.market.post("/control/limits", tmc_redelivery_seconds=10)
    assert consumed.again == batch.acted
    assert (await way_in.fetch(list_done=True)).acted == []


async def test_a_changed_review_is_told_to_its_open_case(way_in: WayIn) -> None:
    oid, _ = await opened(way_in)
    await way_in.market.post(f"/control/reviews/{oid}", result="neutral", push=False)
    [item] = (await way_in.fetch()).items
    assert (item.kind, item.workflow.rpartition(":")[2]) == (ItemKind.CHANGED_OPEN, oid)


async def test_a_change_is_told_again_until_it_was_settled(way_in: WayIn) -> None:
    oid, _ = await opened(way_in)
    await way_in.market.post(f"/control/reviews/{oid}", result="neutral", push=False)
    first, second = await way_in.fetch(), await way_in.fetch()
    await way_in.settle(second)
    assert len(first.items) == len(second.items) == 1
    assert (await way_in.fetch()).items == []


async def test_a_push_about_a_deleted_review_reaches_its_open_case(way_in: WayIn) -> None:
    await way_in.consume()
    oid, _ = await opened(way_in)
    await way_in.market.delete(f"/buyer/reviews/{oid}")
    await way_in.consume()
    batch = await way_in.fetch(list_done=True)
    assert [item.kind for item in batch.items] == [ItemKind.CHANGED_OPEN]


async def test_an_amended_review_that_turns_bad_again_asks_for_the_next_run(way_in: WayIn) -> None:
    oid, number = await opened(way_in)
    await way_in.close_case(number, "amended_paid", amended_by="edit_result")
    [item] = (await way_in.fetch()).items
    assert item.kind is ItemKind.RELAPSED
    assert item.opening is not None
    assert (item.opening.case, item.opening.run, item.opening.external_id) == (number, 2, oid)
    assert item.opening.why == "the review turned bad again"


async def test_a_closed_case_whose_review_did_not_change_stays_closed(way_in: WayIn) -> None:
    _, number = await opened(way_in)
    await way_in.close_case(number, "refused")
    assert (await way_in.fetch()).items == []


@pytest.mark.parametrize("garbled", [{"result": "awful"}, {"oid": None}, {"created": "yesterday"}, {"oid": "../etc"}])
async def test_an_unreadable_row_is_counted_and_costs_no_other_review(way_in: WayIn, garbled: dict[str, Any]) -> None:
    await way_in.bulk(1)
    reviewed = await way_in.house.review()
    async with way_in.garbling(spoiling_the_last_review(**garbled)) as intake:
        batch = await ActivityEnvironment().run(intake.fetch, way_in.request())
    assert [item.opening.external_id for item in batch.items if item.opening] == [reviewed.oid]
    assert batch.skipped == 1


async def test_an_attempt_that_is_repeated_goes_on_where_nothing_was_found_before(way_in: WayIn) -> None:
    await way_in.bulk(320, result="good")
    beats: list[Any] = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *details: beats.extend(details)
    await environment.run(way_in.intake.fetch, way_in.request())
    again = ActivityEnvironment()
    again.info = replace(again.info, heartbeat_details=[beats[0].model_dump(mode="json")])
    batch = await again.run(way_in.intake.fetch, way_in.request())
    assert beats[0].page == 2
    assert batch.rows == 300
