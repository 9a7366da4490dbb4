"""What the couriers push: a parcel was scanned. Signed with our own salt instead of a key, so anybody may send and only
the trace's own service is believed."""

from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response
from temporalio.service import RPCError, RPCStatusCode

from api.house import House, TheHouse
from db.tracking import cases_on_the_way, keep_trace, shipments_pushed
from domain.tracking import Trace
from gateways.failures import AuthRevoked, GatewayFailure
from gateways.kuaidi100 import pushed
from workflows.refund_starting import PARCEL_MOVED

router = APIRouter(tags=["couriers"])
log = structlog.get_logger(__name__)


class Taken(BaseModel):
    """In the words of the trace's service; anything but `result` true is pushed again later."""

    result: bool
    returnCode: str = Field(description="200 where it was taken")
    message: str


@router.post(
    "/couriers/pushes",
    summary="A courier scanned a parcel (kuaidi100's push)",
    response_model=Taken,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "required": ["param", "sign"],
                        "properties": {"param": {"type": "string"}, "sign": {"type": "string"}},
                    }
                }
            },
        }
    },
)
async def take_push(house: TheHouse, request: Request) -> Response:
    """Kept and told to the cases that watch the parcel; one that nobody watches is taken and forgotten. The same push
    twice changes nothing."""
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    try:
        trace = pushed(form.get("param", ""), form.get("sign", ""), house.settings.kuaidi100_salt.get_secret_value())
    except AuthRevoked:
        return _answer(401, Taken(result=False, returnCode="503", message="the signature does not hold"))
    except GatewayFailure as failure:
        log.warning("unreadable push", code=failure.code)
        return _answer(422, Taken(result=False, returnCode="500", message="the push can't be read"))
    if trace is not None:
        await _tell(house, await _kept(house, trace))
    return _answer(200, Taken(result=True, returnCode="200", message="ok"))


def _answer(status: int, taken: Taken) -> Response:
    return JSONResponse(taken.model_dump(), status)


async def _kept(house: House, trace: Trace) -> list[tuple[str, str]]:
    """The trace is written first; then who watches hears of it: (workflow, shipment)."""
    now = house.now()
    async with house.sessions.begin() as session:
        shipments = await shipments_pushed(session, house.ring, trace)
        moved = [shipment for shipment in shipments if await keep_trace(session, shipment, trace, now)]
        watching = await cases_on_the_way(session, {shipment.refund for shipment in moved})
    return [(watching[one.refund], str(one.id)) for one in moved if one.refund in watching]


async def _tell(house: House, watching: list[tuple[str, str]]) -> None:
    for workflow, shipment in watching:
        try:
            await house.client.get_workflow_handle(workflow).signal(PARCEL_MOVED, shipment)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            log.info("a parcel moved whose case is closed")
