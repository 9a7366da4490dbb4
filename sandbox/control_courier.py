"""/control/courier: who may ask the couriers, what becomes of parcels, and what is answered to claims."""

from typing import Any, Literal

from fastapi import APIRouter, BackgroundTasks
from pydantic import AwareDatetime, Field

from sandbox import courier_claims, courier_pushes, waybills
from sandbox.control_api import Body
from sandbox.world import World


class CustomerBody(Body):
    customer: str = Field(min_length=1, max_length=64)
    key: str = Field(min_length=1, max_length=64)


class PartnerBody(Body):
    partner_id: str = Field(min_length=1, max_length=64)
    checkword: str = Field(min_length=1, max_length=64)


class WaybillBody(Body):
    num: str | None = Field(default=None, min_length=6, max_length=40, description="left out: a fresh one")
    com: str = Field(default="yuantong", description="kuaidi100's code of the courier")


class ScanBody(Body):
    code: str = Field(
        default="0", pattern=r"^[0-9]{1,4}$", description="kuaidi100's state: 0 on its way, 5 delivering, …"
    )
    context: str = Field(default="快件在运输途中", min_length=1, max_length=200)
    at: AwareDatetime | None = None


class AnswerBody(Body):
    answer: Literal["accepted", "partly", "refused"]
    agreed_fen: int | None = Field(default=None, ge=1, description="of a claim that is accepted in part")
    remark: str = Field(default="", max_length=200)


def router(world: World) -> APIRouter:
    api = APIRouter(prefix="/control/courier", tags=["control"])
    for part in (_accounts, _parcels, _claims):
        part(api, world)
    return api


def _accounts(api: APIRouter, world: World) -> None:
    @api.post("/customers")
    async def save_customer(body: CustomerBody) -> dict[str, str]:
        """Who may ask kuaidi100 for traces."""
        world.store.execute(
            "INSERT INTO courier_customer VALUES (?, ?) ON CONFLICT (customer) DO UPDATE SET key = excluded.key",
            body.customer,
            body.key,
        )
        return {"customer": body.customer}

    @api.post("/partners")
    async def save_partner(body: PartnerBody) -> dict[str, str]:
        """Who may make claims."""
        world.store.execute(
            "INSERT INTO courier_partner VALUES (?, ?) "
            "ON CONFLICT (partner_id) DO UPDATE SET checkword = excluded.checkword",
            body.partner_id,
            body.checkword,
        )
        return {"partner_id": body.partner_id}


def _parcels(api: APIRouter, world: World) -> None:
    def shown(number: str, after: BackgroundTasks) -> dict[str, Any]:
        after.add_task(courier_pushes.deliver, world)
        return waybills.view(world, waybills.get(world, number))

    @api.get("/waybills")
    async def read_waybills() -> list[dict[str, Any]]:
        return [waybills.view(world, row) for row in world.store.newest("waybill", ("created", "num"), 500)]

    @api.get("/waybills/{num}")
    async def read_waybill(num: str) -> dict[str, Any]:
        return waybills.view(world, waybills.get(world, num))

    @api.post("/waybills", status_code=201)
    async def make_waybill(body: WaybillBody) -> dict[str, Any]:
        """A parcel that no buyer and no seller of the sandbox has sent."""
        number = body.num or waybills.mint(world, body.com)
        waybills.make(world, body.com, number, "other")
        return waybills.view(world, waybills.get(world, number))

    @api.post("/waybills/{num}/scan")
    async def scan(num: str, body: ScanBody, after: BackgroundTasks) -> dict[str, Any]:
        """The parcel moves; from now on it moves by hand only."""
        waybills.scan(world, num, body.code, body.context, int(body.at.timestamp()) if body.at else None)
        return shown(num, after)

    @api.post("/waybills/{num}/sign")
    async def sign(num: str, after: BackgroundTasks) -> dict[str, Any]:
        waybills.scan(world, num, waybills.SIGNED, "快件已签收,签收人:本人")
        return shown(num, after)

    @api.post("/waybills/{num}/stop")
    async def stop(num: str, after: BackgroundTasks) -> dict[str, Any]:
        """It stands still: a delay, until it is moved again."""
        waybills.stop(world, num)
        return shown(num, after)

    @api.post("/waybills/{num}/damage")
    async def damage(num: str, after: BackgroundTasks) -> dict[str, Any]:
        waybills.meet(world, num, "damaged")
        return shown(num, after)

    @api.post("/waybills/{num}/lose")
    async def lose(num: str, after: BackgroundTasks) -> dict[str, Any]:
        waybills.meet(world, num, "lost")
        return shown(num, after)


def _claims(api: APIRouter, world: World) -> None:
    @api.get("/claims")
    async def read_claims() -> list[dict[str, Any]]:
        return [courier_claims.view(row) for row in courier_claims.listed(world)]

    @api.post("/claims/{claim_id}/answer")
    async def answer(claim_id: str, body: AnswerBody) -> dict[str, Any]:
        """Without this a claim is accepted after three days by the business clock, and paid a day later."""
        return courier_claims.view(courier_claims.answer(world, claim_id, body.answer, body.agreed_fen, body.remark))

    @api.post("/claims/{claim_id}/pay")
    async def pay(claim_id: str) -> dict[str, Any]:
        return courier_claims.view(courier_claims.pay(world, claim_id))
