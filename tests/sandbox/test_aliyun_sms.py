import time
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

from tests.sandbox.clients import Market, Messenger

# Aliyun's SDK stamps its requests with datetime.utcnow().
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
_phones = count(13_600_000_000 + int(time.time()) % 1_000_000)


@pytest.fixture
def phone() -> str:
    return str(next(_phones))


def today() -> str:
    return (datetime.now(UTC) + timedelta(hours=8)).strftime("%Y%m%d")


def test_the_official_sdk_sends_a_text_that_arrives(market: Market, messenger: Messenger, phone: str) -> None:
    market.order(market.open_shop(), buyer_nick=f"sms-{phone}", phone=phone)

    sent = messenger.send(phone, out_id="case-1")

    assert sent["Code"] == "OK"
    (text,) = market.get(f"/buyer/people/sms-{phone}")["inbox"]
    assert (text["biz_id"], text["out_id"]) == (sent["BizId"], "case-1")
    assert "陈 & 晓" in text["text"]


def test_the_receipt_tells_that_it_was_delivered(messenger: Messenger, phone: str) -> None:
    messenger.send(phone, out_id="case-2")

    details = messenger.details(phone, today())

    (one,) = details["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
    assert (one["SendStatus"], one["ErrCode"], one["OutId"]) == (3, "DELIVERED", "case-2")
    assert details["TotalCount"] == "1"


def test_a_suspended_phone_accepts_nothing(market: Market, messenger: Messenger, phone: str) -> None:
    market.order(market.open_shop(), buyer_nick=f"sms-{phone}", phone=phone)
    market.post(f"/buyer/people/sms-{phone}", {"phone_behaviour": "suspended"})

    assert messenger.send(phone)["Code"] == "OK"
    assert messenger.details(phone, today())["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0]["SendStatus"] == 2
    assert market.get(f"/buyer/people/sms-{phone}")["inbox"] == []


def test_a_receipt_may_stay_out_for_a_while(market: Market, messenger: Messenger, phone: str) -> None:
    market.plan("SendSms", "dealing", seconds=60)
    messenger.send(phone)

    assert messenger.details(phone, today())["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0]["SendStatus"] == 1


def test_nothing_was_sent_on_another_day(messenger: Messenger, phone: str) -> None:
    messenger.send(phone)

    assert messenger.details(phone, "20260101")["TotalCount"] == "0"


@pytest.mark.parametrize(("kind", "allowed"), [("code", 1), ("notice", 50)])
def test_the_quota_of_a_kind_rolls_over_its_time(
    market: Market, messenger: Messenger, phone: str, kind: str, allowed: int
) -> None:
    market.post("/control/sms/templates", {"code": f"SMS_{kind}", "kind": kind, "text": "您好${name}"})
    codes = [messenger.send(phone, template_code=f"SMS_{kind}")["Code"] for _ in range(allowed + 1)]

    assert codes == ["OK"] * allowed + ["isv.BUSINESS_LIMIT_CONTROL"]
    market.pass_days(1.01)
    assert messenger.send(phone, template_code=f"SMS_{kind}")["Code"] == "OK"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"phone_numbers": "12345"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"phone_numbers": ",".join(["13800138000"] * 1_001)}, "isv.MOBILE_COUNT_OVER_LIMIT"),
        ({"sign_name": ""}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"template_code": "SMS_never_registered"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"template_code": "SMS_known", "template_param": "[1]"}, "isv.INVALID_JSON_PARAM"),
        ({"template_code": "SMS_known", "template_param": "{}"}, "isv.TEMPLATE_MISSING_PARAMETERS"),
    ],
)
def test_a_wrong_request_gets_the_platforms_code(
    market: Market, messenger: Messenger, changes: dict[str, str], code: str
) -> None:
    market.post("/control/sms/templates", {"code": "SMS_known", "text": "您好${name}"})
    phone = changes.get("phone_numbers", "13800138000")
    others = {name: value for name, value in changes.items() if name != "phone_numbers"}

    assert messenger.send(phone, **others)["Code"] == code


def test_a_template_is_filled_in(market: Market, messenger: Messenger, phone: str) -> None:
    market.post("/control/sms/templates", {"code": "SMS_filled", "text": "${name}您好,已打款${sum}元"})
    messenger.send(phone, template_code="SMS_filled", template_param='{"name": "陈", "sum": "5.00"}')

    assert market.get("/control/sms", phone=phone)[0]["text"] == "【小店 *~】陈您好,已打款5.00元"


@pytest.mark.parametrize(
    ("key", "secret", "code"), [("ak", "wrong", "SignatureDoesNotMatch"), ("xx", "sk", "InvalidAccessKeyId.NotFound")]
)
def test_a_wrong_key_is_refused(market: Market, messenger: Messenger, key: str, secret: str, code: str) -> None:
    with pytest.raises(AlibabaCloudException) as refused:
        Messenger(market.base, key, secret).send("13800138000")

    assert refused.value.code == code


def test_an_unsigned_call_is_refused(market: Market) -> None:
    answer = market.http.post("/", headers={"x-acs-action": "SendSms"})

    assert (answer.status_code, answer.json()["Code"]) == (400, "MissingAuthorization")
