"""Clients that none of our code wrote, and a hand that opens shops, places orders and presses buttons."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import httpx2
from alibabacloud_dysmsapi20170525 import models as sms_models
from alibabacloud_dysmsapi20170525.client import Client as SmsSdk
from alibabacloud_tea_openapi.models import Config
from alipay import AliPay
from Cryptodome.PublicKey import RSA
from taobaopy.taobao import TaoBaoAPIClient

SMS_SECRET = "sk"

_names = count(1)


@dataclass(frozen=True)
class Shop:
    seller_nick: str
    app_key: str
    app_secret: str
    session: str


class Market:
    """The operator's and the buyers' hands on one running sandbox."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = httpx2.Client(base_url=base, timeout=30, trust_env=False)

    def post(self, path: str, body: Any = None) -> Any:
        answer = self.http.post(path, json={} if body is None else body)
        assert answer.is_success, answer.text
        return answer.json()

    def get(self, path: str, **query: Any) -> Any:
        return self.http.get(path, params=query).json()

    def refusal(self, path: str, body: Any = None, method: str = "POST") -> str:
        """The named code with which the sandbox refuses."""
        answer = self.http.request(method, path, json={} if body is None else body)
        assert answer.status_code in (404, 409), answer.text
        return str(answer.json()["code"])

    def open_shop(self, flavour: str = "taobao") -> Shop:
        known = self.post("/control/shops", {"seller_nick": f"小店{next(_names)}号", "flavour": flavour})
        return Shop(**{name: known[name] for name in ("seller_nick", "app_key", "app_secret", "session")})

    def order(self, shop: Shop, *, finish: bool = True, **changes: Any) -> int:
        """The tid of an order of one item, which is its oid as well."""
        body = {
            "shop": shop.seller_nick,
            "buyer_nick": "chen",
            "items": [{"title": "茶杯", "price": "39.90"}],
            "alipay_account": "chen@example.com",
            "name": "陈晓",
            "finish": finish,
        }
        return int(self.post("/buyer/orders", body | changes)["tid"])

    def review(self, shop: Shop, result: str = "bad", content: str = "杯子裂了", **order: Any) -> int:
        oid = self.order(shop, **order)
        self.post(f"/buyer/reviews/{oid}", {"result": result, "content": content})
        return oid

    def bulk(self, shop: Shop, created: list[datetime]) -> None:
        reviews = [{"text": f"差评 {n}", "created": one.isoformat()} for n, one in enumerate(created)]
        self.post("/buyer/bulk_reviews", {"shop": shop.seller_nick, "reviews": reviews})

    def pass_days(self, days: float) -> None:
        self.post("/control/clock", {"advance_seconds": days * 86_400})

    def plan(self, method: str, kind: str, **options: Any) -> None:
        self.post("/control/faults", {"method": method, "kind": kind, **options})


def taobaopy(base: str, shop: Shop, retries: int = 1) -> Any:
    """The stock TOP client; it writes local time, so the test must run in China's zone."""
    client = TaoBaoAPIClient(shop.app_key, shop.app_secret, domain=base, retry_count=retries)
    client.set_access_token(shop.session, time.time() + 3_600)
    return client


def signed(shop: Shop, sign_method: str, params: dict[str, str]) -> dict[str, str]:
    """A TOP request signed by the official description, for the signatures that taobaopy lacks."""
    now = datetime.now(UTC) + timedelta(hours=8)
    every = {
        "app_key": shop.app_key,
        "session": shop.session,
        "timestamp": now.strftime("%Y-%m-%d %H:%M:%S"),
        "format": "json",
        "v": "2.0",
        "sign_method": sign_method,
        **params,
    }
    text, secret = "".join(key + every[key] for key in sorted(every) if every[key]), shop.app_secret
    match sign_method:
        case "md5":
            digest = hashlib.md5((secret + text + secret).encode(), usedforsecurity=False).hexdigest()
        case "hmac":
            digest = hmac.new(secret.encode(), text.encode(), "md5").hexdigest()
        case _:
            digest = hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
    return every | {"sign": digest.upper()}


def error_of(answer: httpx2.Response) -> tuple[int, str]:
    error = json.loads(answer.text)["error_response"]
    return error["code"], error.get("sub_code", "")


@cache
def app_key_pair() -> RSA.RsaKey:
    """One for the whole run: making it takes longer than any test that uses it."""
    return RSA.generate(2048)


class Wallet:
    """python-alipay-sdk with its gateway turned to the sandbox."""

    def __init__(self, market: Market, app_id: str) -> None:
        key = app_key_pair()
        body = {"app_id": app_id, "public_key": key.publickey().export_key().decode()}
        alipay_key = market.post("/control/alipay/apps", body)["alipay_public_key"]
        self.sdk = AliPay(app_id, None, key.export_key().decode(), alipay_key)
        self.sdk._gateway = f"{market.base}/gateway.do"
        market.post("/control/wallet/payees", {"account": "chen@example.com", "name": "陈晓"})

    def number(self) -> str:
        return f"{self.sdk.appid}x{next(_names)}x{time.time_ns()}"

    def transfer(self, number: str, amount: str = "5.00", **changes: Any) -> dict[str, Any]:
        body = {
            "out_biz_no": number,
            "trans_amount": amount,
            "product_code": "TRANS_ACCOUNT_NO_PWD",
            "biz_scene": "DIRECT_TRANSFER",
            "order_title": "售后补偿",
            "payee_info": {
                "identity": "chen@example.com",
                "identity_type": "ALIPAY_LOGON_ID",
                "name": "陈晓",
            },
        }
        return dict(self.sdk.server_api("alipay.fund.trans.uni.transfer", body | changes))

    def query(self, number: str) -> dict[str, Any]:
        asked = {"out_biz_no": number, "product_code": "TRANS_ACCOUNT_NO_PWD", "biz_scene": "DIRECT_TRANSFER"}
        return dict(self.sdk.server_api("alipay.fund.trans.common.query", asked))


class Messenger:
    """The official Aliyun SMS SDK."""

    def __init__(self, base: str, key: str = "ak", secret: str = SMS_SECRET) -> None:
        endpoint = base.removeprefix("http://")
        config = Config(
            access_key_id=key, access_key_secret=secret, endpoint=endpoint, protocol="HTTP", read_timeout=8_000
        )
        self.sdk = SmsSdk(config)

    def send(self, phone: str, **changes: Any) -> dict[str, Any]:
        request = {"sign_name": "小店 *~", "template_code": "SMS_1", "template_param": '{"name": "陈 & 晓"}'}
        body = self.sdk.send_sms(sms_models.SendSmsRequest(phone_numbers=phone, **request | changes)).body
        return dict(body.to_map())

    def details(self, phone: str, day: str) -> dict[str, Any]:
        request = sms_models.QuerySendDetailsRequest(phone_number=phone, send_date=day, page_size=10, current_page=1)
        return dict(self.sdk.query_send_details(request).body.to_map())
