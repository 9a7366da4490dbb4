"""TOP methods about what is written to an application, and the reasons to refuse it (TOP-124, 125, 26204)."""

from typing import Any

from sandbox import refund_messages
from sandbox.clock import written
from sandbox.top_protocol import TopCall, TopError
from sandbox.top_refunds import refund_of_shop

CONTENT_BYTES, PICTURE_BYTES = 400, 500_000
REASONS = {1: "商品已使用影响二次销售", 2: "商品没问题,买家未举证", 3: "买家退回的商品与寄出的不符", 4: "未收到退货"}
ROLES = {1: "买家", 2: "卖家", 3: "平台"}


def refund_message_add(call: TopCall) -> dict[str, Any]:
    row, content, picture = refund_of_shop(call), call.text("content"), call.files.get("image")
    if len(content.encode()) > CONTENT_BYTES:
        raise TopError(41, "isv.invalid-parameter:content", f"at most {CONTENT_BYTES} bytes")
    if picture is None:
        raise TopError(40, "isv.missing-parameter:image", "image is required")
    if len(picture) > PICTURE_BYTES:
        raise TopError(41, "isv.invalid-parameter:image", f"at most {PICTURE_BYTES} bytes")
    number = refund_messages.add(call.world, row["refund_id"], refund_messages.SELLER, content, len(picture))
    return {"refund_message": {"id": number, "created": written(call.world.clock.now())}}


def refund_messages_get(call: TopCall) -> dict[str, Any]:
    call.text("fields")
    row, size = refund_of_shop(call), call.number("page_size", 40, 1, 100)
    page, rows = call.number("page_no", 1, 1), refund_messages.of(call.world, row["refund_id"])
    shown = [
        call.selected(
            {
                "id": one["id"],
                "refund_id": row["refund_id"],
                "owner_role": str(one["owner"]),
                "owner_nick": ROLES[one["owner"]],
                "content": one["content"],
                "created": written(one["created"]),
            }
        )
        for one in rows[(page - 1) * size : page * size]
    ]
    return {"total_results": len(rows)} | ({"refund_messages": {"refund_message": shown}} if shown else {})


def refund_refusereason_get(call: TopCall) -> dict[str, Any]:
    refund_of_shop(call)
    rows = [{"reason_id": number, "reason_text": words} for number, words in REASONS.items()]
    return {"total_results": len(rows), "has_next": False, "reasons": {"reason": rows}}


METHODS = {
    "taobao.refund.message.add": refund_message_add,
    "taobao.refund.messages.get": refund_messages_get,
    "taobao.refund.refusereason.get": refund_refusereason_get,
}
