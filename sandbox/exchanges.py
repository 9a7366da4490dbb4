"""Exchange applications: the goods come back, and others go out. They live in the table of refunds."""

import sqlite3

from sandbox import orders, refunds, waybills
from sandbox.refund_states import (
    EX_ASKED,
    EX_CLOSED,
    EX_DONE,
    EX_REFUSED,
    EX_RETURNED,
    EX_RETURNING,
    EX_SENT,
    EX_TO_SEND,
    EXCHANGE,
)
from sandbox.world import Refused, World


def is_one(world: World, refund_id: int) -> bool:
    """Whether an application is about an exchange."""
    return bool(refunds.get(world, refund_id)["dispute_type"] == EXCHANGE)


def apply(world: World, oid: int, reason: str, explanation: str = "") -> int:
    """The buyer wants other goods for these; returns the application's id, the wire's `dispute_id`."""
    refunds.settle(world)
    order = orders.sub_order(world, oid)
    if order["status"] == orders.UNSHIPPED:
        raise Refused("nothing_to_return", "The parcel has not left yet: there is nothing to exchange.")
    if not reason.strip():
        raise Refused("no_reason", "Give a reason.")
    return refunds.enter(
        world,
        order,
        EX_ASKED,
        cannot_refuse="无理由" in reason,
        has_good_return=True,
        dispute_type=EXCHANGE,
        refund_fee=order["paid"],
        reason=reason,
        explanation=explanation,
    )


def withdraw(world: World, dispute_id: int) -> None:
    exchange = refunds.in_state(world, dispute_id, EX_ASKED, EX_RETURNING, EX_REFUSED)
    refunds.move(world, exchange, EX_CLOSED, world.clock.now())


def ask_again(world: World, dispute_id: int, reason: str) -> None:
    """After a refusal, with another reason; the seller's clock starts anew."""
    exchange = refunds.in_state(world, dispute_id, EX_REFUSED)
    with world.store.transaction():
        world.store.execute("UPDATE refund SET reason = ? WHERE refund_id = ?", reason, dispute_id)
        refunds.move(world, exchange, EX_ASKED, world.clock.now())


def ship_back(world: World, dispute_id: int, company: str, sid: str) -> None:
    exchange = refunds.in_state(world, dispute_id, EX_RETURNING)
    refunds.note_return(world, exchange, company, sid, EX_RETURNED)


def received(world: World, dispute_id: int) -> None:
    """The buyer has the new goods."""
    refunds.move(world, refunds.in_state(world, dispute_id, EX_SENT), EX_DONE, world.clock.now())


def agree(world: World, exchange: sqlite3.Row, address: str) -> None:
    refunds.sellers_turn(exchange)
    with world.store.transaction():
        world.store.execute("UPDATE refund SET address = ? WHERE refund_id = ?", address, exchange["refund_id"])
        _move(world, exchange, EX_RETURNING, EX_ASKED)


def refuse(world: World, exchange: sqlite3.Row, message: str, reason: int, proof_bytes: int | None) -> None:
    refunds.sellers_turn(exchange)
    if exchange["status"] == EX_ASKED and exchange["cannot_refuse"]:
        raise Refused("cannot_refuse", "七天无理由的换货不能拒绝")
    with world.store.transaction():
        refunds.note_refusal(world, exchange, message, reason, proof_bytes)
        _move(world, exchange, EX_REFUSED, EX_ASKED, EX_RETURNED)


def take_goods(world: World, exchange: sqlite3.Row) -> None:
    """The seller has the old goods and takes them."""
    refunds.sellers_turn(exchange)
    _move(world, exchange, EX_TO_SEND, EX_RETURNED)


def consign(world: World, exchange: sqlite3.Row, company: str, sid: str) -> None:
    refunds.sellers_turn(exchange)
    with world.store.transaction():
        world.store.execute(
            "UPDATE refund SET out_company = ?, out_sid = ? WHERE refund_id = ?", company, sid, exchange["refund_id"]
        )
        _move(world, exchange, EX_SENT, EX_TO_SEND)
        code = waybills.company_code(company, waybills.plain(sid))
        waybills.make(world, code, sid, "other", refund_id=exchange["refund_id"])


def _move(world: World, exchange: sqlite3.Row, status: str, *allowed: str) -> None:
    refunds.move(world, refunds.in_state(world, exchange["refund_id"], *allowed), status, world.clock.now())
