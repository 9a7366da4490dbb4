"""The hands of a campaign: people who repeat what they ask until it is answered, and finance that mends what failed."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2
from sqlalchemy import select
from sqlalchemy.orm import load_only
from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from bench.agreed_cases import SHOP, Agreed, begin
from db.sessions import Sessions
from db.tables.money import Payout

LOOK_EVERY_SECONDS = 0.5
STALLED_SECONDS = 300.0
# What a case answers that has not been written yet, or is continued as new.
COME_AGAIN = ("NotFound", "CaseOpening", "Draining")


class Stalled(Exception):
    """Nothing got any further for minutes; the message says what, and how it stands."""


async def again_and_again(what: str) -> AsyncIterator[None]:
    """Until whoever asks is content; Stalled when that takes minutes."""
    ends = time.monotonic() + STALLED_SECONDS
    while time.monotonic() < ends:
        yield
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    raise Stalled(f"{what} is not answered for {STALLED_SECONDS:.0f} s")


@dataclass
class Hands:
    """Works with a house by its variables, from outside."""

    variables: Mapping[str, str]
    sessions: Sessions
    engine: Client
    api: httpx2.AsyncClient
    sandbox: httpx2.AsyncClient

    async def known(self, payee: Mapping[str, str]) -> None:
        """Let the wallet know an account."""
        if payee["kind"] == "WECHAT_OPENID":
            await self.control("/control/wechat/payees", openid=payee["account"], name=payee["name"])
        else:
            await self.control("/control/wallet/payees", account=payee["account"], name=payee["name"])

    async def member(self, nick: str) -> None:
        """Let the marketplace know a buyer who has bought in the shop."""
        item = {"title": "保温杯", "price": "89.00"}
        await self.control("/buyer/orders", shop=SHOP, buyer_nick=nick, items=[item], finish=True)

    async def control(self, path: str, **body: Any) -> None:
        (await self.sandbox.post(path, json=body)).raise_for_status()

    async def begun(self, agreed: Agreed) -> None:
        """The case's workflow runs. Raises Stalled."""
        async for _ in again_and_again(f"the start of {agreed.number}"):
            with suppress(RPCError):
                with suppress(WorkflowAlreadyStartedError):
                    await begin(self.engine, agreed, self.variables.get("AMENDS_TASK_QUEUE", "cases"))
                return

    async def step(self, case: str, login: str, key: str, **body: Any) -> bool:
        """As a person would: the same request again until it is answered. False where the case refused it. Raises
        Stalled."""
        headers = {"Authorization": f"Bearer {self.variables[f'DEMO_KEY_{login.upper()}']}", "Idempotency-Key": key}
        async for _ in again_and_again(f"{body['step']} by {login} in {case}"):
            with suppress(httpx2.TransportError):
                answer = await self.api.post(f"/cases/{case}/steps", json=body, headers=headers)
                if answer.status_code == 200:
                    return True
                if 400 <= answer.status_code < 429 and answer.json()["code"] not in COME_AGAIN:
                    return False
        return False

    async def rows(self) -> Sequence[Payout]:
        """Without what is sealed: opening it for thousands twice a second would be the campaign's main work."""
        plain = load_only(
            Payout.key, Payout.case, Payout.status, Payout.code, Payout.remedy, Payout.closed, Payout.attempt,
            Payout.sends, Payout.form, Payout.sent_at, raiseload=True,
        )  # fmt: skip
        async with self.sessions() as session:
            return list(await session.scalars(select(Payout).options(plain).where(Payout.shop == SHOP)))

    async def look_up(self, agreed: Agreed, row: Payout) -> None:
        """Finance looks at the marketplace for a coupon that nobody knows about, and says what is there."""
        given = (await self.sandbox.get("/control/coupons", params={"buyer_nick": agreed.owner})).json()
        found = {"paid": bool(given)} | ({"reference": given[0]["coupon_number"]} if given else {})
        key = f"{row.key}-look-{secrets.token_hex(3)}"
        await self.step(agreed.number, "fay", key, step="decide_payout", payout=row.key, why="在后台查过", **found)

    async def mend(self, agreed: Agreed, row: Payout) -> None:
        """What a failed payout asks for: another account, the same again, or another number."""
        key = f"{row.key}-{row.sends}-{secrets.token_hex(3)}"
        if row.remedy == "ask_buyer":
            another = agreed.payee(row.attempt + 1)
            await self.known(another)
            await self.step(agreed.number, "alice", key, step="set_payee", payee=another)
        else:
            action = "pay_anew" if row.closed else "send_again"
            await self.step(agreed.number, "fay", key, step="mend_payout", payout=row.key, action=action)
