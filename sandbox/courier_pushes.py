"""kuaidi100's pushes: whatever was scanned since the last one, to whoever subscribed; kept until they are taken."""

import json

import httpx2

from sandbox import faults, waybills
from sandbox.faults import FaultKind
from sandbox.waybill_trace import md5, trace
from sandbox.world import World

SECONDS = 5.0
MOST_TRIES = 3


def _note(world: World) -> None:
    """One push for each subscription whose waybill was scanned since the last."""
    for one in world.store.rows("SELECT * FROM courier_subscription"):
        if waybills.find(world, one["num"]) is None:
            continue
        waybills.settle(world, one["num"])
        newest = world.store.number("SELECT max(id) FROM scan WHERE num = ?", one["num"])
        if newest <= one["told"]:
            continue
        latest = waybills.last(world, one["num"])
        ended = latest is not None and latest["code"] in waybills.ENDED
        content = {
            "status": "shutdown" if ended else "polling",
            "billstatus": "check" if ended else "got",
            "message": "",
            "autoCheck": "0",
            "lastResult": trace(world, one["num"]),
        }
        param = json.dumps(content, ensure_ascii=False)
        with world.store.transaction():
            world.store.insert("courier_push", url=one["url"], param=param, sign=md5(f"{param}{one['salt']}"))
            world.store.execute(
                "UPDATE courier_subscription SET told = ? WHERE num = ? AND key = ?", newest, one["num"], one["key"]
            )


async def deliver(world: World) -> int:
    """Send what waits; what is not taken is tried again with the next, three times in all. How many were taken."""
    _note(world)
    taken = 0
    async with httpx2.AsyncClient(timeout=SECONDS, trust_env=False) as http:
        for push in world.store.rows("SELECT * FROM courier_push WHERE done = 0 AND tries < ?", MOST_TRIES):
            mine = "UPDATE courier_push SET tries = tries + 1 WHERE id = ? AND tries = ?"
            if not world.store.execute(mine, push["id"], push["tries"]):
                continue  # another delivery has it
            fault = faults.take(world, "kuaidi100.push")
            twice = fault is not None and fault.kind is FaultKind.DUPLICATE_PUSH
            answers = [await _send(http, push["url"], push["param"], push["sign"]) for _ in range(2 if twice else 1)]
            if all(answers):
                world.store.execute("UPDATE courier_push SET done = 1 WHERE id = ?", push["id"])
                taken += 1
    return taken


async def _send(http: httpx2.AsyncClient, url: str, param: str, sign: str) -> bool:
    try:
        answer = await http.post(url, data={"param": param, "sign": sign})
        said = answer.json()
        return bool(answer.is_success and isinstance(said, dict) and said.get("result") is True)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
        return False
