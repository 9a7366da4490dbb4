"""The pieces of the buyer's page: person, orders with their reviews and refunds, inbox, wallet."""

import sqlite3
from typing import Any

from sandbox import orders, people, reviews, shops, wallet
from sandbox.buyer_api import inbox, order_view, review_view
from sandbox.markup import Html, fill, join
from sandbox.page_forms import choice, folded, form, parcel_line, text_area, text_field, tick
from sandbox.refund_cards import refund_part
from sandbox.world import World

RESULTS = {"good": "好评", "neutral": "中评", "bad": "差评"}
PHONE_LABELS = {
    "answers": "会接电话",
    "no_answer": "无人接听",
    "busy": "占线",
    "declined": "挂断拒接",
    "empty_number": "空号",
    "suspended": "停机",
    "network_failure": "网络故障",
}
TRADE_LABELS = {orders.UNSHIPPED: "待发货", orders.SHIPPED: "待收货", orders.FINISHED: "交易成功"}


def person_card(world: World, buyer: sqlite3.Row) -> Html:
    nick, online = buyer["nick"], bool(buyer["online"])
    account = buyer["alipay_account"]
    paid = wallet.transfers(world, payee=account) if account else []
    texts = inbox(world, nick)
    return join(
        [
            form(
                "presence",
                nick,
                {"online": "" if online else "1"},
                fill('<span class="grow">旺旺: $state</span>', state="在线" if online else "离线"),
                "下线" if online else "上线",
            ),
            form(
                "phone",
                nick,
                {},
                choice(f"电话 {buyer['phone']}", "phone_behaviour", PHONE_LABELS, buyer["phone_behaviour"]),
                "保存",
            ),
            folded(f"短信 ({len(texts)})", join(_sms(one) for one in texts)),
            folded(f"支付宝到账 ({len(paid)})", join(_transfer(one) for one in paid)),
        ]
    )


def _sms(sms: dict[str, Any]) -> Html:
    return fill('<article><p>$text</p><p class="meta">$created</p></article>', **sms)


def _transfer(transfer: dict[str, Any]) -> Html:
    template = (
        "<article><p><strong>¥$amount</strong> $title $status</p>"
        '<p class="meta">$payee · 订单号 $out_biz_no · $created</p></article>'
    )
    return fill(template, **transfer)


def order_card(world: World, tid: int) -> Html:
    order = order_view(world, tid)
    finish = form("finish", order["buyer_nick"], {"tid": tid}, Html(""), "确认收货")
    return fill(
        '<article><h3>$shop</h3><p class="meta">订单 $tid · $created · $status · ¥$payment</p>'
        "$parcel$finish$items</article>",
        shop=order["seller_nick"],
        tid=order["tid_text"],
        created=order["created"],
        status=TRADE_LABELS[order["status"]],
        payment=order["payment"],
        parcel=parcel_line(order["parcel"]),
        finish="" if order["status"] == orders.FINISHED else finish,
        items=join(_item(world, order, sub) for sub in order["orders"]),
    )


def _item(world: World, order: dict[str, Any], sub: dict[str, Any]) -> Html:
    head = fill("<p>$title × $num <strong>¥$payment</strong></p>", **sub)
    review = world.store.row("SELECT * FROM review WHERE oid = ?", sub["oid"])
    parts = [head]
    if review is not None:
        parts += [review_card(review), _review_steps(review)]
    elif order["status"] == orders.FINISHED:
        fields = join([choice("评价", "result", RESULTS, "bad"), text_area("说说商品和服务", "content")])
        parts.append(folded("写评价", form("review", order["buyer_nick"], {"oid": sub["oid"]}, fields, "发布评价")))
    return join([*parts, refund_part(world, order, sub)])


def review_card(review: sqlite3.Row) -> Html:
    view = review_view(review)
    addition = fill("<p>追评: $append_content</p>", **view) if view["append_content"] else Html("")
    reply = fill('<p class="reply">卖家解释: $reply</p>', **view) if view["reply"] else Html("")
    changed = fill('<p class="meta">$amended_at 修改过</p>', **view) if view["amended_at"] else Html("")
    deleted = fill('<p class="meta">$deleted_at 已删除</p>', **view) if view["deleted_at"] else Html("")
    return fill(
        '<p><strong class="$result">$label</strong> $content</p>'
        '<p class="meta">$buyer_nick · $created</p>$addition$reply$changed$deleted',
        **{name: view[name] for name in ("result", "content", "buyer_nick", "created")},
        label=RESULTS[view["result"]],
        addition=addition,
        reply=reply,
        changed=changed,
        deleted=deleted,
    )


def _review_steps(review: sqlite3.Row) -> Html:
    if review["deleted_at"] is not None:
        return Html("")
    nick, hidden = review["buyer_nick"], {"oid": review["oid"]}
    steps = []
    if review["result"] != "good":
        words = text_area("新的文字(可不填)", "content", "")
        steps.append(folded("改为好评", form("amend", nick, hidden, words, "改为好评")))
        steps.append(folded("删除评价", form("delete", nick, hidden, Html(""), "确认删除")))
    if review["append_time"] is None:
        fields = join([text_area("追加内容", "content"), tick("仍不满意", "negative")])
        steps.append(folded("追加评价", form("append", nick, hidden, fields, "追加")))
    return join(steps)


def order_form(world: World, nick: str) -> Html:
    every = {row["seller_nick"]: row["seller_nick"] for row in shops.every(world)}
    if not every:
        return Html("<p>还没有店铺。用 <code>POST /control/shops</code> 建一个。</p>")
    known = world.store.row("SELECT * FROM buyer WHERE nick = ?", nick)
    fields = join(
        [
            choice("店铺", "shop", every),
            text_field("商品", "title", "手工陶瓷茶杯"),
            text_field("价格(元)", "price", "39.90", 'required inputmode="decimal"'),
            text_field("收货人", "name", "陈晓"),
            text_field("手机", "phone", known["phone"] if known else "13800138000"),
            text_field("省", "state", "浙江省"),
            text_field("市", "city", "杭州市"),
            text_field("区县", "district", "余杭区"),
            text_field("详细地址", "address", "文一西路998号海创大厦12楼"),
            text_field("支付宝账号", "alipay_account", _account(known), ""),
        ]
    )
    return form("order", nick, {}, fields, "下单并付款")


def _account(known: sqlite3.Row | None) -> str:
    return str(known["alipay_account"] or "") if known is not None else "buyer@example.com"


def latest_reviews(world: World) -> Html:
    return join(
        fill(
            "<article><h3>$shop · $title</h3>$review</article>",
            shop=row["seller_nick"],
            title=orders.sub_order(world, row["oid"])["title"],
            review=review_card(row),
        )
        for row in reviews.listed(world, None, None, 10)
    ) or Html("<p>还没有评价。</p>")


def people_options(world: World) -> Html:
    return join(fill('<option value="$nick">', nick=row["nick"]) for row in people.every(world, 30))
