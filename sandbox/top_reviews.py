"""TOP methods about reviews (TOP-55, TOP-21158, TOP-22532)."""

from typing import Any

from sandbox.clock import DAY, written, yuan
from sandbox.people import open_uid
from sandbox.top_protocol import TopCall, TopError, business_error

HISTORY_DAYS = 180
QUERY_CAP = 1_500


def traderates_get(call: TopCall) -> dict[str, Any]:
    """Reviews that the shop got from buyers, newest first; nothing older than 180 days, no more than 1,500 a query."""
    call.text("fields")
    if (call.text("rate_type"), call.text("role")) != ("get", "buyer"):
        # The sandbox's sellers rate nobody, so the other three combinations are truthfully empty.
        return _page(call, [], 0)
    where, values = _conditions(call)
    # `where` is put together from literals of _conditions; every value is bound.
    counted = f"SELECT count(*) FROM (SELECT 1 FROM review WHERE {where} LIMIT {QUERY_CAP})"  # noqa: S608
    total = call.world.store.number(counted, *values)
    size = call.number("page_size", 40, 1, 150)
    start = (call.number("page_no", 1, 1, 200) - 1) * size
    newest = f"SELECT * FROM review WHERE {where} ORDER BY created DESC, seq DESC LIMIT ? OFFSET ?"  # noqa: S608
    rows = call.world.store.rows(
        f"SELECT review.*, title, price, num_iid FROM ({newest}) AS review "  # noqa: S608
        "JOIN sub_order USING (oid) ORDER BY created DESC, seq DESC",
        *values,
        max(0, min(size, total - start)),
        start,
    )
    shown_from = call.world.clock.now() - call.world.limits.reply_shows_after_seconds
    rates = [call.selected(_trade_rate(dict(row), shown_from)) for row in rows]
    return _page(call, rates, total, start + size)


def _conditions(call: TopCall) -> tuple[str, list[Any]]:
    """An end_date alone is ignored, as the platform documents it."""
    # The plus sign keeps the planner off the shop's index when one trade is asked for: its rows are few.
    shop = "+seller_nick" if call.params.get("tid") else "seller_nick"
    where = [f"{shop} = ?", "deleted_at IS NULL", "created >= ?"]
    start, end = call.moment("start_date"), call.moment("end_date")
    oldest = call.world.clock.now() - HISTORY_DAYS * DAY
    values: list[Any] = [call.seller_nick, max(oldest, start or 0)]
    if start is not None and end is not None:
        where.append("created <= ?")
        values.append(end)
    if result := call.choice("result", ("good", "neutral", "bad")):
        where.append("result = ?")
        values.append(result)
    if call.params.get("tid"):
        where.append("seq IN (SELECT seq FROM review WHERE tid = ? UNION SELECT seq FROM review WHERE oid = ?)")
        values += [call.number("tid")] * 2
    if call.params.get("num_iid"):
        where.append("oid IN (SELECT oid FROM sub_order WHERE num_iid = ?)")
        values.append(call.number("num_iid"))
    return " AND ".join(where), values


def _page(call: TopCall, rates: list[dict[str, Any]], total: int, end: int = 0) -> dict[str, Any]:
    counted = {"has_next": end < total} if call.flag("use_has_next") else {"total_results": total}
    # TOP leaves an empty list out of the answer instead of sending it empty.
    return counted | ({"trade_rates": {"trade_rate": rates}} if rates else {})


def _trade_rate(row: dict[str, Any], shown_from: int) -> dict[str, Any]:
    """`shown_from`: replies that are newer can't be read yet."""
    return {
        "tid": row["tid"],
        "oid": row["oid"],
        "role": "buyer",
        "nick": row["buyer_nick"],
        "ouid": open_uid(row["buyer_nick"]),
        "result": row["result"],
        "created": written(row["created"]),
        "rated_nick": row["seller_nick"],
        "item_title": row["title"],
        "item_price": yuan(row["price"]),
        "content": row["content"],
        "reply": row["reply"] if (row["reply_time"] or 0) <= shown_from else None,
        "num_iid": row["num_iid"],
        "valid_score": True,
    }


def traderate_explain_add(call: TopCall) -> dict[str, Any]:
    """The seller's public reply: one per review, within 30 days, and never after the buyer has appended."""
    oid, reply, limits = call.number("oid"), call.text("reply"), call.world.limits
    if len(reply) > limits.reply_max_chars:
        raise TopError(41, "isv.invalid-parameter:reply", f"reply is longer than {limits.reply_max_chars} characters")
    review = _review_of(call, oid)
    if review["reply"] is not None:
        raise business_error("explain-already-exists", "该评价已经解释过")
    if review["append_time"] is not None:
        raise business_error("explain-after-append", "买家追加评论后不能再做评价解释")
    if call.world.clock.now() > review["created"] + limits.reply_days * DAY:
        raise business_error("explain-out-of-time", f"评价超过{limits.reply_days}天,不能再做评价解释")
    call.world.store.execute(
        "UPDATE review SET reply = ?, reply_time = ? WHERE oid = ?", reply, call.world.clock.now(), oid
    )
    return {"is_success": True}


def _review_of(call: TopCall, oid: int) -> dict[str, Any]:
    row = call.world.store.row(
        "SELECT * FROM review WHERE oid = ? AND seller_nick = ? AND deleted_at IS NULL", oid, call.seller_nick
    )
    if row is None:
        raise business_error("rate-not-exist", "评价不存在")
    return dict(row)


def tmall_feeds_get(call: TopCall) -> dict[str, Any]:
    """The review and its addition by sub-order; the polarity flags are the platform's reading of the text."""
    row = _review_of(call, call.number("child_trade_id"))
    negative = row["result"] != "good"
    info: dict[str, Any] = {
        "content": row["content"],
        "comment_time": written(row["created"]),
        "user_nick": row["buyer_nick"],
        "ouid": open_uid(row["buyer_nick"]),
        "has_negtv": negative,
        "tags": {"tags": [{"tag_name": "不满意" if negative else "满意", "posi": not negative}]},
    }
    if row["append_time"] is not None:
        info |= {
            "append_content": row["append_content"],
            "append_time": written(row["append_time"]),
            "append_has_negtv": bool(row["append_negative"]),
        }
    return {"tmall_rate_info": info}


METHODS = {
    "taobao.traderates.get": traderates_get,
    "taobao.traderate.explain.add": traderate_explain_add,
    "tmall.traderate.feeds.get": tmall_feeds_get,
}
