"""Buyers' reviews: left, amended, deleted, appended to, and answered by the seller once."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox import messages, orders, people, shops
from sandbox.clock import DAY
from sandbox.world import Refused, World


def _tell(world: World, oid: int) -> None:
    order = orders.sub_order(world, oid)
    content = messages.rated(order["tid"], oid, order["seller_nick"], order["buyer_nick"], order["paid"])
    messages.publish(world, order["seller_nick"], messages.TRADE_RATED, [content])


def _check_length(text: str, limit: int | None) -> None:
    if not text.strip():
        raise Refused("empty_text", "Write at least one character.")
    if limit is not None and len(text) > limit:
        raise Refused("text_too_long", f"At most {limit} characters, this text has {len(text)}.")


def get(world: World, oid: int) -> sqlite3.Row:
    """A review that a visitor could still read."""
    return world.found("review", "SELECT * FROM review WHERE oid = ? AND deleted_at IS NULL", oid)


def listed(world: World, buyer: str | None, shop: str | None, limit: int = 100) -> list[sqlite3.Row]:
    """Newest first, deleted ones included, as the operator sees them."""
    return world.store.newest("review", ("created", "seq"), limit, buyer_nick=buyer, seller_nick=shop)


def leave(world: World, oid: int, result: str, content: str) -> None:
    """Once per sub-order, within 15 days of the finished trade (S003, TOP-56)."""
    order, limits, now = orders.sub_order(world, oid), world.limits, world.clock.now()
    _check_length(content, limits.review_max_chars)
    if order["status"] != orders.FINISHED:
        raise Refused("trade_not_finished", "Confirm receipt first, then review.")
    if limits.first_review_days is not None and now > order["end_time"] + limits.first_review_days * DAY:
        raise Refused("review_window_over", f"Reviews close {limits.first_review_days} days after receipt.")
    if world.store.row("SELECT 1 FROM review WHERE oid = ?", oid):
        raise Refused("already_reviewed", "This item was reviewed already.")
    with world.store.transaction():
        world.store.insert(
            "review",
            oid=oid,
            tid=order["tid"],
            seller_nick=order["seller_nick"],
            buyer_nick=order["buyer_nick"],
            result=result,
            content=content,
            created=now,
        )
        _tell(world, oid)


def _check_amendable(world: World, oid: int) -> None:
    review, limits = get(world, oid), world.limits
    if shops.get(world, review["seller_nick"])["flavour"] == "tmall":
        raise Refused("tmall_append_only", "Tmall reviews can be neither changed nor deleted: append instead.")
    if review["result"] == "good":
        raise Refused("good_is_final", "A good review cannot be changed.")
    if world.clock.now() > review["created"] + limits.amend_days * DAY:
        raise Refused("amend_window_over", f"Reviews can be changed for {limits.amend_days} days only.")


def amend(world: World, oid: int, content: str | None) -> None:
    """Neutral or bad becomes good, once; the text may change with it."""
    _check_amendable(world, oid)
    if content is not None:
        _check_length(content, world.limits.review_max_chars)
    with world.store.transaction():
        world.store.execute(
            "UPDATE review SET result = 'good', content = coalesce(?, content), amended_at = ? WHERE oid = ?",
            content,
            world.clock.now(),
            oid,
        )
        _tell(world, oid)


def delete(world: World, oid: int) -> None:
    _check_amendable(world, oid)
    with world.store.transaction():
        world.store.execute("UPDATE review SET deleted_at = ? WHERE oid = ?", world.clock.now(), oid)
        _tell(world, oid)


def append(world: World, oid: int, content: str, negative: bool) -> None:
    """Once, within 180 days of the finished trade; `negative` is what the platform's text analysis would find."""
    review, limits = get(world, oid), world.limits
    _check_length(content, limits.review_max_chars)
    if review["append_time"] is not None:
        raise Refused("already_appended", "This review has its addition already.")
    end_time = orders.sub_order(world, oid)["end_time"]
    if world.clock.now() > end_time + limits.append_days * DAY:
        raise Refused("append_window_over", f"Additions close {limits.append_days} days after receipt.")
    with world.store.transaction():
        world.store.execute(
            "UPDATE review SET append_content = ?, append_time = ?, append_negative = ? WHERE oid = ?",
            content,
            world.clock.now(),
            negative,
            oid,
        )
        _tell(world, oid)


def overrule(world: World, oid: int, result: str, content: str | None, push: bool) -> None:
    """The operator sets a review against every rule: the marketplace turning one bad again, or giving it back."""
    world.found("review", "SELECT oid FROM review WHERE oid = ?", oid)
    with world.store.transaction():
        world.store.execute(
            "UPDATE review SET result = ?, content = coalesce(?, content), deleted_at = NULL WHERE oid = ?",
            result,
            content,
            oid,
        )
        if push:
            _tell(world, oid)


@dataclass(frozen=True)
class BulkReview:
    text: str
    result: str
    created: int | None = None  # business seconds; None means now
    buyer_nick: str | None = None


def load(world: World, seller_nick: str, batch: list[BulkReview], push: bool) -> list[int]:
    """Creates one finished order with one review each and returns the oids, in one transaction for the whole batch."""
    shops.get(world, seller_nick)
    for review in batch:
        _check_length(review.text, world.limits.review_max_chars)
    with world.store.transaction():
        first = world.store.next_id(len(batch))
        rows = [_bulk_rows(world, seller_nick, first + n, review) for n, review in enumerate(batch)]
        _insert_buyers(world, (row["trade"] for row in rows))
        for table in ("trade", "sub_order", "review"):
            world.store.insert_many(table, (row[table] for row in rows))
        if push:
            told = [
                messages.rated(r["tid"], r["tid"], seller_nick, r["buyer_nick"], BULK_ITEM.price)
                for r in (row["review"] for row in rows)
            ]
            messages.publish(world, seller_nick, messages.TRADE_RATED, told)
    return [row["review"]["oid"] for row in rows]


BULK_ITEM = orders.Item(title="批量导入商品", price=5900)


def _bulk_rows(world: World, seller_nick: str, tid: int, review: BulkReview) -> dict[str, dict[str, Any]]:
    created = review.created or world.clock.now()
    number = tid % 10**8
    nick = review.buyer_nick or f"买家{number:08d}"
    receiver = orders.Receiver("批量", f"137{number:08d}", "浙江省", "杭州市", "余杭区", "五常街道", "文一西路1号")
    shared = {"seller_nick": seller_nick, "buyer_nick": nick, "tid": tid}
    return {
        "trade": {
            **shared,
            **orders.receiver_columns(receiver),
            "status": orders.FINISHED,
            "payment": BULK_ITEM.price,
            "created": created - 7 * DAY,
            "consign_time": created - 6 * DAY,
            "end_time": created - DAY,
            "oaid": orders.oaid(tid),
        },
        "sub_order": orders.sub_order_columns(tid, tid, BULK_ITEM),
        "review": {**shared, "oid": tid, "result": review.result, "content": review.text, "created": created},
    }


def _insert_buyers(world: World, trades: Iterable[dict[str, Any]]) -> None:
    known = {row["nick"] for row in world.store.rows("SELECT nick FROM buyer")}
    fresh = {trade["buyer_nick"]: trade["receiver_mobile"] for trade in trades}
    world.store.insert_many(
        "buyer",
        (
            {"nick": nick, "open_uid": people.open_uid(nick), "phone": phone}
            for nick, phone in fresh.items()
            if nick not in known
        ),
    )
