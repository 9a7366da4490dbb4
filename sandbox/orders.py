"""Orders (trades) with their sub-orders, from placing to finishing."""

import hashlib
import sqlite3
from dataclasses import dataclass
from typing import Any

from sandbox import people, shops, waybills
from sandbox.world import Refused, World

UNSHIPPED, SHIPPED, FINISHED = "WAIT_SELLER_SEND_GOODS", "WAIT_BUYER_CONFIRM_GOODS", "TRADE_FINISHED"


COURIER = "yuantong"  # with whom every shop here ships


@dataclass(frozen=True)
class Item:
    title: str
    price: int  # fen
    num: int = 1
    num_iid: int | None = None


@dataclass(frozen=True)
class Receiver:
    """Where the parcel goes and who pays; every field in plain text, the wire masks it."""

    name: str
    mobile: str
    state: str
    city: str
    district: str
    town: str
    address: str
    alipay_account: str | None = None


def item_id(title: str) -> int:
    """The same title is the same item, so that statistics by item have something to count."""
    return 600_000_000_000 + int(hashlib.sha256(title.encode()).hexdigest()[:9], 16) % 10**11


def place(world: World, seller_nick: str, buyer_nick: str, items: list[Item], receiver: Receiver) -> int:
    """Places a paid order and returns its tid; one item means oid = tid, as on Taobao."""
    shops.get(world, seller_nick)
    if not items:
        raise Refused("no_items", "An order needs at least one item.")
    with world.store.transaction():
        people.meet(world, buyer_nick, receiver.mobile, receiver.name, receiver.alipay_account)
        tid = world.store.next_id()
        oids = [tid] if len(items) == 1 else [world.store.next_id() for _ in items]
        world.store.insert(
            "trade",
            tid=tid,
            seller_nick=seller_nick,
            buyer_nick=buyer_nick,
            status=UNSHIPPED,
            payment=sum(item.price * item.num for item in items),
            created=world.clock.now(),
            oaid=oaid(tid),
            **receiver_columns(receiver),
        )
        for oid, item in zip(oids, items, strict=True):
            world.store.insert("sub_order", **sub_order_columns(oid, tid, item))
    return tid


def oaid(tid: int) -> str:
    return "1O" + hashlib.sha256(f"oaid:{tid}".encode()).hexdigest()[:40]


def receiver_columns(receiver: Receiver) -> dict[str, str]:
    parts = ("name", "mobile", "state", "city", "district", "town", "address")
    return {f"receiver_{part}": getattr(receiver, part) for part in parts}


def sub_order_columns(oid: int, tid: int, item: Item) -> dict[str, Any]:
    return {
        "oid": oid,
        "tid": tid,
        "num_iid": item.num_iid or item_id(item.title),
        "title": item.title,
        "price": item.price,
        "num": item.num,
        "payment": item.price * item.num,
    }


def get(world: World, tid: int) -> sqlite3.Row:
    return world.found("order", "SELECT * FROM trade WHERE tid = ?", tid)


def sub_orders(world: World, tid: int) -> list[sqlite3.Row]:
    return world.store.rows("SELECT * FROM sub_order WHERE tid = ? ORDER BY oid", tid)


def sub_order(world: World, oid: int) -> sqlite3.Row:
    """The sub-order joined with its trade."""
    return world.found(
        "sub_order",
        "SELECT trade.*, oid, num_iid, title, price, num, sub_order.payment AS paid "
        "FROM sub_order JOIN trade USING (tid) WHERE oid = ?",
        oid,
    )


def listed(world: World, buyer: str | None, shop: str | None, limit: int = 100) -> list[sqlite3.Row]:
    """Newest first."""
    return world.store.newest("trade", ("created", "tid"), limit, buyer_nick=buyer, seller_nick=shop)


def ship(world: World, tid: int) -> None:
    if get(world, tid)["status"] != UNSHIPPED:
        raise Refused("already_shipped", "The parcel of this order has left already.")
    with world.store.transaction():
        now = world.clock.now()
        world.store.execute("UPDATE trade SET status = ?, consign_time = ? WHERE tid = ?", SHIPPED, now, tid)
        waybills.make(world, COURIER, waybills.mint(world, COURIER), "order", tid=tid)


def finish(world: World, tid: int) -> None:
    """The buyer confirms receipt; an unshipped order is shipped on the way, which saves a demo one click."""
    if get(world, tid)["status"] == FINISHED:
        raise Refused("already_finished", "Receipt of this order is confirmed already.")
    now = world.clock.now()
    world.store.execute(
        "UPDATE trade SET status = ?, consign_time = coalesce(consign_time, ?), end_time = ? WHERE tid = ?",
        FINISHED,
        now,
        now,
        tid,
    )
    if waybills.of_order(world, tid) is None:
        waybills.make(world, COURIER, waybills.mint(world, COURIER), "order", tid=tid)
    waybills.signed_by_now(world, tid)
