"""Aliyun SMS: what is sent, what an acceptance and a delivery mean, and how refusals are sorted."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import httpx2
import pytest

from domain.outgoing import ClearedNotice
from gateways.aliyun_sms import AliyunSms, DeliveryState
from gateways.failures import AuthRevoked, GatewayFailure, Nonsense, RateLimited, Rejected, Transient
from gateways.signing import acs3_authorization
from gateways.wire import quiet_http_log

type Answering = Callable[..., httpx2.AsyncClient]
type SmsOf = Callable[[httpx2.AsyncClient], AliyunSms]

ACCEPTED = {"Code": "OK", "Message": "OK", "BizId": "134523^4351232", "RequestId": "873043AC"}
ROW = {"PhoneNum": "13800138000", "SendStatus": 3, "ErrCode": "DELIVERED", "ReceiveDate": "2026-11-21 20:31:00"}


async def failure_of(http: httpx2.AsyncClient, sms_of: SmsOf) -> GatewayFailure:
    with pytest.raises(GatewayFailure) as caught:
        await sms_of(http).send_sms("13800138000", "小店", "SMS_1", ClearedNotice({}), "o1")
    return caught.value


async def test_a_message_is_accepted_with_the_id_to_ask_for(answering: Answering, sms_of: SmsOf) -> None:
    accepted = await sms_of(answering(ACCEPTED)).send_sms(
        "13800138000", "小店", "SMS_1", ClearedNotice({"name": "陈"}), "o1"
    )
    assert (accepted.biz_id, accepted.request_id) == ("134523^4351232", "873043AC")


async def test_what_is_sent_is_what_was_signed(
    answering: Answering, asked: list[httpx2.Request], sms_of: SmsOf
) -> None:
    await sms_of(answering(ACCEPTED)).send_sms(
        "13800138000", "小店(南京)", "SMS_1", ClearedNotice({"name": "陈 *~'"}), "o/1"
    )
    request, headers = asked[0], asked[0].headers
    names = headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    signed = {name: headers[name] for name in names}
    query = request.url.query.decode()
    again = acs3_authorization("POST", "/", query, signed, request.content, "LTAItest", "a-secret")
    assert (headers["authorization"], signed["host"]) == (again, "sms.test:8080")
    assert json.loads(request.url.params["TemplateParam"]) == {"name": "陈 *~'"}


async def test_no_phone_is_logged_once_the_http_log_is_quiet(
    answering: Answering, sms_of: SmsOf, caplog: pytest.LogCaptureFixture
) -> None:
    quiet_http_log()
    with caplog.at_level(logging.INFO):
        await sms_of(answering(ACCEPTED)).send_sms("13800138000", "小店", "SMS_1", ClearedNotice({}), "o1")
    assert "13800138000" not in caplog.text


async def test_no_two_calls_share_a_nonce(answering: Answering, asked: list[httpx2.Request], sms_of: SmsOf) -> None:
    sms = sms_of(answering(ACCEPTED))
    for _ in range(2):
        await sms.send_sms("13800138000", "小店", "SMS_1", ClearedNotice({}), "o1")
    assert len({request.headers["x-acs-signature-nonce"] for request in asked}) == 2


async def test_a_delivery_is_read_with_its_time_in_utc(answering: Answering, sms_of: SmsOf) -> None:
    body = {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [ROW]}}
    found = await sms_of(answering(body)).delivery("13800138000", date(2026, 11, 21), "134523^4351232")
    assert found is not None
    assert (found.state, found.received_at) == (DeliveryState.DELIVERED, datetime(2026, 11, 21, 12, 31, tzinfo=UTC))
    assert "13800138000" not in repr(found)


@pytest.mark.parametrize("none", [{}, {"SmsSendDetailDTOs": {}}, {"SmsSendDetailDTOs": {"SmsSendDetailDTO": []}}])
async def test_a_message_that_is_not_yet_known_is_none(
    none: dict[str, object], answering: Answering, sms_of: SmsOf
) -> None:
    assert await sms_of(answering({"Code": "OK"} | none)).delivery("1", date(2026, 11, 21), "x") is None


async def test_an_unknown_delivery_state_is_nonsense(answering: Answering, sms_of: SmsOf) -> None:
    body = {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [ROW | {"SendStatus": 9}]}}
    with pytest.raises(Nonsense, match="SendStatus"):
        await sms_of(answering(body)).delivery("1", date(2026, 11, 21), "x")


@pytest.mark.parametrize(
    ("message", "wait"),
    [
        ("触发分钟级流控Permits:1", timedelta(minutes=1)),
        ("触发小时级流控Permits:5", timedelta(hours=1)),
        ("触发天级流控Permits:10", timedelta(days=1)),
        ("触发流控", timedelta(minutes=1)),
    ],
)
async def test_a_limit_is_waited_for_as_long_as_it_says(
    message: str, wait: timedelta, answering: Answering, sms_of: SmsOf, now: datetime
) -> None:
    failure = await failure_of(answering({"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": message}), sms_of)
    assert isinstance(failure, RateLimited)
    assert failure.until == now + wait


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("isp.SYSTEM_ERROR", Transient),
        ("ServiceUnavailable", Transient),
        ("Throttling.User", RateLimited),
        ("SignatureDoesNotMatch", AuthRevoked),
        ("InvalidAccessKeyId.NotFound", AuthRevoked),
        ("isp.RAM_PERMISSION_DENY", AuthRevoked),
        ("isv.OUT_OF_SERVICE", AuthRevoked),
        ("isv.MOBILE_NUMBER_ILLEGAL", Rejected),
        ("isv.SMS_TEMPLATE_ILLEGAL", Rejected),
        ("isv.BLACK_KEY_CONTROL_LIMIT", Rejected),
        ("", Nonsense),
        ("a phone 13800138000", Nonsense),
    ],
)
async def test_refusals_are_sorted(code: str, kind: type[GatewayFailure], answering: Answering, sms_of: SmsOf) -> None:
    assert type(await failure_of(answering({"Code": code}, status=400), sms_of)) is kind


async def test_an_empty_account_may_be_filled(answering: Answering, sms_of: SmsOf) -> None:
    failure = await failure_of(answering({"Code": "isv.AMOUNT_NOT_ENOUGH", "Message": "余额不足"}), sms_of)
    assert isinstance(failure, Rejected)
    assert not failure.permanent


async def test_an_acceptance_without_its_id_is_nonsense_that_may_have_sent(answering: Answering, sms_of: SmsOf) -> None:
    failure = await failure_of(answering({"Code": "OK"}), sms_of)
    assert isinstance(failure, Nonsense)
    assert failure.maybe_done


async def test_a_failure_names_no_phone(answering: Answering, sms_of: SmsOf) -> None:
    failure = await failure_of(answering({"Code": "isv.X", "Message": "13800138000 is on a list"}), sms_of)
    assert "13800138000" not in str(failure) + failure.party_text
