"""/control: what an operator or a test may do that no buyer and no shop may."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from sandbox import alipay_keys, coupons, faults, reviews, shops, texts, wallet
from sandbox.clock import yuan
from sandbox.faults import FaultKind
from sandbox.world import World

Fen = Annotated[int, Field(ge=0)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClockChange(Body):
    """Either an aware moment or a number of seconds, which may be negative."""

    now: AwareDatetime | None = None
    advance_seconds: float | None = None

    @model_validator(mode="after")
    def one_of_both(self) -> "ClockChange":
        if (self.now is None) == (self.advance_seconds is None):
            raise ValueError("send either now or advance_seconds")
        return self


class ShopBody(Body):
    seller_nick: str = Field(min_length=1, max_length=60)
    flavour: Literal["taobao", "tmall"] = "taobao"
    app_key: str | None = None
    app_secret: str | None = None
    session: str | None = None


class WalletChange(Body):
    balance: str = Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,2})?$", description="yuan")


class PayeeBody(Body):
    account: str = Field(min_length=1)
    name: str = Field(min_length=1)
    status: Literal["normal", "unverified", "frozen"] = "normal"


class AlipayAppBody(Body):
    app_id: str = Field(min_length=1)
    public_key: str = Field(description="PEM or bare base64")


class SmsKeyBody(Body):
    access_key_id: str = Field(min_length=1)
    access_key_secret: str = Field(min_length=1)


class SmsTemplateBody(Body):
    code: str = Field(min_length=1)
    text: str = Field(description="placeholders as ${name}")
    kind: Literal["code", "notice", "marketing"] = "notice"


class SmsSignBody(Body):
    name: str = Field(min_length=1)


class LimitsChange(Body):
    review_max_chars: int | None = None
    reply_max_chars: int = 500
    first_review_days: int | None = 15
    amend_days: int = 30
    append_days: int = 180
    reply_days: int = 30
    reply_shows_after_seconds: int = Field(default=0, ge=0)
    tmc_redelivery_seconds: float = Field(default=10.0, ge=0)
    refund_code_above_fen: int = Field(default=200_000, ge=0)


class FaultBody(Body):
    method: str = Field(
        description="TOP or Alipay method, wechat.transfer, wechat.query, wechat.cancel, wechat.bill, "
        "wechat.bill_download, SendSms, QuerySendDetails, "
        "dingtalk.send, wecom.send, feishu.send, smtp.send, hook.NAME, or a pattern like taobao.*"
    )
    kind: FaultKind
    count: int | None = Field(default=1, ge=1, description="null: until cleared")
    seconds: float = Field(default=30.0, ge=0, description="hold, ban or settling time; at most 120")
    probability: float = Field(default=1.0, gt=0, le=1)
    after: bool = Field(default=False, description="do the thing first, then answer with the fault")
    outcome: Literal["SUCCESS", "FAIL"] = Field(default="SUCCESS", description="how a dealing transfer ends")


class OverrulingBody(Body):
    result: Literal["good", "neutral", "bad"]
    content: str | None = None
    push: bool = True


class ResetBody(Body):
    configuration_too: bool = Field(default=False, description="shops, apps, keys, signs and templates as well")


def router(world: World) -> APIRouter:
    api = APIRouter(prefix="/control", tags=["control"])
    for part in (_clock_and_limits, _shops_and_reviews, _wallet, _sms, _faults):
        part(api, world)
    return api


def _clock_and_limits(api: APIRouter, world: World) -> None:
    @api.get("/clock")
    async def read_clock() -> dict[str, Any]:
        return world.clock.state()

    @api.post("/clock")
    async def move_clock(body: ClockChange) -> dict[str, Any]:
        if body.now is not None:
            world.clock.set(body.now)
        else:
            world.clock.advance(body.advance_seconds or 0.0)
        return world.clock.state()

    @api.get("/limits")
    async def read_limits() -> dict[str, Any]:
        return vars(world.limits)

    @api.post("/limits")
    async def change_limits(body: LimitsChange) -> dict[str, Any]:
        """Changes only what is sent; review_max_chars null switches that limit off."""
        return vars(world.change_limits(body.model_dump(exclude_unset=True)))

    @api.post("/reset")
    async def reset(body: ResetBody) -> dict[str, Any]:
        world.store.reset(configuration_too=body.configuration_too)
        return {"reset": True}


def _shops_and_reviews(api: APIRouter, world: World) -> None:
    @api.get("/shops")
    async def read_shops() -> list[dict[str, Any]]:
        return [dict(row) for row in shops.every(world)]

    @api.post("/shops")
    async def save_shop(body: ShopBody) -> dict[str, Any]:
        """Creates or changes a shop; credentials that are left out are made up once and answered."""
        return dict(shops.save(world, **body.model_dump()))

    @api.post("/reviews/{oid}")
    async def overrule_review(oid: int, body: OverrulingBody) -> dict[str, Any]:
        """Sets a review against every rule, for example bad again after it was amended."""
        reviews.overrule(world, oid, body.result, body.content, body.push)
        return dict(reviews.get(world, oid))


def _wallet(api: APIRouter, world: World) -> None:
    @api.get("/wallet")
    async def read_wallet() -> dict[str, Any]:
        return {"balance": yuan(wallet.balance(world)), "transfers": wallet.transfers(world)}

    @api.post("/wallet")
    async def set_balance(body: WalletChange) -> dict[str, Any]:
        whole, _, rest = body.balance.partition(".")
        wallet.set_balance(world, int(whole) * 100 + int(rest.ljust(2, "0")))
        return {"balance": yuan(wallet.balance(world))}

    @api.post("/wallet/payees")
    async def save_payee(body: PayeeBody) -> dict[str, Any]:
        wallet.set_account(world, body.account, body.name, body.status)
        return dict(wallet.account(world, "ALIPAY_LOGON_ID", body.account) or {})

    @api.get("/transfers")
    async def read_transfers(out_biz_no: str | None = None) -> list[dict[str, Any]]:
        return wallet.transfers(world, out_biz_no)

    @api.get("/coupons")
    async def read_coupons(buyer_nick: str | None = None, coupon_id: int | None = None) -> list[dict[str, Any]]:
        """Every coupon that was given, also those that the wire does not show yet."""
        return coupons.listed(world, buyer_nick, coupon_id)

    @api.get("/alipay/public_key")
    async def read_public_key() -> dict[str, str]:
        return {"public_key": alipay_keys.wallet_public_key(world)}

    @api.post("/alipay/apps")
    async def save_alipay_app(body: AlipayAppBody) -> dict[str, str]:
        alipay_keys.public_key(body.public_key)
        world.store.execute(
            "INSERT INTO alipay_app VALUES (?, ?) ON CONFLICT (app_id) DO UPDATE SET public_key = excluded.public_key",
            body.app_id,
            body.public_key,
        )
        return {"app_id": body.app_id, "alipay_public_key": alipay_keys.wallet_public_key(world)}


def _sms(api: APIRouter, world: World) -> None:
    @api.get("/sms")
    async def read_sms(phone: str | None = None) -> list[dict[str, Any]]:
        return [{**dict(row), "send_status": texts.send_status(row)} for row in texts.sent(world, phone)]

    @api.post("/sms/keys")
    async def save_sms_key(body: SmsKeyBody) -> dict[str, str]:
        world.store.execute(
            "INSERT INTO sms_key VALUES (?, ?) "
            "ON CONFLICT (access_key_id) DO UPDATE SET access_key_secret = excluded.access_key_secret",
            body.access_key_id,
            body.access_key_secret,
        )
        return {"access_key_id": body.access_key_id}

    @api.post("/sms/signs")
    async def save_sms_sign(body: SmsSignBody) -> dict[str, str]:
        texts.save_sign(world, body.name)
        return {"name": body.name}

    @api.delete("/sms/templates")
    async def forget_sms_templates() -> dict[str, str]:
        """Also forgets the signs: any sign and any template is good again."""
        world.store.execute("DELETE FROM sms_sign")
        world.store.execute("DELETE FROM sms_template")
        return {"templates": "any"}

    @api.post("/sms/templates")
    async def save_sms_template(body: SmsTemplateBody) -> dict[str, str]:
        texts.save_template(world, body.code, body.kind, body.text)
        return body.model_dump()


def _faults(api: APIRouter, world: World) -> None:
    @api.get("/faults")
    async def read_faults() -> list[dict[str, Any]]:
        return faults.listed(world)

    @api.post("/faults")
    async def plan_fault(body: FaultBody) -> list[dict[str, Any]]:
        """Adds a fault to those planned; for each call the oldest that fits is taken, after its signature held.

        timeout_before and timeout_after hold the connection for `seconds`, then drop it without an answer.
        dealing: a transfer, or the receipt of a text, settles after `seconds`. duplicate_push and
        out_of_order_push belong to taobao.tmc.messages.consume and wait for something to disturb.
        """
        faults.plan(world, **body.model_dump())
        return faults.listed(world)

    @api.delete("/faults")
    async def clear_faults() -> dict[str, int]:
        return {"cleared": faults.clear(world)}
