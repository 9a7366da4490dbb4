"""What is written to an application, by the buyer, the seller, or the platform's service."""

import sqlite3

from sandbox import refunds
from sandbox.refund_states import EXCHANGE
from sandbox.world import World

BUYER, SELLER = 1, 2
TOPIC = "taobao_refund_RefundCreateMessage"


def add(world: World, refund_id: int, owner: int, content: str, picture_bytes: int = 0) -> int:
    """Writing moves the application's version, and nothing else of it."""
    refund, now = refunds.get(world, refund_id), world.clock.now()
    with world.store.transaction():
        number = world.store.next_id()
        world.store.insert(
            "refund_message",
            id=number,
            refund_id=refund_id,
            owner=owner,
            content=content,
            picture_bytes=picture_bytes,
            created=now,
        )
        world.store.execute(
            "UPDATE refund SET modified = ?, version = max(version + 1, ?) WHERE refund_id = ?",
            now,
            now * 1000,
            refund_id,
        )
        refunds.tell(world, refund_id, None if refund["dispute_type"] == EXCHANGE else TOPIC)
    return number


def of(world: World, refund_id: int) -> list[sqlite3.Row]:
    """In the order in which they were written."""
    return world.store.rows("SELECT * FROM refund_message WHERE refund_id = ? ORDER BY id", refund_id)
