"""What a person or another program reports, whatever it is about: a shop that may be seen, an order, a buyer, times
that can be meant."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from api.callers import Caller
from api.errors import BadInput, NotFound
from api.fields import AmountFen, Line, Moment, ShopCode
from api.house import House
from db.buyers import BuyerFacts
from db.tables.office import Shop
from domain.addresses import address_type
from domain.errors import Refusal

CLOCKS_APART = timedelta(minutes=5)

OutsideId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class BeforeCutOff(Refusal):
    """What is reported is older than the day from which on the shop opens cases."""

    code = "BeforeCutOff"


class OrderOfAnotherShop(Refusal):
    """The order, or what is reported of it, is known under another shop of the same marketplace."""

    code = "OrderOfAnotherShop"


class BuyerBody(BaseModel):
    """What is known of the buyer; phone and account may be masked."""

    model_config = ConfigDict(extra="forbid")

    id: Line = Field(description="the marketplace's nick or open id")
    nick: Line | None = None
    name: Line | None = None
    phone: Line | None = None
    account: Line | None = Field(default=None, description="wallet account")


class ReportBody(BaseModel):
    """An order and its buyer."""

    model_config = ConfigDict(extra="forbid")

    shop: ShopCode
    order_id: OutsideId
    sub_order_id: OutsideId | None = Field(default=None, description="empty: the order has one line")
    buyer: BuyerBody
    item_id: OutsideId | None = None
    item_title: Line | None = None
    paid_fen: AmountFen | None = Field(default=None, description="for the whole order")
    finished_at: Moment | None = Field(default=None, description="when the order was finished")
    province: Line | None = None
    address: Line | None = None


class CaseStarted(BaseModel):
    case: str
    created: bool
    shop: str
    external_id: str = Field(description="the key of what was reported")
    saw: str = Field(description="give this to a list as `saw`, and it will show the case")


def started(number: str, created: bool, shop: str, external_id: str) -> CaseStarted:
    return CaseStarted(case=number, created=created, shop=shop, external_id=external_id, saw=f"{number}:1")


async def shop_to_report(session: AsyncSession, caller: Caller, code: str) -> Shop:
    shop = await session.get(Shop, code)
    unseen = f"There is no shop {code!r} that you may see; GET /shops lists them."
    if shop is None:
        raise NotFound(unseen, field="shop")
    caller.see(code, unseen, field="shop")
    caller.enter(code)
    return shop


def check_times(body: BaseModel, fields: tuple[str, ...], now: datetime) -> None:
    """Raises BadInput for a moment that lies in the future."""
    for field in fields:
        moment = getattr(body, field)
        if moment is not None and moment > now + CLOCKS_APART:
            raise BadInput(f"{field} lies in the future; send the marketplace's own time with its offset.", field=field)


def check_cut_off(shop: Shop, written_at: datetime, what: str) -> None:
    """Raises BeforeCutOff."""
    if written_at < shop.cut_off_at:
        day = shop.cut_off_at.date().isoformat()
        raise BeforeCutOff(
            f"Shop {shop.code} opens cases for {what} since {day}; an earlier cut-off is set with PATCH /shops.",
            cut_off_at=shop.cut_off_at.isoformat(),
        )


def of_another_shop(shop: Shop) -> OrderOfAnotherShop:
    return OrderOfAnotherShop(
        f"This order belongs to another shop than {shop.code}; check the shop and the order id.", field="order_id"
    )


async def order_facts(session: AsyncSession, house: House, shop: Shop, body: ReportBody) -> dict[str, Any]:
    """Order and buyer as the rows of the way in want them."""
    contact, _ = await house.policies.contact(session, shop.code)
    buyer = BuyerFacts(
        platform=shop.platform,
        platform_id=body.buyer.id,
        nick=body.buyer.nick or body.buyer.id,
        name=body.buyer.name,
        phone=body.buyer.phone,
        account=body.buyer.account,
    )
    return {
        "shop": shop.code,
        "platform": shop.platform,
        "order_external_id": body.order_id,
        "buyer": buyer,
        "source": "api",
        "item_id": body.item_id,
        "item_title": body.item_title,
        "paid_fen": body.paid_fen,
        "finished_at": body.finished_at,
        "province": body.province,
        "address_type": address_type(body.address, contact) if body.address else None,
        "address": body.address,
    }
