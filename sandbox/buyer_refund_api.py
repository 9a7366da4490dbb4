"""/buyer/refunds and /control/refunds: what the buyer, and the platform's own service, do with an application."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from sandbox import exchanges, interventions, refund_messages, refunds, waybills
from sandbox.clock import written, yuan
from sandbox.forms import Yuan, fen
from sandbox.world import World


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RefundBody(Body):
    amount: Yuan
    reason: str = Field(min_length=1, max_length=60)
    with_return: bool = False
    explanation: str = Field(default="", max_length=500)


class ExchangeBody(Body):
    reason: str = Field(min_length=1, max_length=60)
    explanation: str = Field(default="", max_length=500)


class ShipBackBody(Body):
    company: str = Field(min_length=1)
    sid: str = Field(min_length=1, description="tracking number")


class MessageBody(Body):
    content: str = Field(min_length=1, max_length=200)


class InterventionBody(Body):
    """`step_in` after the buyer's call or without; then one of the two rulings."""

    what: Literal["step_in", "for_buyer", "for_seller"]


def refund_view(row: Any) -> dict[str, Any]:
    moments = ("created", "modified", "deadline", "good_return_time")
    view = dict(row) | {name: written(row[name]) for name in moments}
    return view | {"refund_id_text": str(row["refund_id"]), "refund_fee": yuan(row["refund_fee"])}


def router(world: World) -> APIRouter:
    api = APIRouter(tags=["buyer"])
    for part in (_applications, _exchanges, _interventions):
        part(api, world)
    return api


def _applications(api: APIRouter, world: World) -> None:
    def application(body: RefundBody) -> refunds.Application:
        return refunds.Application(body.with_return, fen(body.amount), body.reason, body.explanation)

    @api.get("/buyer/refunds")
    async def read_refunds(
        buyer: str | None = None, shop: str | None = None, limit: Annotated[int, Query(ge=1, le=5000)] = 100
    ) -> list[dict[str, Any]]:
        """Exchanges too."""
        refunds.settle(world)
        return [refund_view(row) for row in refunds.listed(world, buyer, shop, limit)]

    @api.get("/buyer/refunds/{refund_id}")
    async def read_refund(refund_id: int) -> dict[str, Any]:
        """With everything that was written to it."""
        refunds.settle(world)
        written_to = [dict(row) | {"created": written(row["created"])} for row in refund_messages.of(world, refund_id)]
        return refund_view(refunds.get(world, refund_id)) | {"messages": written_to}

    @api.post("/buyer/orders/{oid}/refund", status_code=201)
    async def ask_for_refund(oid: int, body: RefundBody) -> dict[str, Any]:
        """`oid` is the sub-order; a reason with 无理由 cannot be refused by the seller."""
        return refund_view(refunds.get(world, refunds.apply(world, oid, application(body))))

    @api.post("/buyer/refunds/{refund_id}/modify")
    async def modify_refund(refund_id: int, body: RefundBody) -> dict[str, Any]:
        refunds.modify(world, refund_id, application(body))
        return refund_view(refunds.get(world, refund_id))

    @api.post("/buyer/refunds/{refund_id}/ship_back")
    async def ship_back(refund_id: int, body: ShipBackBody) -> dict[str, Any]:
        (exchanges if exchanges.is_one(world, refund_id) else refunds).ship_back(
            world, refund_id, body.company, body.sid
        )
        return refund_view(refunds.get(world, refund_id))

    @api.get("/buyer/parcels/{num}")
    async def read_parcel(num: str) -> dict[str, Any]:
        """Where a parcel is, as its courier tells anybody who has the number."""
        return waybills.view(world, waybills.get(world, num))

    @api.post("/buyer/refunds/{refund_id}/withdraw")
    async def withdraw_refund(refund_id: int) -> dict[str, Any]:
        (exchanges if exchanges.is_one(world, refund_id) else refunds).withdraw(world, refund_id)
        return refund_view(refunds.get(world, refund_id))

    @api.post("/buyer/refunds/{refund_id}/message", status_code=201)
    async def write_message(refund_id: int, body: MessageBody) -> dict[str, Any]:
        """Moves the application's version and nothing else."""
        refund_messages.add(world, refund_id, refund_messages.BUYER, body.content)
        return refund_view(refunds.get(world, refund_id))


def _exchanges(api: APIRouter, world: World) -> None:
    @api.post("/buyer/orders/{oid}/exchange", status_code=201)
    async def ask_for_exchange(oid: int, body: ExchangeBody) -> dict[str, Any]:
        return refund_view(refunds.get(world, exchanges.apply(world, oid, body.reason, body.explanation)))

    @api.post("/buyer/refunds/{refund_id}/ask_again")
    async def ask_again(refund_id: int, body: ExchangeBody) -> dict[str, Any]:
        """After the seller refused an exchange."""
        exchanges.ask_again(world, refund_id, body.reason)
        return refund_view(refunds.get(world, refund_id))

    @api.post("/buyer/refunds/{refund_id}/received")
    async def receive_exchanged(refund_id: int) -> dict[str, Any]:
        """The goods that went out have come."""
        exchanges.received(world, refund_id)
        return refund_view(refunds.get(world, refund_id))


def _interventions(api: APIRouter, world: World) -> None:
    @api.post("/buyer/refunds/{refund_id}/call_platform")
    async def call_platform(refund_id: int) -> dict[str, Any]:
        """The buyer asks the platform's own service to decide."""
        interventions.call(world, refund_id)
        return refund_view(refunds.get(world, refund_id))

    @api.post("/control/refunds/{refund_id}/intervention")
    async def intervene(refund_id: int, body: InterventionBody) -> dict[str, Any]:
        """What the platform's service does: from its stepping in nobody else moves the application."""
        if body.what == "step_in":
            interventions.step_in(world, refund_id)
        else:
            interventions.rule(world, refund_id, for_buyer=body.what == "for_buyer")
        return refund_view(refunds.get(world, refund_id))
