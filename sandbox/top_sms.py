"""TOP's SMS by OAID (TOP-54973): reaches the receiver of an order whose phone number stays hidden."""

import json
from typing import Any

from sandbox import texts
from sandbox.faults import FaultKind
from sandbox.top_protocol import TopCall, TopError, business_error
from sandbox.top_trades import trade_of

PARAMETER = "param_send_message_by_o_a_i_d_request"


def oaid_message_send(call: TopCall) -> dict[str, Any]:
    """All inputs travel as one JSON parameter; `module` of the answer is the receipt id."""
    request = _request(call)
    trade = trade_of(call, int(request["order_id"]))
    if request["oaid"] != trade["oaid"]:
        raise business_error("oaid-not-match", "OAID与订单不匹配")
    waits = call.fault is not None and call.fault.kind is FaultKind.DEALING
    try:
        biz_id = texts.send(
            call.world,
            "oaid",
            [trade["receiver_mobile"]],
            request["sms_free_sign_name"],
            request["template_code"],
            _params(request.get("params")),
            out_id=request.get("extend"),
            tid=trade["tid"],
            delivery_seconds=call.fault.seconds if call.fault and waits else 0.0,
        )
    except texts.SmsRefused as refusal:
        raise TopError(50, refusal.code, refusal.message) from None
    return {"module": biz_id, "req_id": biz_id}


def _request(call: TopCall) -> dict[str, Any]:
    try:
        request = json.loads(call.text(PARAMETER))
    except ValueError:
        request = None
    if not isinstance(request, dict):
        raise TopError(41, f"isv.invalid-parameter:{PARAMETER}", "a JSON object is expected")
    for name in ("order_id", "oaid", "sms_free_sign_name", "template_code"):
        if not request.get(name):
            raise TopError(40, f"isv.missing-parameter:{name}", f"{PARAMETER}.{name} is required")
    if not str(request["order_id"]).isdecimal():
        raise TopError(41, "isv.invalid-parameter:order_id", "order_id is a number")
    return request


def _params(params: Any) -> str | None:
    """The placeholders come as an object or as its JSON text; both are in use."""
    return params if isinstance(params, str) or params is None else json.dumps(params, ensure_ascii=False)


METHODS = {"taobao.jst.sms.oaid.message.send": oaid_message_send}
