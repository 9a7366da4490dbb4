"""What buyers, the platform's service and the shop's people do with an application, one random move at a time. Whoever
moves looks first, as people do; by the time the move arrives it may not fit any more, and is refused."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2

REASONS = ("商品质量问题", "少件/漏发", "七天无理由退换货", "不喜欢/不想要")
KINDS = {"refund": 35, "return": 45, "exchange": 20}
ENDED = ("CLOSED", "SUCCESS", "4", "5", "14")
CALLED, DECIDES = 2, 3
PRICE_FEN = 8900
WORDS = {"step": "refuse", "message": "商品已使用，影响二次销售", "reason": 102}
RESULTS = ("opened_intact", "defective", "wrong_goods_returned", "missing_parts", "undecided")
TURNS = 20
OUTSIDE_SHARE = 0.25
PAUSE_SECONDS = 0.4
TRIES = 6

Move = Callable[[], Awaitable[None]]


@dataclass
class Applied:
    """An application at the sandbox; `case` once ours is known."""

    refund_id: str
    kind: str
    case: str | None = None


@dataclass(frozen=True)
class Street:
    """Everybody outside and inside, with the dice. `keys` are those of the shop's people by login."""

    api: httpx2.AsyncClient
    sandbox: httpx2.AsyncClient
    keys: Mapping[str, str]
    chance: random.Random
    seller: str

    async def apply(self, number: int) -> Applied:
        """A buyer of their own orders a kettle, gets it, and wants something back."""
        kind = self.chance.choices(list(KINDS), list(KINDS.values()))[0]
        cup = {"title": "Kettle, 1.5 l", "price": f"{PRICE_FEN // 100}.00"}
        buyer = {"shop": self.seller, "buyer_nick": f"buyer {number}", "phone": f"139{number:08d}", "finish": True}
        order = await self.post("/buyer/orders", buyer | {"items": [cup]})
        oid, reason = order["orders"][0]["oid_text"], self.chance.choice(REASONS)
        if kind == "exchange":
            asked = await self.post(f"/buyer/orders/{oid}/exchange", {"reason": reason})
        else:
            money = {"amount": self._yuan(), "reason": reason, "with_return": kind == "return"}
            asked = await self.post(f"/buyer/orders/{oid}/refund", money)
        return Applied(asked["refund_id_text"], kind)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Raises HTTPStatusError where the sandbox's rules forbid it."""
        return (await self.sandbox.post(path, json=dict(body))).raise_for_status().json()

    async def shown(self, applied: Applied) -> dict[str, Any]:
        answer = await self.sandbox.get(f"/buyer/refunds/{applied.refund_id}")
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def _yuan(self) -> str:
        return f"{self.chance.randint(1, PRICE_FEN) / 100:.2f}"

    async def opened(self, applied: Applied) -> None:
        """Until the application has its case: one that is over before anybody hears of it gets none."""
        while applied.case is None:  # noqa: ASYNC110 it happens in another process
            await asyncio.sleep(PAUSE_SECONDS)

    async def live(self, applied: Applied) -> None:
        """One after the other, somebody moves; until it is over, or everybody has had enough."""
        for _ in range(TURNS):
            await asyncio.sleep(self.chance.uniform(0, PAUSE_SECONDS))
            shown = await self.shown(applied)
            if shown["status"] in ENDED:
                return
            if self.chance.random() < OUTSIDE_SHARE:
                with suppress(httpx2.HTTPStatusError):
                    await self._outside(applied, shown)
            else:
                await self._inside(applied)

    async def _outside(self, applied: Applied, shown: Mapping[str, Any]) -> None:
        """The platform's service where it was called, else the buyer."""
        me = f"/buyer/refunds/{applied.refund_id}"
        if shown["cs_status"] in (CALLED, DECIDES):
            ruling = self.chance.choice(("for_buyer", "for_seller")) if shown["cs_status"] == DECIDES else "step_in"
            await self.post(f"/control/refunds/{applied.refund_id}/intervention", {"what": ruling})
            return
        again = {"reason": self.chance.choice(REASONS)}
        change = ("ask_again", again) if applied.kind == "exchange" else ("modify", again | self._money(applied))
        way = {"company": self.chance.choice(("圆通", "其他")), "sid": f"YT{applied.refund_id[-10:]}"}
        moves: dict[str, list[tuple[str, dict[str, Any]]]] = {
            "asked": [change, *[("message", {"content": "快一点"})] * 4, ("withdraw", {}), ("call_platform", {})],
            "returning": [("ship_back", way)] * 6 + [("withdraw", {}), ("message", {"content": "在路上"})],
            "refused": [*[change] * 4, ("withdraw", {}), ("call_platform", {})],
            "sent": [("received", {})],
        }
        does, body = self.chance.choice(moves.get(_plain(shown["status"]), [("message", {"content": "收到了吗"})]))
        await self.post(f"{me}/{does}", body)

    def _money(self, applied: Applied) -> dict[str, Any]:
        return {"amount": self._yuan(), "with_return": applied.kind == "return"}

    async def _inside(self, applied: Applied) -> None:
        """Whoever of the shop may do something does one of the things that the case allows."""
        if applied.case is None:
            return
        login = self.chance.choice(("bob", "bob", "fay"))
        with suppress(httpx2.TransportError):
            case = await self.api.get(f"/cases/{applied.case}", headers=self._as(login))
            if case.status_code != 200:
                return
            body = self._step(case.json())
            if body is not None:
                await self.step(applied.case, login, body)

    def _step(self, case: Mapping[str, Any]) -> dict[str, Any] | None:
        asks = (case["state"].get("market") or {}).get("amount_fen") or 1
        external = case["state"]["opening"]["external_id"]
        result = self.chance.choice((*RESULTS[:1] * 4, *RESULTS))
        bodies: dict[str, dict[str, Any]] = {
            "record_reason": {"cause": self.chance.choice(("quality.broken", "personal.dislike"))},
            "explain": {"about": ["usage"]},
            "agree": {},
            "refuse": WORDS,
            "release_refund": {"amount_fen": asks},
            "receive_parcel": {"parcel": {"courier": "圆通", "waybill": f"YT{external[-10:]}"}},
            "inspect": {"result": result} | ({"good": 1} if result == "opened_intact" else {"damaged": 1}),
            "send_goods": {"shipment": {"courier": "顺丰", "waybill": f"SF{uuid4().int % 10**10:010d}"}},
            "check_refund": {},
            "confirm_done": {"proof": "工作台已处理"},
        }  # fmt: skip
        may = [name for name in case["allowed_steps"] if name in bodies]
        if not may:
            return None
        name = self.chance.choice([one for one in may if one != "check_refund"] or may)
        return {"step": name} | bodies[name]

    async def step(self, case: str, login: str, body: Mapping[str, Any]) -> int:
        """As a person would: the same request again until somebody answers it. Its status; 0: nobody did."""
        headers = self._as(login) | {"Idempotency-Key": uuid4().hex}
        for _ in range(TRIES):
            with suppress(httpx2.TransportError):
                answer = await self.api.post(f"/cases/{case}/steps", json=dict(body), headers=headers)
                if answer.status_code not in (202, 429, 503):
                    return answer.status_code
            await asyncio.sleep(PAUSE_SECONDS)
        return 0

    def _as(self, login: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[login]}"}


_WORDS = {
    "WAIT_SELLER_AGREE": "asked", "1": "asked", "WAIT_BUYER_RETURN_GOODS": "returning", "2": "returning",
    "SELLER_REFUSE_BUYER": "refused", "6": "refused", "13": "sent",
}  # fmt: skip


def _plain(status: str) -> str:
    return _WORDS.get(status, "")
