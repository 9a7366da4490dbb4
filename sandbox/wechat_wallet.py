"""The merchant's WeChat Pay account: its balance, the openids it may pay, and every transfer with its state."""

import sqlite3
import time
from typing import Any

from sandbox.clock import DAY, written, yuan
from sandbox.wallet import FIRST_BALANCE
from sandbox.world import World

OPEN = ("ACCEPTED", "PROCESSING", "WAIT_USER_CONFIRM", "TRANSFERING", "CANCELING")
CONFIRM_WITHIN = DAY  # what the buyer has not confirmed by then goes back to the merchant


def balance(world: World) -> int:
    return int(world.store.setting("wechat_balance", FIRST_BALANCE))


def set_balance(world: World, fen: int) -> None:
    world.store.set_setting("wechat_balance", fen)


def set_account(world: World, openid: str, name: str, status: str, confirms: str) -> sqlite3.Row:
    world.store.execute(
        "INSERT INTO wechat_account VALUES (?, ?, ?, ?) ON CONFLICT (openid) DO UPDATE SET "
        "name = excluded.name, status = excluded.status, confirms = excluded.confirms",
        openid,
        name,
        status,
        confirms,
    )
    return world.found("wechat_account", "SELECT * FROM wechat_account WHERE openid = ?", openid)


def account(world: World, openid: str) -> sqlite3.Row | None:
    return world.store.row("SELECT * FROM wechat_account WHERE openid = ?", openid)


def begin(world: World, **columns: Any) -> sqlite3.Row:
    """Writes a transfer; unless it failed at once its money is set aside from now on."""
    with world.store.transaction():
        if columns["state"] != "FAIL":
            set_balance(world, balance(world) - columns["amount"])
        now, number = world.clock.now(), f"13300{world.store.next_id()}"
        world.store.insert("wechat_transfer", transfer_bill_no=number, created=now, updated=now, **columns)
    return world.found("transfer", "SELECT * FROM wechat_transfer WHERE transfer_bill_no = ?", number)


def by_number(world: World, out_bill_no: str) -> sqlite3.Row | None:
    return _looked_at(world, world.store.row("SELECT * FROM wechat_transfer WHERE out_bill_no = ?", out_bill_no))


def by_bill(world: World, transfer_bill_no: str) -> sqlite3.Row | None:
    found = world.store.row("SELECT * FROM wechat_transfer WHERE transfer_bill_no = ?", transfer_bill_no)
    return _looked_at(world, found)


def _looked_at(world: World, transfer: sqlite3.Row | None) -> sqlite3.Row | None:
    """The transfer as it stands now: what time and an obliging buyer have done to it meanwhile is written first."""
    if transfer is None:
        return None
    after, reason = _next(world, transfer)
    if after == transfer["state"]:
        return transfer
    settle(world, transfer, after, reason)
    return world.store.row("SELECT * FROM wechat_transfer WHERE out_bill_no = ?", transfer["out_bill_no"])


def _next(world: World, transfer: sqlite3.Row) -> tuple[str, str | None]:
    state, buyer = transfer["state"], account(world, transfer["openid"])
    if state == "CANCELING":
        return "CANCELLED", None
    if state == "PROCESSING" and transfer["settle_wall"] <= time.time():
        failed = transfer["fail_reason"]
        return ("FAIL", failed) if failed else ("SUCCESS", None)
    if state == "WAIT_USER_CONFIRM":
        if buyer is not None and buyer["confirms"] == "at_once":
            return "SUCCESS", None
        if world.clock.now() > transfer["created"] + CONFIRM_WITHIN:
            return "FAIL", "OVERDUE_CLOSE"
    return state, transfer["fail_reason"]


def settle(world: World, transfer: sqlite3.Row, state: str, reason: str | None = None) -> None:
    """Brings a transfer into another state; one that ends without success gives its money back."""
    with world.store.transaction():
        if state in ("FAIL", "CANCELLED"):
            set_balance(world, balance(world) + transfer["amount"])
        world.store.execute(
            "UPDATE wechat_transfer SET state = ?, fail_reason = ?, updated = ? WHERE out_bill_no = ?",
            state,
            reason,
            world.clock.now(),
            transfer["out_bill_no"],
        )


def transfers(world: World, out_bill_no: str | None = None, openid: str | None = None) -> list[dict[str, Any]]:
    """The newest 10,000, newest first, told in the words of the other wallet."""
    filters = {"out_bill_no": out_bill_no, "openid": openid}
    rows = world.store.newest("wechat_transfer", ("created", "transfer_bill_no"), 10_000, **filters)
    looked = [_looked_at(world, row) or row for row in rows]
    return [
        {
            "wallet": "wechat",
            "out_biz_no": row["out_bill_no"],
            "order_id": row["transfer_bill_no"],
            "payee": row["openid"],
            "status": row["state"],
            "fail_reason": row["fail_reason"],
            "amount_fen": row["amount"],
            "amount": yuan(row["amount"]),
            "scene": row["scene"],
            "title": row["remark"],
            "created": written(row["created"]),
        }
        for row in looked
    ]
