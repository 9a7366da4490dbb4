"""What the shop's own mini-program needs so that a buyer can accept a transfer by WeChat Pay."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.callers import TheCaller
from api.errors import NotFound, documented
from api.house import TheHouse
from db.tables.money import Payout
from domain.payouts import PayoutStatus

router = APIRouter(tags=["money"])


class Confirmation(BaseModel):
    """For the mini-program's `requestMerchantTransfer`; the buyer has a day."""

    merchant: str
    app_id: str
    package: str = Field(description="good for this transfer alone")


@router.get("/payouts/{key}/confirmation", responses=documented(403, 404), summary="Let the buyer accept a transfer")
async def show_confirmation(house: TheHouse, caller: TheCaller, key: str) -> Confirmation:
    """Only while the transfer waits for its buyer."""
    async with house.reads() as session:
        row = await session.get(Payout, key)
    if row is None or row.ticket is None or row.status != PayoutStatus.UNKNOWN:
        raise NotFound("No transfer of this number waits for its buyer; GET /payouts tells how each stands.")
    caller.enter(row.shop)
    settings = house.settings
    return Confirmation(merchant=settings.wechat_pay_merchant, app_id=settings.wechat_pay_app_id, package=row.ticket)
