"""Shop coupons: their kinds, who may get one, and who has which."""

import sqlite3
import time
from typing import Any

from sandbox.clock import yuan
from sandbox.world import Refused, World

FACES_YUAN = (3, 5, 10, 20, 50, 100)
ACTIVE_KINDS_MAX = 50


def add_kind(world: World, seller_nick: str, face: int, condition: int, start: int | None, end: int) -> int:
    """Amounts in fen. Raises Refused."""
    now = world.clock.now()
    if face not in {100 * one for one in FACES_YUAN}:
        raise Refused("denomination-error", f"A coupon is worth {', '.join(map(str, FACES_YUAN))} yuan.")
    if end <= max(now, start or now):
        raise Refused("end-time-error", "A coupon ends later than it begins, and later than now.")
    active = "SELECT count(*) FROM coupon_kind WHERE seller_nick = ? AND end_time > ?"
    if world.store.number(active, seller_nick, now) >= ACTIVE_KINDS_MAX:
        raise Refused("coupon-count-limit", f"A shop has at most {ACTIVE_KINDS_MAX} coupons that have not ended.")
    coupon_id = world.store.next_number("coupon_kind") + 10_000_000
    world.store.insert(
        "coupon_kind",
        coupon_id=coupon_id,
        seller_nick=seller_nick,
        denomination=face,
        condition=condition,
        start_time=start or now,
        end_time=end,
        created=now,
    )
    return coupon_id


def kind(world: World, seller_nick: str, coupon_id: int) -> sqlite3.Row | None:
    return world.store.row("SELECT * FROM coupon_kind WHERE coupon_id = ? AND seller_nick = ?", coupon_id, seller_nick)


def why_not(world: World, kind_row: sqlite3.Row, nick: str) -> str | None:
    """Only a member of the shop gets one: somebody who has finished an order in it."""
    bought = "SELECT count(*) FROM trade WHERE seller_nick = ? AND buyer_nick = ? AND end_time IS NOT NULL"
    if not world.store.number("SELECT count(*) FROM buyer WHERE nick = ?", nick):
        return "该用户不存在"
    if not world.store.number(bought, kind_row["seller_nick"], nick):
        return "该用户不是店铺会员"
    return "优惠券已过期" if kind_row["end_time"] <= world.clock.now() else None


def give(world: World, coupon_id: int, nick: str, seen_after_seconds: float = 0.0) -> int:
    """The new coupon's number; lists show it only after the seconds."""
    number = world.store.next_id()
    world.store.insert(
        "coupon",
        coupon_number=number,
        coupon_id=coupon_id,
        buyer_nick=nick,
        created=world.clock.now(),
        seen_wall=time.time() + seen_after_seconds if seen_after_seconds else 0.0,
    )
    return number


def listed(world: World, nick: str | None = None, coupon_id: int | None = None) -> list[dict[str, Any]]:
    """What was given, whatever the wire shows of it yet; for /control."""
    rows = world.store.rows(
        "SELECT coupon.*, denomination, condition, seller_nick, end_time "
        "FROM coupon JOIN coupon_kind USING (coupon_id) "
        "WHERE (? IS NULL OR buyer_nick = ?) AND (? IS NULL OR coupon_id = ?) ORDER BY coupon_number",
        nick,
        nick,
        coupon_id,
        coupon_id,
    )
    return [
        {
            "coupon_number": str(row["coupon_number"]),
            "coupon_id": row["coupon_id"],
            "buyer_nick": row["buyer_nick"],
            "shop": row["seller_nick"],
            "state": row["state"],
            "face": yuan(row["denomination"]),
            "face_fen": row["denomination"],
            "condition": yuan(row["condition"]),
            "end_time": row["end_time"],
        }
        for row in rows
    ]
