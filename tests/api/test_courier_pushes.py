"""What couriers push over the api: signed, kept once, and answered from."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from api.app import create_app
from api.house import House
from db.tables.refunds import Refund, Shipment, ShipmentScan
from gateways.courier_signing import poll_signature

SALT = "a-salt-of-ours"
NUMBER = "YT1234567890123"


def trace(state: str = "5", *times: str) -> dict[str, Any]:
    moments = times or ("2026-11-20 10:00:00",)
    data = [{"ftime": one, "context": f"派件员张三13812345678 {one}", "statusCode": state} for one in moments]
    return {"message": "ok", "nu": NUMBER, "com": "yuantong", "status": "200", "state": state, "data": data}


@pytest.fixture
async def push(house: House, cast: Any) -> Any:
    """Chen's parcel is on its way and its courier known; then the trace's service pushes."""
    settings = house.settings.model_copy(update={"kuaidi100_salt": SecretStr(SALT)})
    app = create_app(settings)
    app.state.house = replace(house, settings=settings)
    body = {
        "shop": "demo", "refund_id": uuid4().hex, "order_id": uuid4().hex, "kind": "return", "reason": "质量问题",
        "amount_fen": 4990, "applied_at": (house.now() - timedelta(hours=1)).isoformat(), "status": "returned",
        "buyer": {"id": "chen-1"}, "courier": "圆通", "waybill": NUMBER, "order_courier": "圆通",
        "order_waybill": "YT7777777777777",
    }  # fmt: skip
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://amends") as web:

        async def report(**changes: Any) -> None:
            answer = await web.post("/refunds", json=body | changes, headers=cast["agent"].headers)
            assert answer.status_code == 201
            async with house.sessions.begin() as session:
                await session.execute(update(Shipment).values(company="yuantong"))

        await report()

        async def sent(last: dict[str, Any] | None, sign: str | None = None) -> httpx2.Response:
            content = {"status": "polling", "message": ""} | ({"lastResult": last} if last is not None else {})
            param = json.dumps(content, ensure_ascii=False)
            form = {"param": param, "sign": sign if sign is not None else poll_signature(param, SALT)}
            return await web.post("/couriers/pushes", data=form)

        sent.report = report  # type: ignore[attr-defined]
        yield sent


@pytest.mark.covers(126, 140)
async def test_a_push_is_kept_once_and_a_later_one_moves_the_parcel(push: Any, house: House) -> None:
    first, again = await push(trace()), await push(trace())
    assert (first.json(), again.json()["result"]) == ({"result": True, "returnCode": "200", "message": "ok"}, True)
    await push(trace("301", "2026-11-20 11:00:00", "2026-11-20 10:00:00"))
    async with house.sessions() as session:
        parcel = (await session.scalars(select(Shipment).where(Shipment.direction == "back"))).one()
        scans = list(await session.scalars(select(ShipmentScan)))
    assert (parcel.state, len(scans)) == ("signed", 2)
    assert parcel.signed_at is not None


async def test_an_older_push_that_comes_late_adds_its_line_and_moves_nothing(push: Any, house: House) -> None:
    await push(trace("301", "2026-11-20 11:00:00"))
    await push(trace("5", "2026-11-20 09:00:00"))
    async with house.sessions() as session:
        parcel = (await session.scalars(select(Shipment).where(Shipment.direction == "back"))).one()
        scans = list(await session.scalars(select(ShipmentScan)))
    assert (parcel.state, len(scans)) == ("signed", 2)


async def test_a_parcel_that_comes_back_for_two_applications_moves_both(push: Any, house: House) -> None:
    await push.report(refund_id=uuid4().hex)
    await push(trace("301"))
    async with house.sessions() as session:
        back = select(Shipment).where(Shipment.direction == "back")
        assert [one.state for one in await session.scalars(back)] == ["signed", "signed"]


@pytest.mark.covers(99)
async def test_the_orders_own_sign_for_is_the_applications(push: Any, house: House) -> None:
    await push(trace("301") | {"nu": "YT7777777777777"})
    async with house.sessions() as session:
        row = (await session.scalars(select(Refund))).one()
    assert row.signed_at is not None


async def test_a_push_that_we_did_not_sign_is_believed_by_nobody(push: Any, house: House) -> None:
    answers = [await push(trace("301"), sign) for sign in ("", "0" * 32, poll_signature("{}", SALT))]
    assert [(one.status_code, one.json()["result"]) for one in answers] == [(401, False)] * 3
    async with house.sessions() as session:
        assert list(await session.scalars(select(ShipmentScan))) == []


@pytest.mark.parametrize(
    "last", [{"nu": NUMBER}, {"nu": NUMBER, "state": "99"}, {"nu": NUMBER, "state": "3", "data": "none"}]
)
async def test_a_push_that_can_not_be_read_is_asked_for_again(push: Any, last: dict[str, Any]) -> None:
    answer = await push(last)
    assert (answer.status_code, answer.json()["result"]) == (422, False)


@pytest.mark.parametrize("last", [None, trace() | {"nu": "ZT999999999999"}, trace() | {"nu": "?"}])
async def test_a_push_about_nothing_of_ours_is_taken_and_forgotten(push: Any, house: House, last: Any) -> None:
    assert (await push(last)).json()["result"]
    async with house.sessions() as session:
        assert list(await session.scalars(select(ShipmentScan))) == []


async def test_without_a_salt_of_ours_nothing_is_taken(web: httpx2.AsyncClient) -> None:
    param = json.dumps({"lastResult": trace()})
    answer = await web.post("/couriers/pushes", data={"param": param, "sign": poll_signature(param, "")})
    assert answer.status_code == 401


async def test_nonsense_bytes_are_no_push(web: httpx2.AsyncClient) -> None:
    answer = await web.post("/couriers/pushes", content=b"\xff\xfe\x00param=1&&&")
    assert answer.status_code == 401
