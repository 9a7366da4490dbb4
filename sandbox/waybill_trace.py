"""A waybill's trace and its signature in kuaidi100's words; the same in a query and in a push."""

import hashlib
from typing import Any

from sandbox import waybills
from sandbox.clock import written
from sandbox.world import World

# Of the finer states, those that are not the same number as the coarse one they belong to.
COARSE = {"301": "3", "302": "3", "303": "3", "304": "3", "209": "2", "204": "2", "203": "2", "501": "5"}


def md5(text: str) -> str:
    """kuaidi100 prescribes MD5 in upper case; the secret is a part of the text."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def trace(world: World, number: str) -> dict[str, Any]:
    """What both a query and a push hold: the latest scan first, times in GMT+8."""
    row, latest = waybills.get(world, number), waybills.last(world, number)
    state = latest["code"] if latest else waybills.MOVING
    signed = COARSE.get(state, state) == "3"
    return {
        "message": "ok",
        "nu": row["num"],
        "ischeck": "1" if signed else "0",
        "condition": "F00" if signed else "00",
        "com": row["com"],
        "status": "200",
        "state": state,
        "data": [
            {
                "time": written(one["at"]),
                "ftime": written(one["at"]),
                "context": one["context"],
                "statusCode": one["code"],
                "status": one["context"][:8],
            }
            for one in waybills.scans(world, number)
        ],
    }
