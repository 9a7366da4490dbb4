"""Waybills: made when somebody ships, scanned on their way, signed for, late, damaged or lost."""

import re
import sqlite3
from typing import Any

from sandbox.clock import written
from sandbox.world import Refused, World

COMPANIES = {
    "圆通": "yuantong",
    "中通": "zhongtong",
    "申通": "shentong",
    "韵达": "yunda",
    "顺丰": "shunfeng",
    "极兔": "jtexpress",
    "京东": "jd",
    "邮政": "youzhengguonei",
    "ems": "ems",
}
# How numbers of some couriers begin, for those whose courier was called "other".
BEGINNINGS = {"YT": "yuantong", "SF": "shunfeng", "JT": "jtexpress", "JD": "jd", "ZT": "zhongtong"}
UNNAMED = "yunda"

COLLECTED, MOVING, DELIVERING, SIGNED, BROKEN = "1", "0", "5", "301", "209"
ENDED = ("3", "301", "302", "303", "304", "4", "14", "6")
HOUR = 3600
# How a parcel goes that nobody touches: hours after it was made, code, words.
JOURNEY = (
    (0, COLLECTED, "快件已由【{name}】揽收"),
    (6, MOVING, "快件离开始发转运中心,发往目的地"),
    (24, MOVING, "快件到达目的地转运中心"),
    (28, DELIVERING, "快件派送中,请保持电话畅通"),
    (34, SIGNED, "快件已签收,签收人:本人"),
)
_NUMBER = re.compile(r"[A-Z0-9]{6,32}")


def plain(number: str) -> str:
    """A number as couriers print it, however it was typed."""
    return re.sub(r"[\s\-_/.]+", "", number).upper()


def company_code(name: str, number: str) -> str:
    """The courier's code by the name that somebody typed, else by how the number begins."""
    lowered = name.strip().lower()
    for known, code in COMPANIES.items():
        if known in lowered or lowered == code:
            return code
    return BEGINNINGS.get(number[:2], UNNAMED)


def name_of(com: str) -> str:
    return next((name for name, code in COMPANIES.items() if code == com), com)


def make(world: World, com: str, number: str, purpose: str, **links: Any) -> None:
    """A parcel is handed to its courier. What is no number, or a number that is used, makes no second waybill: people
    type anything, and the marketplace takes it."""
    number = plain(number)
    if not _NUMBER.fullmatch(number) or find(world, number) is not None:
        return
    now = world.clock.now()
    with world.store.transaction():
        world.store.insert("waybill", num=number, com=com, purpose=purpose, created=now, **links)
        settle(world, number)


def mint(world: World, com: str = "yuantong") -> str:
    """A fresh number of a courier."""
    prefix = next((begin for begin, code in BEGINNINGS.items() if code == com), "")
    return f"{prefix}{world.store.next_id() % 10**13:013d}"


def find(world: World, number: str) -> sqlite3.Row | None:
    return world.store.row("SELECT * FROM waybill WHERE num = ?", plain(number))


def get(world: World, number: str) -> sqlite3.Row:
    return world.found("waybill", "SELECT * FROM waybill WHERE num = ?", plain(number))


def of_order(world: World, tid: int) -> sqlite3.Row | None:
    return world.store.row("SELECT * FROM waybill WHERE tid = ? AND purpose = 'order' ORDER BY created LIMIT 1", tid)


def scans(world: World, number: str) -> list[sqlite3.Row]:
    """The latest first."""
    return world.store.rows("SELECT * FROM scan WHERE num = ? ORDER BY at DESC, id DESC", plain(number))


def last(world: World, number: str) -> sqlite3.Row | None:
    return world.store.row("SELECT * FROM scan WHERE num = ? ORDER BY at DESC, id DESC LIMIT 1", plain(number))


def settle(world: World, number: str) -> bool:
    """What the courier has done meanwhile, each thing at its own time. True where something was new."""
    row = get(world, number)
    if not row["auto"]:
        return False
    hours = (world.clock.now() - row["created"]) / HOUR
    due = [step for step in JOURNEY[row["went"] :] if step[0] <= hours]
    with world.store.transaction():
        for after, code, words in due:
            _write(world, row["num"], row["created"] + after * HOUR, code, words.format(name=name_of(row["com"])))
        world.store.execute("UPDATE waybill SET went = went + ? WHERE num = ?", len(due), row["num"])
    return bool(due)


def _write(world: World, number: str, at: int, code: str, context: str) -> None:
    world.store.insert("scan", num=number, at=at, code=code, context=context)


def scan(world: World, number: str, code: str, context: str, at: int | None = None) -> None:
    """An operator's hand: the parcel stops going by itself, and this is what was scanned last."""
    row = get(world, number)
    settle(world, number)
    with world.store.transaction():
        world.store.execute("UPDATE waybill SET auto = 0 WHERE num = ?", row["num"])
        _write(world, row["num"], at if at is not None else world.clock.now(), code, context)


def stop(world: World, number: str) -> None:
    """The parcel stands still: nothing is scanned any more until an operator moves it."""
    settle(world, number)
    world.store.execute("UPDATE waybill SET auto = 0 WHERE num = ?", plain(number))


def meet(world: World, number: str, fate: str) -> None:
    """The parcel is damaged, which the courier sees and says, or lost, of which it says nothing."""
    row = get(world, number)
    if row["fate"] is not None:
        raise Refused("fate_met", f"The parcel is {row['fate']} already.")
    if fate == "damaged":
        scan(world, number, BROKEN, "快件外包装破损,网点已登记")
    else:
        stop(world, number)
    world.store.execute("UPDATE waybill SET fate = ? WHERE num = ?", fate, row["num"])


def signed_by_now(world: World, tid: int) -> None:
    """The buyer has confirmed the order's receipt, so its parcel was signed for, unless the courier knows better."""
    row = of_order(world, tid)
    if row is None or row["fate"] is not None:
        return
    settle(world, row["num"])
    latest = last(world, row["num"])
    if latest is None or latest["code"] not in ENDED:
        scan(world, row["num"], SIGNED, "快件已签收,签收人:本人")


def brief(world: World, number: str | None) -> dict[str, Any] | None:
    """A parcel as its buyer is shown it; None where no courier has it."""
    row = find(world, number) if number else None
    if row is None:
        return None
    settle(world, row["num"])
    latest = last(world, row["num"])
    return {
        "num": row["num"],
        "courier": name_of(row["com"]),
        "state": latest["code"] if latest else None,
        "at": written(latest["at"]) if latest else None,
        "context": latest["context"] if latest else "等待揽收",
    }


def view(world: World, row: sqlite3.Row) -> dict[str, Any]:
    settle(world, row["num"])
    latest = last(world, row["num"])
    trace = [
        {"at": written(one["at"]), "code": one["code"], "context": one["context"]} for one in scans(world, row["num"])
    ]
    return dict(row) | {
        "name": name_of(row["com"]),
        "created": written(row["created"]),
        "state": latest["code"] if latest else None,
        "trace": trace,
    }
