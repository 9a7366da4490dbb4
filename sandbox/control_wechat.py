"""/control/wechat: WeChat Pay's merchants, the openids they pay, and a buyer's hand that confirms a receipt."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from sandbox import rsa_keys, wechat_pay_protocol, wechat_wallet
from sandbox.clock import yuan
from sandbox.control_api import Body, WalletChange
from sandbox.world import Refused, World


class MerchantBody(Body):
    mch_id: str = Field(min_length=1, max_length=32)
    app_id: str = Field(min_length=1, max_length=32)
    serial: str = Field(min_length=1, max_length=64, description="of the merchant's API certificate")
    public_key: str = Field(description="PEM or bare base64")


class OpenidBody(Body):
    openid: str = Field(pattern=r"^[0-9A-Za-z_-]{6,64}$")
    name: str = Field(min_length=1)
    status: Literal["normal", "frozen"] = "normal"
    confirms: Literal["at_once", "by_hand"] = "at_once"


def router(world: World) -> APIRouter:
    api = APIRouter(prefix="/control/wechat", tags=["control"])

    @api.post("/merchants")
    async def save_merchant(body: MerchantBody) -> dict[str, str]:
        """Answers the public key with which WeChat Pay signs, and its id."""
        rsa_keys.public_key(body.public_key)
        world.store.execute(
            "INSERT INTO wechat_merchant VALUES (?, ?, ?, ?) ON CONFLICT (mch_id) DO UPDATE "
            "SET app_id = excluded.app_id, serial = excluded.serial, public_key = excluded.public_key",
            body.mch_id,
            body.app_id,
            body.serial,
            body.public_key,
        )
        return {
            "mch_id": body.mch_id,
            "platform_serial": wechat_pay_protocol.PLATFORM_SERIAL,
            "platform_key": wechat_pay_protocol.platform_public_key(world),
        }

    @api.post("/payees")
    async def save_payee(body: OpenidBody) -> dict[str, Any]:
        return dict(wechat_wallet.set_account(world, **body.model_dump()))

    @api.get("/wallet")
    async def read_wallet() -> dict[str, Any]:
        return {"balance": yuan(wechat_wallet.balance(world)), "transfers": wechat_wallet.transfers(world)}

    @api.post("/wallet")
    async def set_balance(body: WalletChange) -> dict[str, Any]:
        whole, _, rest = body.balance.partition(".")
        wechat_wallet.set_balance(world, int(whole) * 100 + int(rest.ljust(2, "0")))
        return {"balance": yuan(wechat_wallet.balance(world))}

    @api.get("/transfers")
    async def read_transfers(out_bill_no: str | None = None) -> list[dict[str, Any]]:
        return wechat_wallet.transfers(world, out_bill_no)

    @api.post("/transfers/{out_bill_no}/confirm")
    async def confirm(out_bill_no: str) -> dict[str, Any]:
        """The buyer opens the shop's mini-program and accepts the money."""
        transfer = wechat_wallet.by_number(world, out_bill_no)
        if transfer is None or transfer["state"] != "WAIT_USER_CONFIRM":
            raise Refused("nothing_to_confirm", "No transfer of this number waits for its buyer.")
        wechat_wallet.settle(world, transfer, "SUCCESS")
        return wechat_wallet.transfers(world, out_bill_no)[0]

    return api
