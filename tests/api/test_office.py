"""The office over the api: shops, policies, the gate's acknowledgement, and the record of it all."""

from typing import Any

import httpx2
import pytest

SHOP = {
    "code": "third",
    "name": "Third",
    "platform": "taobao",
    "cut_off_at": "2026-11-01T00:00:00+08:00",
    "gate_mode": "on_resolution",
    "credentials": '{"app_key": "k-1", "app_secret": "s-1"}',
}


@pytest.fixture
def ask(web: httpx2.AsyncClient, cast: Any) -> Any:
    async def asked(who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        return await web.request(method, path, json=body, headers=cast[who].headers | headers)

    return asked


async def test_a_shop_is_opened_while_the_house_runs(ask: Any, temporal_client: Any) -> None:
    opened = await ask("root", "POST", "/shops", SHOP)
    shops = (await ask("root", "GET", "/shops")).json()
    schedule = await temporal_client.get_schedule_handle("intake:third").describe()
    assert (opened.status_code, schedule.id) == (201, "intake:third")
    assert [shop["code"] for shop in shops] == ["demo", "other", "third"]
    assert "s-1" not in opened.text


@pytest.mark.parametrize(
    "change", [{"code": "UPPER"}, {"platform": "nowhere"}, {"cut_off_at": "2026-11-01"}, {"zone": "Asia/X"}, {"x": 1}]
)
async def test_a_shop_that_cannot_be_is_refused_by_its_field(ask: Any, change: Any) -> None:
    answer = await ask("root", "POST", "/shops", SHOP | change)
    assert answer.status_code == 422
    assert next(iter(change)) in answer.json()["detail"]


async def test_a_mode_that_needs_a_signature_is_refused_until_it_comes_with_one(ask: Any) -> None:
    await ask("root", "POST", "/shops", SHOP)
    choice = {"mode": "after_amendment", "reason": "our lawyer agreed"}
    before = await ask("root", "PUT", "/shops/third/gate", choice)
    signed = {"text_version": before.json()["text_version"], "accepted": True}
    after = await ask("root", "PUT", "/shops/third/gate", choice | {"acknowledgement": signed})
    assert (before.status_code, before.json()["code"]) == (409, "GateNeedsAcknowledgement")
    assert (after.status_code, after.json()["mode"], after.json()["standing"]) == (200, "after_amendment", "valid")
    assert [one["by"] for one in after.json()["choices"]] == ["Root", "Root"]
    assert [one["who"] for one in after.json()["says"]] == ["taobao", "CN"]


async def test_a_shop_is_opened_with_its_mode_signed_at_once(ask: Any) -> None:
    signed = {"text_version": "2026-11", "accepted": True}
    body = SHOP | {"gate_mode": "after_amendment", "gate_reason": "asked for", "acknowledgement": signed}
    assert (await ask("root", "POST", "/shops", body)).json()["gate_mode"] == "after_amendment"
    shown = (await ask("root", "GET", "/shops/third/gate")).json()
    assert (shown["acknowledgement"]["person"], shown["choices"][0]["reason"]) == ("Root", "asked for")


async def test_an_acknowledgement_is_renewed_before_it_ends(ask: Any) -> None:
    await ask("root", "POST", "/shops", SHOP)
    body = {"text_version": "2026-11", "reason": "as last year", "accepted": True}
    renewed = await ask("root", "POST", "/shops/third/gate-acknowledgement", body)
    assert (renewed.status_code, renewed.json()["jurisdiction"]) == (201, "CN")
    older = await ask("root", "POST", "/shops/third/gate-acknowledgement", body | {"text_version": "2020-01"})
    assert (older.status_code, older.json()["field"]) == (422, "text_version")


async def test_a_shop_changed_meanwhile_is_stale(ask: Any) -> None:
    await ask("admin", "PATCH", "/shops/demo", {"name": "A"}, **{"If-Match": "1"})
    stale = await ask("admin", "PATCH", "/shops/demo", {"name": "B"}, **{"If-Match": "1"})
    assert (stale.status_code, stale.json()["code"]) == (412, "StaleVersion")


async def test_who_changed_what_is_told_in_order(ask: Any) -> None:
    await ask("root", "PATCH", "/shops/demo", {"name": "New"})
    lines = (await ask("root", "GET", "/office/events?limit=1000")).json()
    assert lines[-1]["kind"] == "shop.changed"
    assert lines[-1]["facts"] == {"name": {"old": "Demo", "new": "New"}}
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
