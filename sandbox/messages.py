"""The message channel (TMC): who subscribed to what, what waits, what was confirmed."""

import json
import sqlite3
import time
from typing import Any

from sandbox.clock import yuan
from sandbox.people import open_uid
from sandbox.world import World

TRADE_RATED = "taobao_trade_TradeRated"


def permit(world: World, seller_nick: str, topics: list[str] | None) -> None:
    """Subscribes the shop; the list replaces the former one, None means every topic."""
    world.store.execute(
        "UPDATE shop SET permitted = 1, topics = ? WHERE seller_nick = ?",
        None if topics is None else json.dumps(topics),
        seller_nick,
    )


def publish(world: World, seller_nick: str, topic: str, contents: list[dict[str, Any]]) -> None:
    """Queues messages for the shop's app; a shop without subscription gets none, and none later either."""
    shop = world.store.row("SELECT * FROM shop WHERE seller_nick = ?", seller_nick)
    if shop is None or not shop["permitted"]:
        return
    if shop["topics"] is not None and topic not in json.loads(shop["topics"]):
        return
    first, now = world.store.next_id(len(contents)), world.clock.now()
    world.store.insert_many(
        "message",
        (
            {
                "id": first + place,
                "seller_nick": seller_nick,
                "app_key": shop["app_key"],
                "topic": topic,
                "pub_time": now,
                "content": json.dumps(content, ensure_ascii=False),
            }
            for place, content in enumerate(contents)
        ),
    )


def rated(tid: int, oid: int, seller_nick: str, buyer_nick: str, payment: int) -> dict[str, Any]:
    """Content of TradeRated: it says that a review changed, never what it says."""
    return {
        "tid": tid,
        "oid": oid,
        "seller_nick": seller_nick,
        "buyer_nick": buyer_nick,
        "buyer_open_uid": open_uid(buyer_nick),
        "payment": yuan(payment),
        "rater": "buyer",
        "status": "TRADE_FINISHED",
        "type": "guarantee_trade",
    }


def waiting(world: World, app_key: str, quantity: int) -> list[sqlite3.Row]:
    """Unconfirmed messages that are due, oldest first."""
    return world.store.rows(
        "SELECT message.*, shop.user_id FROM message JOIN shop USING (seller_nick) "
        "WHERE message.app_key = ? AND confirmed = 0 AND due_wall <= ? ORDER BY id LIMIT ?",
        app_key,
        time.time(),
        quantity,
    )


def lease(world: World, ids: list[int]) -> None:
    """Hides handed-out messages until they are confirmed or the redelivery time is over."""
    due = time.time() + world.limits.tmc_redelivery_seconds
    with world.store.transaction():
        for message in ids:
            world.store.execute("UPDATE message SET due_wall = ? WHERE id = ?", due, message)


def confirm(world: World, app_key: str, ids: list[int]) -> None:
    with world.store.transaction():
        for message in ids:
            world.store.execute("UPDATE message SET confirmed = 1 WHERE id = ? AND app_key = ?", message, app_key)
