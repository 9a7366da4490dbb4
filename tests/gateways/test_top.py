"""TOP's transport: what is sent, how answers are unwrapped, and how each error is sorted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import httpx2
import pytest

from gateways.failures import AuthRevoked, GatewayFailure, Nonsense, RateLimited, Rejected, Transient
from gateways.signing import top_signature
from gateways.top import TopClient, failure_of
from gateways.wire import trusted

type Answering = Callable[..., httpx2.AsyncClient]
type TopOf = Callable[[httpx2.AsyncClient], TopClient]

METHOD = "taobao.trade.fullinfo.get"


def error(code: int, sub_code: str = "", sub_msg: str = "") -> dict[str, object]:
    return {"code": code, "msg": "Error", "sub_code": sub_code, "sub_msg": sub_msg, "request_id": "abc1"}


async def test_a_call_is_signed_in_chinas_time_with_empty_parameters_left_out(
    answering: Answering, asked: list[httpx2.Request], top_of: TopOf
) -> None:
    await top_of(answering({"trade_fullinfo_get_response": {}})).call(METHOD, tid="42", memo="", nick=None, deep=True)
    form = dict(parse_qsl(asked[0].content.decode()))
    assert form["sign"] == top_signature(form, "helloworld", "hmac-sha256")
    assert (form["timestamp"], form["deep"], form["format"]) == ("2026-11-21 20:30:00", "true", "json")
    assert not {"memo", "nick"} & set(form)


async def test_the_session_never_travels_in_the_address(
    answering: Answering, asked: list[httpx2.Request], top_of: TopOf
) -> None:
    await top_of(answering({"trade_fullinfo_get_response": {}})).call(METHOD)
    assert str(asked[0].url) == "http://top.test/router/rest"


async def test_the_inside_of_the_response_is_given(answering: Answering, top_of: TopOf) -> None:
    answer = await top_of(answering({"trade_fullinfo_get_response": {"request_id": "r"}})).call(METHOD)
    assert answer.text("request_id") == "r"


@pytest.mark.parametrize(
    "body", [{}, {"trade_fullinfo_get_response": []}, {"error_response": 5}, {"other_response": {}}]
)
async def test_an_envelope_of_another_shape_is_nonsense(body: object, answering: Answering, top_of: TopOf) -> None:
    with pytest.raises(Nonsense):
        await top_of(answering(body)).call(METHOD)


@pytest.mark.parametrize("code", [11, 12, 24, 25, 26, 27, 28, 29, 42, 53])
def test_lost_permissions_need_a_person(code: int, now: datetime) -> None:
    assert isinstance(failure_of(error(code), now), AuthRevoked)


@pytest.mark.parametrize(
    "sub_code",
    [
        "isp.top-remote-connection-timeout",
        "isp.top-remote-service-unavailable",
        "isp.top-remote-unknown-error-tmall",
        "isp.remote-connection-error",
        "isp.service-error",
    ],
)
def test_the_platforms_own_trouble_is_worth_another_try(sub_code: str, now: datetime) -> None:
    failure = failure_of(error(15, sub_code), now)
    assert isinstance(failure, Transient)
    assert failure.maybe_done


def test_an_unavailable_service_is_worth_another_try(now: datetime) -> None:
    assert isinstance(failure_of(error(10), now), Transient)


def test_a_ban_ends_one_second_after_the_seconds_it_names(now: datetime) -> None:
    said = "This ban will last for 37 more seconds"
    failure = failure_of(error(7, "accesscontrol.limited-by-api-access-count", said), now)
    assert isinstance(failure, RateLimited)
    assert failure.until == now + timedelta(seconds=38)


def test_the_apps_daily_quota_ends_at_midnight_in_china(now: datetime) -> None:
    failure = failure_of(error(7, "accesscontrol.limited-by-app-access-count"), now)
    assert isinstance(failure, RateLimited)
    assert failure.until == datetime(2026, 11, 21, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sub_code", "seconds"), [("isp.call-limited", 1), ("", 60), ("accesscontrol.limited-by-x", 60)]
)
def test_other_limits_are_waited_for_too(sub_code: str, seconds: int, now: datetime) -> None:
    failure = failure_of(error(7, sub_code), now)
    assert isinstance(failure, RateLimited)
    assert failure.until == now + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("code", "sub_code", "permanent"),
    [
        (50, "isv.trade-not-exist", True),
        (15, "isv.invalid-parameter", True),
        (21, "", True),
        (22, "", True),
        (33, "", True),
        (40, "", True),
        (41, "", True),
        (47, "", True),
        (30, "", False),
        (31, "", False),
        (50, "", False),
        (9999, "something.new", False),
    ],
)
def test_a_refusal_says_whether_it_is_final(code: int, sub_code: str, permanent: bool, now: datetime) -> None:
    failure = failure_of(error(code, sub_code), now)
    assert isinstance(failure, Rejected)
    assert failure.permanent is permanent


@pytest.mark.parametrize("said", [None, 5, [], {}, {"msg": "no code"}, {"code": None}, {"code": ""}])
def test_an_error_without_a_code_is_nonsense(said: object, now: datetime) -> None:
    assert isinstance(failure_of(said, now), Nonsense)


def test_an_error_keeps_its_codes_and_hides_the_buyer(now: datetime) -> None:
    failure = failure_of(error(50, "isv.x", "买家 13800138000 拒收"), now)
    assert (failure.code, failure.sub_code, failure.request_id) == ("50", "isv.x", "abc1")
    assert "13800138000" not in failure.party_text + str(failure)


def test_secrets_are_in_no_representation(top_of: TopOf) -> None:
    client = top_of(httpx2.AsyncClient(verify=trusted()))
    assert "helloworld" not in repr(client.__dict__)
    assert "a-session" not in repr(client.__dict__)


def test_every_failure_is_a_gateway_failure(now: datetime) -> None:
    assert all(isinstance(failure_of(error(code), now), GatewayFailure) for code in range(100))
