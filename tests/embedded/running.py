"""A `dev.py` under test, and people who work with it over HTTP."""

import asyncio
import fcntl
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from embedded.databases import REPOSITORY
from embedded.demo_cast import SELLER_NICK, SHOP
from embedded.folder import read_variables

PARTS = ("worker", "api", "sandbox", "engine", "postgres")
PATIENCE_SECONDS = 90


@asynccontextmanager
async def alone() -> AsyncIterator[None]:
    """Over all processes of tests, one house starts at a time, and none while a part of another one is down: whoever
    looks for free ports then takes those that somebody comes back to."""
    with (Path(tempfile.gettempdir()) / "amends-tests-start.lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield


@dataclass
class Running:
    """A `dev.py` on its own folder, with what it has printed so far."""

    process: asyncio.subprocess.Process
    data: Path
    printed: str = ""

    @classmethod
    async def start(cls, data: Path) -> "Running":
        command = [sys.executable, str(REPOSITORY / "dev.py"), "--data", str(data)]
        often = os.environ | {"AMENDS_INTAKE_SECONDS": "2"}
        return cls(await asyncio.create_subprocess_exec(*command, env=often, stdout=asyncio.subprocess.PIPE), data)

    async def says(self, words: str) -> str:
        """Waits until it prints a line with these words, and returns the line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for raw in self.process.stdout:
                self.printed += raw.decode()
                if words in raw.decode():
                    return raw.decode()
        raise AssertionError(f"it ended without saying {words!r}:\n{self.printed}")

    def pid_of(self, part: str) -> int:
        return int((self.data / "logs" / f"{part}.pid").read_text().split()[0])

    async def kill(self, part: str) -> None:
        """Kills a part with -9 and waits until it is back."""
        async with alone():
            os.kill(self.pid_of(part), signal.SIGKILL)
            await self.says(" is back after ")

    @property
    def variables(self) -> dict[str, str]:
        return read_variables(self.data / "running.env")


async def until[Found](look: Callable[[], Awaitable[Found | None]]) -> Found:
    """Looks again and again until it finds something; raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (found := await look()) is None:  # noqa: ASYNC110 it happens in another process
            await asyncio.sleep(0.2)
        return found


class Desk:
    """The demo shop's people, and a buyer, each acting as a person would."""

    def __init__(self, house: Running) -> None:
        self._variables = house.variables
        self.api = httpx2.AsyncClient(base_url=self._variables["DEMO_API"], trust_env=False, timeout=30)
        self.sandbox = httpx2.AsyncClient(base_url=self._variables["DEMO_SANDBOX"], trust_env=False, timeout=30)

    def _as(self, login: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._variables[f'DEMO_KEY_{login.upper()}']}"}

    async def bad_review(self, buyer: str) -> str:
        """Places an order, receives it and is not pleased; the review's id."""
        item = {"title": "Kettle, 1.5 l", "price": "89.00"}
        order = {"shop": SELLER_NICK, "buyer_nick": buyer, "items": [item], "alipay_account": buyer, "finish": True}
        placed = (await self.sandbox.post("/buyer/orders", json=order)).raise_for_status().json()
        review = str(placed["orders"][0]["oid"])
        words = {"result": "bad", "content": "漏水"}
        (await self.sandbox.post(f"/buyer/reviews/{review}", json=words)).raise_for_status()
        return review

    async def case_of(self, review: str) -> str:
        """The number of the review's case, once its first contact is planned."""

        async def look() -> str | None:
            answer = await self.api.get("/cases", params={"shop": SHOP}, headers=self._as("bob"))
            cases = answer.json()["cases"] if answer.is_success else []  # a part that was killed is coming back
            found = [case for case in cases if case["external_id"] == review and case["stage"] == "contacting"]
            return found[0]["number"] if found else None

        return await until(look)

    async def step(self, case: str, step: str, **body: Any) -> None:
        """Takes a step as whichever agent the case was given to."""
        for login in ("alice", "ann"):
            seen = (await self.api.get(f"/cases/{case}", headers=self._as(login))).raise_for_status().json()
            if step in seen["allowed_steps"]:
                sent = {"step": step, **body}
                (await self.api.post(f"/cases/{case}/steps", headers=self._as(login), json=sent)).raise_for_status()
                return
        raise AssertionError(f"neither Alice nor Ann may {step} in {case}")

    async def transfers_to(self, account: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = (await self.sandbox.get("/control/transfers")).raise_for_status().json()
        return [transfer for transfer in listed if transfer["payee"] == account]

    async def payouts(self, case: str) -> list[dict[str, Any]]:
        answer = await self.api.get(f"/cases/{case}", headers=self._as("bob"))
        found: list[dict[str, Any]] = answer.json()["state"]["payouts"] if answer.is_success else []
        return found
