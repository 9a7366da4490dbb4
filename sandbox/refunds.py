"""Refund applications: who must act, until when, and what the platform does when nobody does."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from sandbox import messages, orders, waybills
from sandbox.clock import DAY, written, yuan
from sandbox.people import open_uid
from sandbox.refund_states import (
    ASKED,
    CLOSED,
    CS_DECIDES,
    ENDED,
    EXCHANGE,
    PAID,
    REFUSED,
    RETURNED,
    RETURNING,
    TIME_LIMITS,
)
from sandbox.world import NotFound, Refused, World

# No topic for exchanges is known: those are found by their list.
TOPICS = {
    ASKED: "taobao_refund_RefundCreated",
    RETURNING: "taobao_refund_RefundSellerAgreeAgreement",
    RETURNED: "taobao_refund_RefundBuyerReturnGoods",
    REFUSED: "taobao_refund_RefundSellerRefuseAgreement",
    CLOSED: "taobao_refund_RefundClosed",
    PAID: "taobao_refund_RefundSuccess",
}
MODIFIED_TOPIC = "taobao_refund_RefundBuyerModifyAgreement"


@dataclass(frozen=True)
class Application:
    with_return: bool
    fee: int  # fen
    reason: str
    explanation: str = ""


def get(world: World, refund_id: int) -> sqlite3.Row:
    return world.found("refund", "SELECT * FROM refund WHERE refund_id = ?", refund_id)


def listed(world: World, buyer: str | None, shop: str | None, limit: int = 100) -> list[sqlite3.Row]:
    """Last changed first."""
    return world.store.newest("refund", ("modified", "refund_id"), limit, buyer_nick=buyer, seller_nick=shop)


def _check(application: Application, order: sqlite3.Row) -> None:
    if not 0 < application.fee <= order["paid"]:
        raise Refused("bad_amount", f"Ask for more than nothing and at most {yuan(order['paid'])} yuan.")
    if application.with_return and order["status"] == orders.UNSHIPPED:
        raise Refused("nothing_to_return", "The parcel has not left yet: ask for the money only.")
    if not application.reason.strip():
        raise Refused("no_reason", "Give a reason.")


def apply(world: World, oid: int, application: Application) -> int:
    """The buyer's application; returns the refund id. Before the trade is finished it is `onsale`, then `aftersale`."""
    settle(world)
    order = orders.sub_order(world, oid)
    _check(application, order)
    unshipped = order["status"] == orders.UNSHIPPED
    return enter(
        world, order, ASKED, cannot_refuse=unshipped or "无理由" in application.reason, **_asked_columns(application)
    )


def enter(world: World, order: sqlite3.Row, status: str, **columns: Any) -> int:
    """A new application for a sub-order; at most one lives."""
    marks = ", ".join("?" for _ in ENDED)
    open_one = f"SELECT 1 FROM refund WHERE oid = ? AND status NOT IN ({marks})"  # noqa: S608 - marks only
    if world.store.row(open_one, order["oid"], *ENDED):
        raise Refused("refund_open", "There is an open application for this item.")
    now, refund_id = world.clock.now(), world.store.next_id()
    with world.store.transaction():
        world.store.insert(
            "refund",
            refund_id=refund_id,
            tid=order["tid"],
            oid=order["oid"],
            seller_nick=order["seller_nick"],
            buyer_nick=order["buyer_nick"],
            status=status,
            phase="aftersale" if order["status"] == orders.FINISHED else "onsale",
            version=now * 1000,
            good_status="BUYER_NOT_RECEIVED" if order["status"] == orders.UNSHIPPED else "BUYER_RECEIVED",
            created=now,
            modified=now,
            deadline=now + TIME_LIMITS[status][0] * DAY,
            **columns,
        )
        tell(world, refund_id, TOPICS.get(status))
    return refund_id


def _asked_columns(application: Application) -> dict[str, Any]:
    return {
        "has_good_return": application.with_return,
        "dispute_type": "REFUND_AND_RETURN" if application.with_return else "REFUND",
        "refund_fee": application.fee,
        "reason": application.reason,
        "explanation": application.explanation,
    }


def modify(world: World, refund_id: int, application: Application) -> None:
    """The buyer changes an unanswered or refused application; the seller's clock starts anew."""
    refund = in_state(world, refund_id, ASKED, REFUSED)
    _check(application, orders.sub_order(world, refund["oid"]))
    columns = _asked_columns(application)
    with world.store.transaction():
        changes = ", ".join(f"{name} = ?" for name in columns)
        # Column names are those of _asked_columns; every value is bound.
        world.store.execute(
            f"UPDATE refund SET {changes} WHERE refund_id = ?",  # noqa: S608
            *columns.values(),
            refund_id,
        )
        move(world, refund, ASKED, world.clock.now(), MODIFIED_TOPIC)


def withdraw(world: World, refund_id: int) -> None:
    move(world, in_state(world, refund_id, ASKED, RETURNING, REFUSED), CLOSED, world.clock.now())


def ship_back(world: World, refund_id: int, company: str, sid: str) -> None:
    """The buyer enters courier and tracking number; the courier may be any text."""
    note_return(world, in_state(world, refund_id, RETURNING), company, sid, RETURNED)


def note_return(world: World, refund: sqlite3.Row, company: str, sid: str, status: str) -> None:
    now = world.clock.now()
    with world.store.transaction():
        world.store.execute(
            "UPDATE refund SET company_name = ?, sid = ?, good_return_time = ?, "
            "good_status = 'BUYER_RETURNED_GOODS' WHERE refund_id = ?",
            company,
            sid,
            now,
            refund["refund_id"],
        )
        waybills.make(
            world, waybills.company_code(company, waybills.plain(sid)), sid, "back", refund_id=refund["refund_id"]
        )
        move(world, refund, status, now)


def pay_back(world: World, refund: sqlite3.Row) -> None:
    """The seller lets the money go; goods that must come back have to be on their way first."""
    sellers_turn(refund)
    if refund["status"] == ASKED and refund["has_good_return"]:
        raise Refused("return_first", "该退款需先同意退货")
    move(world, in_state(world, refund["refund_id"], ASKED, RETURNED), PAID, world.clock.now())


def sellers_turn(refund: sqlite3.Row) -> None:
    """Once the platform's own service decides, the seller's hands are tied."""
    if refund["cs_status"] in CS_DECIDES:
        raise Refused("cs_intervened", "平台客服已介入,请等待处理结果")


def agree_return(world: World, refund: sqlite3.Row, address: str) -> None:
    sellers_turn(refund)
    if not refund["has_good_return"]:
        raise Refused("nothing_to_return", "仅退款申请无需退货")
    with world.store.transaction():
        world.store.execute("UPDATE refund SET address = ? WHERE refund_id = ?", address, refund["refund_id"])
        move(world, in_state(world, refund["refund_id"], ASKED), RETURNING, world.clock.now())


def refuse(world: World, refund: sqlite3.Row, message: str, **shown: int | None) -> None:
    """Forbidden for unshipped orders and for returns without reason (TOP-10480). `shown`: `refuse_reason`, and the
    `proof_bytes` of the picture."""
    sellers_turn(refund)
    if refund["cannot_refuse"]:
        raise Refused("cannot_refuse", "未发货或七天无理由的退款不能拒绝")
    with world.store.transaction():
        note_refusal(world, refund, message, **shown)
        move(world, in_state(world, refund["refund_id"], ASKED, RETURNED), REFUSED, world.clock.now())


def note_refusal(
    world: World, refund: sqlite3.Row, message: str, refuse_reason: int | None = None, proof_bytes: int | None = None
) -> None:
    world.store.execute(
        "UPDATE refund SET refuse_message = ?, refuse_reason = ?, proof_bytes = ? WHERE refund_id = ?",
        message,
        refuse_reason,
        proof_bytes,
        refund["refund_id"],
    )


def settle(world: World) -> None:
    """Does what the platform does at a deadline, at the deadline's own time, however far the clock has jumped."""
    while due := world.store.row(
        "SELECT * FROM refund WHERE deadline <= ? ORDER BY deadline LIMIT 1", world.clock.now()
    ):
        following = TIME_LIMITS[due["status"]][1]
        if due["status"] == ASKED and due["has_good_return"]:
            following = RETURNING
        move(world, due, following, due["deadline"])


def in_state(world: World, refund_id: int, *allowed: str) -> sqlite3.Row:
    settle(world)
    refund = get(world, refund_id)
    if refund["status"] not in allowed:
        raise Refused("wrong_state", f"The refund is {refund['status']}; this needs {' or '.join(allowed)}.")
    return refund


def move(world: World, refund: sqlite3.Row, status: str, moment: int, topic: str | None = None) -> None:
    """Every change raises the version, which is a millisecond stamp and the seller's optimistic lock."""
    days = TIME_LIMITS[status][0] if status in TIME_LIMITS else None
    with world.store.transaction():
        world.store.execute(
            "UPDATE refund SET status = ?, modified = ?, version = max(version + 1, ?), deadline = ? "
            "WHERE refund_id = ?",
            status,
            moment,
            moment * 1000,
            None if days is None else moment + days * DAY,
            refund["refund_id"],
        )
        tell(world, refund["refund_id"], topic or TOPICS.get(status))


def tell(world: World, refund_id: int, topic: str | None) -> None:
    if topic is None:
        return
    refund = get(world, refund_id)
    content = {
        "refund_id": refund_id,
        "tid": refund["tid"],
        "oid": refund["oid"],
        "seller_nick": refund["seller_nick"],
        "buyer_nick": refund["buyer_nick"],
        "buyer_open_uid": open_uid(refund["buyer_nick"]),
        "refund_fee": yuan(refund["refund_fee"]),
        "refund_phase": refund["phase"],
        "bill_type": "return_bill" if refund["has_good_return"] else "refund_bill",
        "modified": written(refund["modified"]),
    }
    messages.publish(world, refund["seller_nick"], topic, [content])


def of_shop(world: World, refund_id: int, seller_nick: str, *, exchange: bool = False) -> sqlite3.Row:
    settle(world)
    refund = get(world, refund_id)
    if refund["seller_nick"] != seller_nick or (refund["dispute_type"] == EXCHANGE) is not exchange:
        raise NotFound("refund_not_found", f"There is no such application {refund_id} in this shop.")
    return refund
