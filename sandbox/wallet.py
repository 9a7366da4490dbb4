"""The merchant's wallet: its balance, the accounts it may pay, and every transfer."""

import hashlib
import sqlite3
import time
from typing import Any

from sandbox.clock import written, yuan
from sandbox.world import World

FIRST_BALANCE = 1_000_000  # fen: enough for a demo, small enough to run dry on purpose


def balance(world: World) -> int:
    return int(world.store.setting("wallet_balance", FIRST_BALANCE))


def set_balance(world: World, fen: int) -> None:
    world.store.set_setting("wallet_balance", fen)


def open_account(world: World, logon_id: str, name: str) -> None:
    """A known account stays as it is: an order for a friend does not rename its owner."""
    world.store.execute(
        "INSERT OR IGNORE INTO wallet_account (logon_id, user_id, name) VALUES (?, ?, ?)",
        logon_id,
        "2088" + str(int(hashlib.sha256(logon_id.encode()).hexdigest()[:12], 16) % 10**12).zfill(12),
        name,
    )


def set_account(world: World, logon_id: str, name: str, status: str) -> None:
    open_account(world, logon_id, name)
    world.store.execute("UPDATE wallet_account SET name = ?, status = ? WHERE logon_id = ?", name, status, logon_id)


def account(world: World, identity_type: str, identity: str) -> sqlite3.Row | None:
    column = "logon_id" if identity_type == "ALIPAY_LOGON_ID" else "user_id"
    return world.store.row(f"SELECT * FROM wallet_account WHERE {column} = ?", identity)  # noqa: S608


def by_number(world: World, out_biz_no: str) -> sqlite3.Row | None:
    return world.store.row("SELECT * FROM transfer WHERE out_biz_no = ?", out_biz_no)


def by_order(world: World, order_id: str) -> sqlite3.Row | None:
    return world.store.row("SELECT * FROM transfer WHERE order_id = ?", order_id)


def status(transfer: sqlite3.Row) -> str:
    """DEALING until its time to settle has come, then SUCCESS or FAIL."""
    return "DEALING" if transfer["settle_wall"] > time.time() else str(transfer["outcome"])


def pay(world: World, **columns: Any) -> sqlite3.Row:
    """Moves the money and writes the transfer in one transaction; a transfer that will FAIL moves none.

    `columns` are those of the table `transfer` but order_id and created.
    """
    with world.store.transaction():
        if columns["outcome"] == "SUCCESS":
            set_balance(world, balance(world) - columns["amount"])
        order_id = str(world.store.next_id())
        world.store.insert("transfer", order_id=order_id, created=world.clock.now(), **columns)
    return world.found("transfer", "SELECT * FROM transfer WHERE order_id = ?", order_id)


def paid_since(world: World, moment: int) -> int:
    return world.store.number("SELECT sum(amount) FROM transfer WHERE created >= ? AND outcome = 'SUCCESS'", moment)


def transfers(world: World, out_biz_no: str | None = None, payee: str | None = None) -> list[dict[str, Any]]:
    """The newest 10,000, newest first."""
    rows = world.store.newest("transfer", ("created", "order_id"), 10_000, out_biz_no=out_biz_no, payee=payee)
    return [
        {
            **dict(row),
            "status": status(row),
            "amount_fen": row["amount"],
            "amount": yuan(row["amount"]),
            "created": written(row["created"]),
        }
        for row in rows
    ]
