"""The part of the buyer's page about one item's refund or exchange."""

import sqlite3
from typing import Any

from sandbox import orders, refund_states, waybills
from sandbox.buyer_refund_api import refund_view
from sandbox.markup import Html, fill, join
from sandbox.page_forms import folded, form, parcel_line, text_field, tick
from sandbox.world import World

REFUND_LABELS = {
    refund_states.ASKED: "等待卖家同意",
    refund_states.RETURNING: "卖家已同意,等待买家退货",
    refund_states.RETURNED: "等待卖家确认收货",
    refund_states.REFUSED: "卖家拒绝退款",
    refund_states.CLOSED: "退款关闭",
    refund_states.PAID: "退款成功",
    refund_states.EX_ASKED: "换货待处理",
    refund_states.EX_RETURNING: "换货:待买家退货",
    refund_states.EX_RETURNED: "换货:待卖家收货",
    refund_states.EX_REFUSED: "换货:卖家拒绝,待买家修改",
    refund_states.EX_TO_SEND: "换货:待卖家发货",
    refund_states.EX_SENT: "换货:待买家收货",
    refund_states.EX_DONE: "换货成功",
    refund_states.EX_CLOSED: "换货关闭",
    refund_states.EX_REFUND_PLEASE: "换货未成,请退款",
}
SERVICE_LABELS = {2: "已申请平台介入", 3: "平台客服已介入", 8: "平台判定支持买家", 9: "平台判定支持卖家"}
TO_SHIP = (refund_states.RETURNING, refund_states.EX_RETURNING)
TO_WITHDRAW = (
    *(refund_states.ASKED, refund_states.RETURNING, refund_states.REFUSED),
    *(refund_states.EX_ASKED, refund_states.EX_RETURNING, refund_states.EX_REFUSED),
)


def refund_part(world: World, order: dict[str, Any], sub: dict[str, Any]) -> Html:
    row = world.store.row("SELECT * FROM refund WHERE oid = ? ORDER BY refund_id DESC LIMIT 1", sub["oid"])
    nick = order["buyer_nick"]
    if row is not None and row["status"] not in refund_states.ENDED:
        return join([_refund_line(row), parcel_line(waybills.brief(world, row["sid"])), _refund_steps(nick, row)])
    fields = join(
        [
            text_field("金额(元)", "amount", sub["payment"], 'required inputmode="decimal"'),
            text_field("原因", "reason", "质量问题"),
            tick("退货退款", "with_return"),
        ]
    )
    asks = [folded("申请退款", form("refund", nick, {"oid": sub["oid"]}, fields, "提交申请"))]
    if order["status"] != orders.UNSHIPPED:
        reason = text_field("原因", "reason", "质量问题")
        asks.append(folded("申请换货", form("exchange", nick, {"oid": sub["oid"]}, reason, "提交申请")))
    return join(asks if row is None else [_refund_line(row), *asks])


def _refund_line(row: sqlite3.Row) -> Html:
    view = refund_view(row)
    service = SERVICE_LABELS.get(view["cs_status"])
    return fill(
        '<p>退款 ¥$fee · $status</p><p class="meta">$reason · 编号 $number · 期限 $deadline$service</p>',
        fee=view["refund_fee"],
        status=REFUND_LABELS[view["status"]],
        reason=view["reason"],
        number=view["refund_id_text"],
        deadline=view["deadline"] or "无",
        service=f" · {service}" if service else "",
    )


def _refund_steps(nick: str, row: sqlite3.Row) -> Html:
    hidden = {"refund_id": row["refund_id"]}
    steps = []
    if row["status"] in TO_SHIP:
        fields = join([text_field("快递公司", "company", "其他"), text_field("运单号", "sid")])
        steps.append(form("ship_back", nick, hidden, fields, "寄回"))
    if row["status"] == refund_states.EX_SENT:
        steps.append(form("received", nick, hidden, Html(""), "确认收货"))
    if row["cs_status"] == refund_states.CS_NONE:
        steps.append(form("call_platform", nick, hidden, Html(""), "申请平台介入"))
    if row["status"] in TO_WITHDRAW:
        steps.append(form("withdraw", nick, hidden, Html(""), "撤销申请"))
    return join(steps)
