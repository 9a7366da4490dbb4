"""Short messages: accepted, delivered or not, and the messenger's faults."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from domain.outgoing import ClearedNotice
from gateways.aliyun_sms import AliyunSms, DeliveryState, SmsCredentials
from gateways.failures import AuthRevoked, GatewayFailure, Nonsense, RateLimited, Rejected, Transient
from gateways.wire import CHINA

type Tell = Callable[..., Awaitable[Any]]


@pytest.fixture
def phone() -> str:
    """A number of the test's own."""
    return f"139{secrets.randbelow(10**8):08d}"


@pytest.fixture
def today(business_now: datetime) -> date:
    return business_now.astimezone(CHINA).date()


async def test_an_accepted_message_is_delivered(sms: AliyunSms, phone: str, read: Tell, today: date) -> None:
    accepted = await sms.send_sms(phone, "小店(南京)", "SMS_NOTICE", ClearedNotice({"amount": "5.00 *~'"}), "out/1")
    delivery = await sms.delivery(phone, today, accepted.biz_id)
    assert delivery is not None
    assert (delivery.state, delivery.out_id) == (DeliveryState.DELIVERED, "out/1")
    assert "5.00 *~'" in (await read("/control/sms", phone=phone))[0]["text"]


async def test_a_message_to_a_dead_number_failed(
    sms: AliyunSms, phone: str, order: Tell, tell: Tell, today: date
) -> None:
    await order(phone=phone, buyer_nick=f"buyer {phone}")
    await tell(f"/buyer/people/buyer {phone}", phone_behaviour="empty_number")
    accepted = await sms.send_sms(phone, "小店", "SMS_NOTICE", ClearedNotice({}), "o")
    delivery = await sms.delivery(phone, today, accepted.biz_id)
    assert delivery is not None
    assert (delivery.state, delivery.error_code) == (DeliveryState.FAILED, "MK:0001")


async def test_a_message_on_its_way_waits(sms: AliyunSms, phone: str, fault: Tell, today: date) -> None:
    await fault("SendSms", "dealing", seconds=60)
    accepted = await sms.send_sms(phone, "小店", "SMS_NOTICE", ClearedNotice({}), "o")
    delivery = await sms.delivery(phone, today, accepted.biz_id)
    assert delivery is not None
    assert (delivery.state, delivery.received_at) == (DeliveryState.WAITING, None)


async def test_a_message_nobody_sent_is_unknown(sms: AliyunSms, phone: str, today: date) -> None:
    assert await sms.delivery(phone, today, "1^0") is None


@pytest.mark.parametrize(
    ("kind", "failure", "maybe_done"),
    [
        ("timeout_before", Transient, True),
        ("timeout_after", Transient, True),
        ("http_500", Transient, True),
        ("system_error", Transient, True),
        ("rate_limit", RateLimited, False),
        ("balance", Rejected, False),
        ("nonsense", Nonsense, True),
    ],
)
async def test_every_fault_has_its_name(
    kind: str, failure: type[GatewayFailure], maybe_done: bool, sms: AliyunSms, phone: str, fault: Tell
) -> None:
    await fault("SendSms", kind)
    with pytest.raises(GatewayFailure) as caught:
        await sms.send_sms(phone, "小店", "SMS_NOTICE", ClearedNotice({}), "o")
    assert (type(caught.value), caught.value.maybe_done) == (failure, maybe_done)


async def test_a_bad_number_is_refused_for_good(sms: AliyunSms) -> None:
    with pytest.raises(Rejected) as caught:
        await sms.send_sms("12345", "小店", "SMS_NOTICE", ClearedNotice({}), "o")
    assert (caught.value.code, caught.value.permanent) == ("isv.MOBILE_NUMBER_ILLEGAL", True)


@pytest.mark.parametrize("key", [("LTAIother", "a-secret"), ("LTAItest", "another")])
async def test_a_wrong_key_needs_a_person(
    key: tuple[str, str], sms: AliyunSms, http: httpx2.AsyncClient, sandbox: str, phone: str
) -> None:
    stranger = AliyunSms(http, sandbox, SmsCredentials(key[0], SecretStr(key[1])))
    with pytest.raises(AuthRevoked):
        await stranger.send_sms(phone, "小店", "SMS_NOTICE", ClearedNotice({}), "o")
