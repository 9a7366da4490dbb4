"""The demo shop on the sandbox's side: its credentials, its wallet and messenger keys, and an order to review."""

from collections.abc import Mapping
from typing import Any

import httpx2
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_pem_public_key,
)

from embedded.demo_cast import SELLER_NICK
from embedded.faults import CannotStart
from embedded.keys import bare, bytes_of

APP_KEY = "20261121"
OIDC_CLIENT = "amends-demo"
ALIPAY_APP_ID = "2021000000000001"
WECHAT_MERCHANT = {"mch_id": "1900001109", "app_id": "wxf636efh567hg4356", "serial": "408B07E79B8269FEC3D5D3E6"}
SMS_KEY_ID = "amends-demo"
COURIER_CUSTOMER = "amends-demo"
FIRST_ORDER = {
    "shop": SELLER_NICK,
    "buyer_nick": "chen",
    "items": [{"title": "Kettle, 1.5 l", "price": "89.00"}],
    "alipay_account": "chen@example.com",
    "finish": True,
}


class SandboxRefused(CannotStart):
    """The sandbox did not take the demo shop; the message carries its answer."""


def outside_parties(sandbox: str) -> dict[str, str]:
    """The settings that send calls to marketplace, wallet, messenger and couriers to the sandbox."""
    return {
        "AMENDS_TOP_URL": f"{sandbox}/router/rest",
        "AMENDS_ALIPAY_URL": f"{sandbox}/gateway.do",
        "AMENDS_ALIPAY_APP_ID": ALIPAY_APP_ID,
        "AMENDS_WECHAT_PAY_URL": sandbox,
        "AMENDS_WECHAT_PAY_MERCHANT": WECHAT_MERCHANT["mch_id"],
        "AMENDS_WECHAT_PAY_APP_ID": WECHAT_MERCHANT["app_id"],
        "AMENDS_WECHAT_PAY_CERT_SERIAL": WECHAT_MERCHANT["serial"],
        "AMENDS_SMS_URL": sandbox,
        "AMENDS_SMS_ACCESS_KEY_ID": SMS_KEY_ID,
        "AMENDS_SMS_SIGN_NAME": "Amends",
        "AMENDS_DINGTALK_URL": sandbox,
        "AMENDS_WECOM_URL": sandbox,
        "AMENDS_FEISHU_URL": sandbox,
        "AMENDS_KUAIDI100_URL": sandbox,
        "AMENDS_KUAIDI100_CUSTOMER": COURIER_CUSTOMER,
        "AMENDS_COURIER_CLAIMS_URL": f"{sandbox}/std/service",
        "AMENDS_COURIER_CLAIMS_PARTNER": COURIER_CUSTOMER,
    }


def mail_server(host: str, port: int) -> dict[str, str]:
    """The settings that send mail to the sandbox's post office, which is on this machine."""
    return {
        "AMENDS_SMTP_HOST": host,
        "AMENDS_SMTP_PORT": str(port),
        "AMENDS_SMTP_SECURITY": "plain",
        "AMENDS_SMTP_SENDER": "amends@example.com",
    }


def identity_provider(sandbox: str, keys: Mapping[str, str]) -> dict[str, str]:
    """The settings that let the demo people log in at the sandbox, which is on this machine."""
    return {
        "AMENDS_OIDC_ISSUER": f"{sandbox}/oidc",
        "AMENDS_OIDC_CLIENT_ID": OIDC_CLIENT,
        "AMENDS_OIDC_CLIENT_SECRET": keys["DEMO_OIDC_SECRET"],
        "AMENDS_OIDC_NAME": "Sandbox",
    }


async def introduce_api(sandbox: str, api: str, keys: Mapping[str, str]) -> None:
    """Lets the sandbox's identity provider send browsers back to the api. Raises SandboxRefused."""
    client = {"client_id": OIDC_CLIENT, "client_secret": keys["DEMO_OIDC_SECRET"]}
    async with httpx2.AsyncClient(base_url=sandbox, timeout=10, trust_env=False) as http:
        await _post(http, "/control/oidc/clients", client | {"redirect_uri": f"{api}/login/oidc/callback"})


async def introduce(sandbox: str, keys: Mapping[str, str]) -> dict[str, str]:
    """Registers shop, wallet apps, messenger key, robot and courier accounts; what is known already stays as it is.

    Returns the settings that only the sandbox can give: its wallets' public keys. Raises SandboxRefused.
    """
    async with httpx2.AsyncClient(base_url=sandbox, timeout=10, trust_env=False) as client:
        await _post(client, "/control/shops", _shop(keys))
        sms_key = {"access_key_id": SMS_KEY_ID, "access_key_secret": keys["AMENDS_SMS_ACCESS_KEY_SECRET"]}
        await _post(client, "/control/sms/keys", sms_key)
        customer = {"customer": COURIER_CUSTOMER, "key": keys["AMENDS_KUAIDI100_KEY"]}
        await _post(client, "/control/courier/customers", customer)
        partner = {"partner_id": COURIER_CUSTOMER, "checkword": keys["AMENDS_COURIER_CLAIMS_CHECKWORD"]}
        await _post(client, "/control/courier/partners", partner)
        alipay = {"app_id": ALIPAY_APP_ID, "public_key": _public(keys["AMENDS_ALIPAY_PRIVATE_KEY"])}
        merchant = WECHAT_MERCHANT | {"public_key": _public(keys["AMENDS_WECHAT_PAY_PRIVATE_KEY"])}
        wallet = await _post(client, "/control/alipay/apps", alipay)
        wechat = await _post(client, "/control/wechat/merchants", merchant)
        robot = {"kind": "dingtalk", "token": keys["DEMO_ROBOT_TOKEN"], "secret": keys["DEMO_ROBOT_SECRET"]}
        await _post(client, "/control/robots", robot)
        await _place_first_order(client)
    return {
        "AMENDS_ALIPAY_PUBLIC_KEY": _on_one_line(wallet["alipay_public_key"]),
        "AMENDS_WECHAT_PAY_PLATFORM_SERIAL": wechat["platform_serial"],
        "AMENDS_WECHAT_PAY_PLATFORM_KEY": _on_one_line(wechat["platform_key"]),
    }


def credentials(keys: Mapping[str, str]) -> dict[str, str]:
    """What the marketplace knows the demo shop by."""
    return {"app_key": APP_KEY, "app_secret": keys["DEMO_TOP_SECRET"], "session": keys["DEMO_TOP_SESSION"]}


def _shop(keys: Mapping[str, str]) -> dict[str, str]:
    return {"seller_nick": SELLER_NICK, "flavour": "taobao", **credentials(keys)}


def _public(private_key: str) -> str:
    public = load_der_private_key(bytes_of(private_key), None).public_key()
    return bare(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _on_one_line(pem: str) -> str:
    key = load_pem_public_key(pem.encode())
    return bare(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


async def _place_first_order(client: httpx2.AsyncClient) -> None:
    """An order of Chen's, received and waiting for a review, unless the shop has orders."""
    orders = await client.get("/buyer/orders", params={"shop": SELLER_NICK})
    if not orders.json():
        await _post(client, "/buyer/orders", FIRST_ORDER)


async def _post(client: httpx2.AsyncClient, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=dict(body))
    if not answer.is_success:
        raise SandboxRefused(f"The sandbox refused {path} ({answer.status_code}): {answer.text[:300]}")
    found: dict[str, Any] = answer.json()
    return found
