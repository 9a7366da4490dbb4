"""Traces: what is asked, what states come down to, and how refusals are sorted."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs

import httpx2
import pytest
from pydantic import SecretStr

from domain.tracking import TransitState
from gateways.courier_signing import poll_signature
from gateways.failures import AuthRevoked, GatewayFailure, Nonsense, Rejected, Transient
from gateways.kuaidi100 import Kuaidi100, PollCredentials, UnknownWaybill, pushed

type Answering = Callable[..., httpx2.AsyncClient]

SIGNED = {
    "message": "ok",
    "nu": "YT1234567890123",
    "ischeck": "1",
    "com": "yuantong",
    "status": "200",
    "state": "301",
    "data": [
        {"ftime": "2026-11-20 15:20:00", "context": "已签收,签收人:本人", "statusCode": "301"},
        {"ftime": "2026-11-19 08:00:00", "context": "【杭州】张三 13800138000 派件", "statusCode": "5"},
    ],
}


def client(http: httpx2.AsyncClient) -> Kuaidi100:
    credentials = PollCredentials("customer456", SecretStr("pollkey123"), SecretStr("saltsalt"))
    return Kuaidi100(http, "http://kuaidi.test", credentials)


async def failure_of(http: httpx2.AsyncClient) -> GatewayFailure:
    with pytest.raises(GatewayFailure) as caught:
        await client(http).trace("yuantong", "YT1234567890123")
    return caught.value


async def test_a_trace_says_where_the_parcel_is_and_when_it_was_signed_for(answering: Answering) -> None:
    trace = await client(answering(SIGNED)).trace("yuantong", "YT1234567890123")
    assert (trace.state, len(trace.scans)) == (TransitState.SIGNED, 2)
    assert trace.signed_at == datetime(2026, 11, 20, 7, 20, tzinfo=UTC)


async def test_the_query_is_signed_over_the_very_text_that_is_sent(
    answering: Answering, asked: list[httpx2.Request]
) -> None:
    await client(answering(SIGNED)).trace("yuantong", "YT1234567890123", "13900139000")
    form = {name: values[0] for name, values in parse_qs(asked[0].content.decode()).items()}
    assert str(asked[0].url) == "http://kuaidi.test/poll/query.do"
    assert form["sign"] == poll_signature(form["param"], "pollkey123", "customer456")
    assert json.loads(form["param"]) | {"phone": "13900139000"} == json.loads(form["param"])


async def test_no_trace_shows_its_words_or_its_number_when_it_is_printed(answering: Answering) -> None:
    trace = await client(answering(SIGNED)).trace("yuantong", "YT1234567890123")
    assert "张三" not in repr(trace)
    assert "YT1234567890123" not in repr(trace)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("0", TransitState.MOVING),
        ("1001", TransitState.COLLECTED),
        ("103", TransitState.COLLECTED),
        ("2", TransitState.TROUBLE),
        ("208", TransitState.TROUBLE),
        ("209", TransitState.DAMAGED),
        ("203", TransitState.REFUSED),
        ("14", TransitState.REFUSED),
        ("304", TransitState.SIGNED),
        ("401", TransitState.RETURNED),
        ("501", TransitState.DELIVERING),
        ("6", TransitState.RETURNING),
    ],
)
async def test_every_documented_state_comes_down_to_one_of_ours(
    answering: Answering, code: str, state: TransitState
) -> None:
    assert (await client(answering(SIGNED | {"state": code})).trace("yuantong", "YT1")).state is state


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("500", UnknownWaybill),
        ("501", Transient),
        ("502", Transient),
        ("503", AuthRevoked),
        ("601", AuthRevoked),
        ("400", Rejected),
        ("408", Rejected),
        ("", Nonsense),
        ("13800138000", Nonsense),
    ],
)
async def test_a_refusal_says_what_to_do_next(answering: Answering, code: str, kind: type[GatewayFailure]) -> None:
    body = {"result": False, "returnCode": code, "message": "电话 13800138000 有误"}
    failure = await failure_of(answering(body))
    assert type(failure) is kind
    assert "13800138000" not in str(failure) + failure.party_text


@pytest.mark.parametrize(
    "body",
    [
        b"<html>nginx</html>",
        SIGNED | {"state": "99"},
        SIGNED | {"state": None},
        SIGNED | {"data": "none"},
        SIGNED | {"data": [{"ftime": "yesterday", "context": ""}]},
        {"message": "ok"},
    ],
)
async def test_what_is_no_trace_is_nonsense(answering: Answering, body: object) -> None:
    assert isinstance(await failure_of(answering(body)), Nonsense)


async def test_subscribing_again_changes_nothing_and_a_wrong_key_is_a_persons_matter(answering: Answering) -> None:
    again = {"result": False, "returnCode": "501", "message": "重复订阅"}
    await client(answering(again)).subscribe("yuantong", "YT1", "http://api.test/couriers/pushes")
    refused = {"result": False, "returnCode": "600", "message": "您不是合法的订阅者"}
    with pytest.raises(AuthRevoked):
        await client(answering(refused)).subscribe("yuantong", "YT1", "http://api.test/couriers/pushes")


async def test_a_number_may_tell_its_courier_or_not(answering: Answering) -> None:
    assert await client(answering([{"comCode": "yuantong"}])).company_of("YT1") == "yuantong"
    assert await client(answering([])).company_of("1234") is None
    with pytest.raises(AuthRevoked):
        await client(answering({"result": False, "returnCode": "601", "message": "KEY"})).company_of("1")


def test_a_push_with_our_signature_is_a_trace() -> None:
    param = json.dumps({"status": "polling", "lastResult": SIGNED})
    trace = pushed(param, poll_signature(param, "saltsalt"), "saltsalt")
    assert trace is not None
    assert trace.state is TransitState.SIGNED


def test_a_push_that_only_ends_the_watch_tells_nothing() -> None:
    param = json.dumps({"status": "abort", "message": "3天查询无记录", "lastResult": {"state": "0"}})
    assert pushed(param, poll_signature(param, "saltsalt"), "saltsalt") is None


def test_a_forged_push_is_refused_before_it_is_read() -> None:
    with pytest.raises(AuthRevoked):
        pushed("not even json", "0" * 32, "saltsalt")
