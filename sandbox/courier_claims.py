"""What couriers decide about claims: within how long, for how much, on which evidence; and their money."""

import json
import sqlite3
from typing import Any

from sandbox import waybills
from sandbox.clock import DAY, written
from sandbox.world import Refused, World

WITHIN_DAYS = 30
ANSWERS_AFTER_DAYS = 3  # what no operator answers is accepted by then, and paid a day later
PAYS_AFTER_DAYS = 4
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"GIF8", b"\x00\x00\x00")
PROCESSING, ACCEPTED, PARTLY, REFUSED, PAID = "PROCESSING", "ACCEPTED", "PARTLY_ACCEPTED", "REFUSED", "PAID"
ANSWERS = {"accepted": ACCEPTED, "partly": PARTLY, "refused": REFUSED}


class ClaimRefused(Exception):
    """Not even taken; `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def find(world: World, partner: str, out_id: str) -> sqlite3.Row | None:
    found = world.store.row("SELECT * FROM courier_claim WHERE partner_id = ? AND out_id = ?", partner, out_id)
    return found if found is None else _settled(world, found)


def listed(world: World) -> list[sqlite3.Row]:
    """The newest first."""
    return [_settled(world, row) for row in world.store.newest("courier_claim", ("created", "claim_id"), 1_000)]


def file(world: World, partner: str, digest: str, said: dict[str, Any]) -> sqlite3.Row:
    """Takes a claim; the same one again is the first. Raises ClaimRefused."""
    out_id = str(said["outClaimId"])
    known = find(world, partner, out_id)
    if known is not None:
        if known["digest"] != digest:
            raise ClaimRefused("OUT_ID_REUSED", "该外部理赔单号已用于其他内容")
        return known
    row = _claimable(world, said)
    claim_id = f"LP{world.store.next_id()}"
    world.store.insert(
        "courier_claim",
        claim_id=claim_id,
        partner_id=partner,
        out_id=out_id,
        digest=digest,
        num=row["num"],
        kind=said["claimType"],
        fee=said["claimFee"],
        evidence=json.dumps([piece["type"] for piece in said["evidences"]]),
        created=world.clock.now(),
    )
    return world.found("claim", "SELECT * FROM courier_claim WHERE claim_id = ?", claim_id)


def _claimable(world: World, said: dict[str, Any]) -> sqlite3.Row:
    row = waybills.find(world, str(said["mailNo"]))
    if row is None:
        raise ClaimRefused("WAYBILL_NOT_FOUND", "运单号不存在")
    waybills.settle(world, row["num"])
    if world.store.row("SELECT 1 FROM courier_claim WHERE num = ? AND status <> ?", row["num"], REFUSED):
        raise ClaimRefused("CLAIM_EXISTS", "该运单已有理赔单")
    latest = waybills.last(world, row["num"])
    since = latest["at"] if latest else row["created"]
    if world.clock.now() > since + WITHIN_DAYS * DAY:
        raise ClaimRefused("CLAIM_EXPIRED", f"超过{WITHIN_DAYS}天理赔时效")
    return row


def answer(world: World, claim_id: str, answered: str, agreed: int | None, remark: str) -> sqlite3.Row:
    """An operator's answer, as the courier's clerk gives it."""
    row = _settled(world, world.found("claim", "SELECT * FROM courier_claim WHERE claim_id = ?", claim_id))
    if row["status"] != PROCESSING:
        raise Refused("claim_answered", f"The claim is {row['status']} already.")
    fee = {"accepted": row["fee"], "refused": 0}.get(answered, agreed if agreed is not None else row["fee"] // 2)
    _move(world, row, ANSWERS[answered], agreed=fee, remark=remark)
    return world.found("claim", "SELECT * FROM courier_claim WHERE claim_id = ?", claim_id)


def pay(world: World, claim_id: str) -> sqlite3.Row:
    row = _settled(world, world.found("claim", "SELECT * FROM courier_claim WHERE claim_id = ?", claim_id))
    if row["status"] not in (ACCEPTED, PARTLY):
        raise Refused("nothing_to_pay", f"The claim is {row['status']}; nothing is to be paid.")
    _pay(world, row, world.clock.now())
    return world.found("claim", "SELECT * FROM courier_claim WHERE claim_id = ?", claim_id)


def _settled(world: World, row: sqlite3.Row) -> sqlite3.Row:
    """The claim as it stands now: what the courier does by itself in time is written first."""
    now = world.clock.now()
    if row["status"] == PROCESSING and now >= row["created"] + ANSWERS_AFTER_DAYS * DAY:
        _move(world, row, ACCEPTED, agreed=row["fee"], remark="核实无误")
    elif row["status"] in (ACCEPTED, PARTLY) and now >= row["created"] + PAYS_AFTER_DAYS * DAY:
        _pay(world, row, row["created"] + PAYS_AFTER_DAYS * DAY)
    else:
        return row
    return _settled(world, world.found("claim", "SELECT * FROM courier_claim WHERE claim_id = ?", row["claim_id"]))


def _move(world: World, row: sqlite3.Row, status: str, agreed: int, remark: str) -> None:
    world.store.execute(
        "UPDATE courier_claim SET status = ?, agreed = ?, remark = ? WHERE claim_id = ?",
        status,
        agreed,
        remark,
        row["claim_id"],
    )


def _pay(world: World, row: sqlite3.Row, at: int) -> None:
    number = f"PF{world.store.next_id()}"
    sql = "UPDATE courier_claim SET status = ?, pay_no = ?, paid_at = ? WHERE claim_id = ?"
    world.store.execute(sql, PAID, number, at, row["claim_id"])


def view(row: sqlite3.Row) -> dict[str, Any]:
    return dict(row) | {
        "created": written(row["created"]),
        "paid_at": written(row["paid_at"]),
        "evidence": json.loads(row["evidence"]),
    }
