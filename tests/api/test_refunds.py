"""Refunds over the api: reported, worked on by service, warehouse and finance, found by their parcels."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select

from api.house import House, wall_clock
from db import office
from db.tables.refunds import Refund, Shipment
from domain.people import Role
from gateways.wire import trusted
from tests.api.rows import add_case, caught_up, is_assigned, is_closed, written
from worker import Parts, running

Body = dict[str, Any]
Take = Callable[..., Awaitable[httpx2.Response]]


@pytest.fixture
def report(web: httpx2.AsyncClient, cast: Any, house: House) -> Any:
    """Chen applies for 49.90 yuan back on a marketplace that no machine reads."""
    plain: Body = {
        "shop": "demo",
        "refund_id": uuid4().hex,
        "order_id": uuid4().hex,
        "kind": "return",
        "reason": "商品质量问题",
        "note": "杯盖漏水",
        "amount_fen": 4990,
        "bought_fen": 4990,
        "applied_at": (house.now() - timedelta(hours=1)).isoformat(),
        "version": "1",
        "buyer": {"id": "chen-1", "nick": "chenchen", "phone": "13800138000"},
        "item_title": "保温杯 500ml",
    }

    async def posted(who: str = "agent", **changes: Any) -> httpx2.Response:
        return await web.post("/refunds", json=plain | changes, headers=cast[who].headers)

    return posted


@pytest.mark.covers(94, 193)
async def test_an_application_starts_one_case_and_its_words_are_sealed(report: Any, house: House) -> None:
    first, again = await report(), await report()
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"created": False}
    async with house.sessions() as session:
        row = (await session.scalars(select(Refund))).one()
    assert (row.kind, row.amount_fen, row.reason, row.status) == ("return", 4990, "商品质量问题", "WAIT_SELLER_AGREE")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"amount_fen": 5000}, 422, "RefundAbovePaid"),
        ({"quantity": 3, "ordered_quantity": 2}, 422, "QuantityAboveOrdered"),
        ({"amount_fen": -1}, 422, "BadInput"),
        ({"status": "NOWHERE"}, 422, "UnknownRefundStatus"),
        ({"waybill": "??"}, 422, "BadWaybill"),
        ({"refund_id": "a b"}, 422, "BadInput"),
        ({"reason": ""}, 422, "BadInput"),
        ({"shop": "nowhere"}, 404, "NotFound"),
        ({"applied_at": "2020-01-01T00:00:00Z"}, 409, "BeforeCutOff"),
        ({"applied_at": "2100-01-01T00:00:00Z"}, 422, "BadInput"),
    ],
)
async def test_what_can_not_be_is_refused_by_name_and_kept_nowhere(
    report: Any, house: House, changes: Body, status: int, code: str
) -> None:
    answer = await report(**changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    async with house.sessions() as session:
        assert (await session.scalars(select(Refund))).all() == []


@pytest.mark.covers(94)
async def test_an_older_or_repeated_message_changes_nothing_and_a_newer_one_does(report: Any, house: House) -> None:
    await report(version="5")
    await report(version="4", amount_fen=100)
    await report(version="5", amount_fen=4990)
    await report(version="6", amount_fen=3000, status="WAIT_BUYER_RETURN_GOODS")
    async with house.sessions() as session:
        row = (await session.scalars(select(Refund))).one()
    assert (row.version, row.amount_fen, row.status) == ("6", 3000, "WAIT_BUYER_RETURN_GOODS")


@pytest.mark.covers(97)
async def test_a_courier_of_any_name_and_a_waybill_however_typed_are_kept_once(report: Any, house: House) -> None:
    await report(version="2", status="returned", courier="other", waybill="yt 1234-567890")
    await report(version="3", status="returned", courier="圆通", waybill="YT1234567890")
    async with house.sessions() as session:
        sent = (await session.scalars(select(Shipment))).all()
    assert [(one.courier, one.waybill) for one in sent] == [("other", "YT1234567890")]


@pytest.fixture
async def at_work(house: House) -> AsyncIterator[House]:
    """With a worker, in the time of the wall, and a shop on a marketplace that only people can use."""
    settings = house.settings.model_copy(update={"top_url": "http://127.0.0.1:9", "worker_grace_seconds": 1})
    house = replace(house, settings=settings, now=wall_clock)
    parts = httpx2.AsyncClient(verify=trusted(), trust_env=False)
    async with parts as http, running(Parts(settings, house.sessions, house.ring, http, house.client)):
        yield house


@pytest.fixture
async def by_hand(cast: Any, house: House) -> str:
    """A shop on a marketplace that no machine reads, with the same people."""
    now = house.now()
    async with house.sessions.begin() as session:
        shop: Body = {"code": "pdd", "name": "拼多多店", "platform": "pinduoduo", "gate_mode": "on_resolution"}
        await office.add_shop(session, "tests", now, **shop, cut_off_at=now - timedelta(days=30))
        for role in (Role.AGENT, Role.WAREHOUSE, Role.FINANCE):
            await office.grant(session, "tests", now, cast[role].id, role, "pdd")
        policy = (await office.policy_in_force(session, "refunds", "pdd")).document.model_dump(mode="json")
        back = {"id": 1, "name": "王仓管", "phone": "13900139000", "address": "杭州市余杭区仓库路1号"}
        await office.put_policy(session, "refunds", "pdd", policy | {"return_addresses": [back]}, "tests", "t", now)
    return "pdd"


@pytest.mark.covers(97, 103, 113, 114, 115, 116)
async def test_a_return_on_a_marketplace_without_an_api_is_worked_by_hand_to_its_end(
    at_work: House, by_hand: str, report: Any, web: httpx2.AsyncClient, cast: Any
) -> None:
    case = (await report(shop=by_hand, status="asked")).json()["case"]

    async def take(who: str, step: str, **body: Any) -> Body:
        answer = await web.post(f"/cases/{case}/steps", json={"step": step} | body, headers=cast[who].headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    await written(at_work, case, is_assigned)
    await take("agent", "record_reason", cause="quality.broken", words="杯盖漏水")
    assert (await take("agent", "agree"))["stage"] == "by_hand"
    assert (await take("agent", "confirm_done", proof="工作台已同意"))["stage"] == "awaiting_return"
    await report(shop=by_hand, version="2", status="returned", courier="圆通", waybill="YT1234567890")
    entered = await web.post(
        "/parcels", json={"shop": by_hand, "buyer": "chen", "phone_tail": "8000"}, headers=cast["warehouse"].headers
    )
    assert (entered.json()["fits"], entered.json()["cases"][0]["case"]) == ("one", case)
    await take("warehouse", "receive_parcel", parcel={"id": entered.json()["parcel"]})
    assert (await take("warehouse", "inspect", result="opened_intact", good=1))["stage"] == "releasing"
    assert (await take("finance", "release_refund", amount_fen=4990))["stage"] == "by_hand"
    done = await take("finance", "confirm_done", proof="已退款")
    assert (done["state"]["outcome"], done["state"]["refunded_fen"]) == ("refunded", 4990)
    await caught_up(at_work, case, done["version"])
    register = await web.get("/refunds", headers=cast["finance"].headers)
    line = next(one for one in register.json()["lines"] if one["case"] == case)
    assert (line["buyer"], line["inspection"], line["freight_back"]) == ("c****n", "opened_intact", "seller")


async def test_a_step_of_another_kind_of_case_is_named(web: httpx2.AsyncClient, cast: Any, house: House) -> None:
    review = await add_case(house, "demo")
    answer = await web.post(f"/cases/{review}/steps", json={"step": "agree"}, headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "OtherKind")


@pytest.mark.covers(115)
async def test_a_parcel_that_fits_nothing_is_kept_and_waits(web: httpx2.AsyncClient, cast: Any, house: House) -> None:
    body = {"shop": "demo", "waybill": "SF0000000001", "note": "没有退货单"}
    first = await web.post("/parcels", json=body, headers=cast["warehouse"].headers)
    again = await web.post("/parcels", json=body, headers=cast["warehouse"].headers)
    waiting = (await web.get("/parcels", headers=cast["warehouse"].headers)).json()["parcels"]
    assert (first.status_code, first.json()["fits"]) == (201, "none")
    assert [one["id"] for one in waiting] == [first.json()["parcel"]] == [again.json()["parcel"]]


async def test_one_decision_in_many_cases_has_a_result_for_each_and_is_made_once(
    at_work: House, by_hand: str, report: Any, web: httpx2.AsyncClient, cast: Any
) -> None:
    numbers = [(await report(shop=by_hand, refund_id=uuid4().hex)).json()["case"] for _ in range(3)]
    for number in numbers:
        await written(at_work, number, is_assigned)
    reason = {"cases": [*numbers, "A26-57XTE-9K2M8"], "step": {"step": "record_reason", "cause": "quality.broken"}}
    headers = cast["agent"].headers | {"Idempotency-Key": uuid4().hex}
    answers = [await web.post("/cases/steps", json=reason, headers=headers) for _ in range(2)]
    results = [{one["case"]: one for one in map(json.loads, answer.text.splitlines())} for answer in answers]
    assert [results[0][number]["taken"] for number in numbers] == [True] * 3
    assert results[0]["A26-57XTE-9K2M8"]["code"] in ("NotFound", "BadCaseNumber")
    versions = [{number: result[number]["version"] for number in numbers} for result in results]
    assert versions[0] == versions[1]


@pytest.mark.covers(122)
async def test_a_refund_and_a_review_of_the_same_order_name_each_other(
    report: Any, web: httpx2.AsyncClient, cast: Any, house: House, at_work: House
) -> None:
    order = uuid4().hex
    review = {
        "shop": "demo", "order_id": order, "rating": "bad", "text": "漏水", "buyer": {"id": "chen-1"},
        "created_at": (house.now() - timedelta(hours=2)).isoformat(),
    }  # fmt: skip
    first = (await web.post("/reviews", json=review, headers=cast["agent"].headers)).json()["case"]
    await caught_up(at_work, first, 1)
    second = (await report(order_id=order)).json()["case"]
    await caught_up(at_work, second, 1)
    shown = (await web.get(f"/cases/{second}/refund", headers=cast["agent"].headers)).json()
    state = (await web.get(f"/cases/{second}", headers=cast["agent"].headers)).json()["state"]
    assert (shown["related"], state["identity"]["linked"], shown["note"]) == ([first], first, "杯盖漏水")


@pytest.mark.covers(101)
@pytest.mark.parametrize(
    ("signed_days_ago", "item", "may_refuse"), [(2, "1", False), (12, "1", True), (2, "made-for-chen", True)]
)
async def test_a_return_without_reason_can_be_refused_only_when_the_seven_days_do_not_cover_it(
    report: Any, web: httpx2.AsyncClient, cast: Any, house: House, at_work: House,
    signed_days_ago: int, item: str, may_refuse: bool,
) -> None:  # fmt: skip
    async with house.sessions.begin() as session:
        policy = (await office.policy_in_force(session, "refunds", "demo")).document.model_dump(mode="json")
        policy |= {"exempt_items": {"made-for-chen": "custom_made"}}
        await office.put_policy(session, "refunds", "demo", policy, "tests", "t", house.now())
    signed = (house.now() - timedelta(days=signed_days_ago)).isoformat()
    case = (await report(reason="七天无理由退换货", item_id=item, signed_at=signed)).json()["case"]
    await caught_up(at_work, case, 1)
    state = (await web.get(f"/cases/{case}", headers=cast["agent"].headers)).json()["state"]
    assert state["market"]["cannot_refuse"] is not may_refuse


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ({"step": "refuse", "message": "不"}, "TextTooLong"),
        ({"step": "refuse", "message": "不" * 201}, "TextTooLong"),
        ({"step": "refuse", "message": "改成好评就返现"}, "WordsUnfit"),
        ({"step": "write_to_buyer", "words": "请" * 134, "photo": "x"}, "TextTooLong"),
        ({"step": "write_to_buyer", "words": "好评返现10元", "photo": "x"}, "WordsUnfit"),
    ],
)
async def test_words_that_the_buyer_would_read_are_looked_at_before_they_are_kept(
    report: Any, web: httpx2.AsyncClient, cast: Any, at_work: House, step: Body, code: str
) -> None:
    case = (await report()).json()["case"]
    await written(at_work, case, is_assigned)
    answer = await web.post(f"/cases/{case}/steps", json=step, headers=cast["agent"].headers)
    assert answer.json()["code"] == code


@pytest.mark.covers(118, 119, 120)
async def test_a_closed_refund_is_opened_again_and_the_register_says_so_to_every_shift(
    at_work: House, by_hand: str, report: Any, web: httpx2.AsyncClient, cast: Any
) -> None:
    case = (await report(shop=by_hand, status="asked")).json()["case"]

    async def take(who: str, step: str, **body: Any) -> httpx2.Response:
        return await web.post(f"/cases/{case}/steps", json={"step": step} | body, headers=cast[who].headers)

    await written(at_work, case, is_assigned)
    await take("agent", "note", text="买家要求尽快退款，情绪激动")
    await report(shop=by_hand, version="2", status="CLOSED")
    await written(at_work, case, is_closed)
    ended = (await web.get(f"/cases/{case}", headers=cast["agent"].headers)).json()
    assert ended["allowed_steps"] == ["reopen"]
    back = await take("agent", "reopen", why="包裹后来到了", buyer_came_back=True)
    assert back.status_code == 200, back.text
    line = await line_of(web, cast, case)
    assert (line["owner"], line["why"], line["stage"]) == ("service", "came back after its end", "reopened")
    told = (await web.get(f"/cases/{case}/timeline", headers=cast["agent"].headers)).json()
    assert "买家要求尽快退款，情绪激动" in json.dumps(told, ensure_ascii=False)


async def line_of(web: httpx2.AsyncClient, cast: Any, case: str) -> Body:
    """The case's line of the register, once it has one."""
    async with asyncio.timeout(30):
        while True:
            lines = (await web.get("/refunds", headers=cast["finance"].headers)).json()["lines"]
            found: Body | None = next((one for one in lines if one["case"] == case), None)
            if found is not None:
                return found
            await asyncio.sleep(0.1)


@pytest.mark.covers(202)
async def test_an_auditor_finds_a_refund_by_its_order_and_reads_what_the_engine_recorded(
    at_work: House, by_hand: str, report: Any, web: httpx2.AsyncClient, cast: Any, house: House
) -> None:
    case = (await report(shop=by_hand, order_id="order-of-chen")).json()["case"]
    async with house.sessions.begin() as session:
        await office.grant(session, "tests", house.now(), cast["auditor"].id, Role.AUDITOR, by_hand)
    ada = cast["auditor"].headers
    await caught_up(at_work, case, 1)
    found = (await web.get("/search/cases", params={"q": "order-of-chen"}, headers=ada)).json()
    [run] = (await web.get(f"/cases/{case}/histories", headers=ada)).json()
    history = (await web.get(f"/cases/{case}/history", headers=ada)).json()
    assert ([line["number"] for line in found], run["workflow"]) == ([case], history["workflow"])
    assert history["events"][0]["about"].startswith("RefundCase")
    assert "13800138000" not in json.dumps(history)


@pytest.mark.covers(107)
async def test_who_talks_to_the_buyer_reads_what_the_shop_tells_about_the_item(
    report: Any, web: httpx2.AsyncClient, cast: Any, house: House, at_work: House
) -> None:
    async with house.sessions.begin() as session:
        policy = (await office.policy_in_force(session, "refunds", "demo")).document.model_dump(mode="json")
        policy |= {"tips": {"*": {"care": "首次使用前清洗"}, "610001": {"usage": "杯盖内圈朝下再拧紧"}}}
        await office.put_policy(session, "refunds", "demo", policy, "tests", "t", house.now())
    case = (await report(item_id="610001")).json()["case"]
    await caught_up(at_work, case, 1)
    shown = (await web.get(f"/cases/{case}/refund", headers=cast["agent"].headers)).json()
    assert shown["tips"] == {"care": "首次使用前清洗", "usage": "杯盖内圈朝下再拧紧"}


@pytest.mark.covers(122)
async def test_a_review_that_a_refunded_buyer_writes_later_names_the_refund_and_the_refund_names_it(
    report: Any, web: httpx2.AsyncClient, cast: Any, house: House, at_work: House
) -> None:
    order = uuid4().hex
    refund = (await report(order_id=order)).json()["case"]
    await caught_up(at_work, refund, 1)
    words: Body = {
        "shop": "demo", "order_id": order, "rating": "bad", "text": "退款太慢", "buyer": {"id": "chen-1"},
        "created_at": (house.now() - timedelta(minutes=5)).isoformat(),
    }  # fmt: skip
    review = (await web.post("/reviews", json=words, headers=cast["agent"].headers)).json()["case"]
    await caught_up(at_work, review, 1)
    by_review = (await web.get(f"/cases/{review}/review", headers=cast["agent"].headers)).json()
    by_refund = (await web.get(f"/cases/{refund}/refund", headers=cast["agent"].headers)).json()
    assert (by_review["related"], by_refund["related"]) == ([refund], [review])
