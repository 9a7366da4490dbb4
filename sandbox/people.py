"""Buyers: who they are, whether they are online, and how their telephone behaves."""

import hashlib
import sqlite3
from typing import Any

from sandbox import wallet
from sandbox.world import Refused, World

# The release causes of the AXB call table (TOP alibaba.aliqin.axb.vendor.push.call.release).
PHONE_BEHAVIOURS = {
    "answers": 16,
    "no_answer": 19,
    "busy": 17,
    "declined": 21,
    "empty_number": 1,
    "suspended": 4,
    "network_failure": 38,
}
SMS_UNREACHABLE = ("empty_number", "suspended")


def open_uid(nick: str) -> str:
    """The opaque buyer id that the marketplace shows instead of a person; stable for one nick."""
    return "AAE" + hashlib.sha256(f"open_uid:{nick}".encode()).hexdigest()[:24]


def meet(world: World, nick: str, phone: str, name: str, alipay_account: str | None) -> None:
    """Makes the buyer known at the first order; later orders change phone and account only when they give one."""
    if alipay_account:
        wallet.open_account(world, alipay_account, name)
    world.store.execute(
        "INSERT INTO buyer (nick, open_uid, phone, alipay_account) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (nick) DO UPDATE SET phone = excluded.phone, "
        "alipay_account = coalesce(excluded.alipay_account, alipay_account)",
        nick,
        open_uid(nick),
        phone,
        alipay_account or None,
    )


def get(world: World, nick: str) -> sqlite3.Row:
    return world.found("buyer", "SELECT * FROM buyer WHERE nick = ?", nick)


def every(world: World, limit: int = 200) -> list[sqlite3.Row]:
    return world.store.rows("SELECT * FROM buyer ORDER BY rowid DESC LIMIT ?", limit)


def change(
    world: World,
    nick: str,
    online: bool | None = None,
    phone_behaviour: str | None = None,
    phone: str | None = None,
) -> sqlite3.Row:
    if phone_behaviour is not None and phone_behaviour not in PHONE_BEHAVIOURS:
        raise Refused("unknown_phone_behaviour", f"Choose one of {', '.join(PHONE_BEHAVIOURS)}.")
    buyer = get(world, nick)
    world.store.execute(
        "UPDATE buyer SET online = ?, phone_behaviour = ?, phone = ? WHERE nick = ?",
        buyer["online"] if online is None else online,
        phone_behaviour or buyer["phone_behaviour"],
        phone or buyer["phone"],
        nick,
    )
    return get(world, nick)


def at_number(world: World, phone: str) -> sqlite3.Row | None:
    """Who would pick up: the buyer of that number, else the buyer who last had a parcel sent to it."""
    return world.store.row("SELECT * FROM buyer WHERE phone = ?", phone) or world.store.row(
        "SELECT buyer.* FROM trade JOIN buyer ON nick = buyer_nick WHERE receiver_mobile = ? "
        "ORDER BY created DESC LIMIT 1",
        phone,
    )


def behaviour_at(world: World, phone: str) -> str:
    holder = at_number(world, phone)
    return "empty_number" if holder is None else str(holder["phone_behaviour"])


def dial(world: World, phone: str, talk_seconds: int) -> dict[str, Any]:
    """One call as the AXB vendor reports it: release_dir 1 the caller hung up, 2 the buyer, 0 the network."""
    behaviour = behaviour_at(world, phone)
    now, connected = world.clock.now(), behaviour == "answers"
    return {
        "call_id": f"axb{world.store.next_id()}",
        "call_no": phone,
        "ring_time": now,
        "start_time": now + 6 if connected else None,
        "release_time": now + 6 + talk_seconds if connected else now + 20,
        "release_dir": 1 if connected else 2 if behaviour == "declined" else 0,
        "release_cause": PHONE_BEHAVIOURS[behaviour],
        "result": behaviour,
        "talk_seconds": talk_seconds if connected else 0,
    }
