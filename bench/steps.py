"""A person's steps over the api against bare updates with payloads as large, one after the other and in turns."""

import argparse
import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import httpx2
from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper

from bench.bare import BareEngine, bare_engine
from bench.bare_workflow import Bare
from bench.figures import Figure, machine, median, ratio, spread, table
from bench.ground import Ground, ground, settle
from bench.reviews import TEXTS, opening, review
from domain.people import Actor, Role
from domain.review_case.keys import workflow_id
from domain.review_case.state import Answer, ReviewCaseState
from domain.review_case.steps import Command, Note
from domain.sealed import SealedRef
from embedded.demo_cast import SELLER_NICK, SHOP

TARGET = 2.0
# What a step leaves to be written down is written before the next one begins, on either side.
PAUSE = 0.05
NOTE = "买家说周末在家,周六上午十点以后可以打电话,语气平和。"
CAUSE = "quality.broken"
BEGIN = {"step": "begin_contact"}
LOG = {"step": "log_contact", "result": "connected", "talk": "undecided", "explained": True, "seconds": 140}


@dataclass
class Case:
    number: str
    state: ReviewCaseState

    @property
    def workflow(self) -> str:
        opened = self.state.opening
        return workflow_id(opened.platform, opened.shop, opened.external_id, opened.run)


class Sender:
    """A person's program, on a connection that stays open: a plain client, because what a rich one takes for itself is
    no part of a step. Nothing else happens in this process while it waits."""

    def __init__(self, found: Ground, login: str) -> None:
        address = urlsplit(found.house.url("api"))
        assert address.hostname is not None
        self._line = HTTPConnection(address.hostname, address.port, timeout=60)
        self._headers = {"Authorization": f"Bearer {found.key(login)}", "Content-Type": "application/json"}

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self._line.request("POST", path, json.dumps(body).encode(), self._headers)
        answer = self._line.getresponse()
        told = answer.read()
        assert answer.status == HTTPStatus.OK, told.decode()
        found: dict[str, Any] = json.loads(told)
        return found


@dataclass
class Desk:
    """The two agents, each with a connection of their own."""

    found: Ground
    webs: dict[str, httpx2.AsyncClient]
    senders: dict[str, Sender]

    async def look(self, number: str) -> ReviewCaseState:
        answer = await next(iter(self.webs.values())).get(f"/cases/{number}")
        return ReviewCaseState.model_validate(answer.raise_for_status().json()["state"])

    def step(self, case: Case, body: dict[str, Any]) -> float:
        """By whom the case belongs to; returns the seconds it took."""
        assert case.state.assignee is not None
        began = time.perf_counter()
        answer = self.senders[case.state.assignee].post(f"/cases/{case.number}/steps", body)
        taken = time.perf_counter() - began
        case.state = ReviewCaseState.model_validate(answer["state"])
        return taken

    async def until(self, case: Case, so: Callable[[ReviewCaseState], bool]) -> None:
        async with asyncio.timeout(60):
            while not so(case.state):
                await asyncio.sleep(0.05)
                case.state = await self.look(case.number)


async def open_cases(found: Ground, desk: Desk, count: int) -> list[Case]:
    """Cases of reviews that the sandbox knows, so that each can be read before its contact."""
    bulk = {"shop": SELLER_NICK, "reviews": [{"text": random.choice(TEXTS)} for _ in range(count)]}
    async with httpx2.AsyncClient(base_url=found.house.url("sandbox"), trust_env=False, timeout=60) as sandbox:
        oids = (await sandbox.post("/buyer/bulk_reviews", json=bulk)).raise_for_status().json()["oids"]
    cases = []
    for oid in oids:
        body = review() | {"order_id": str(oid)}
        answer = await next(iter(desk.webs.values())).post("/reviews", json=body)
        number = answer.raise_for_status().json()["case"]
        cases.append(Case(number, await desk.look(number)))
    for case in cases:
        await desk.until(case, lambda state: state.contact is not None)
    return cases


async def make_due(found: Ground, desk: Desk, case: Case) -> None:
    """Takes this one case to the moment of its contact; every other clock stays."""
    contact = case.state.contact
    assert contact is not None
    ahead = contact.due_at - case.state.opened_at + timedelta(minutes=1)
    await TimeSkipper(found.client).fast_forward(found.client.get_workflow_handle(case.workflow), ahead)
    await desk.until(case, lambda state: state.contact is not None and state.contact.due)


def payload_sizes(case: Case, found: Ground) -> tuple[int, int]:
    """Bytes of a note's command and of the answer to it, as the engine carries them."""
    actor = Actor(person=str(found.people["alice"]), roles=frozenset({Role.AGENT}))
    note = Note(text=SealedRef(id=str(found.people["alice"]), digest="0" * 64))
    command = Command(actor=actor, step=note, digest="0" * 64, sent_at=case.state.opened_at)
    answer = Answer(digest="0" * 64, version=case.state.version, state=case.state)
    return len(command.model_dump_json()), len(answer.model_dump_json())


async def in_turns(count: int, *sides: Callable[[int], Awaitable[float]]) -> list[list[float]]:
    """Every side once, then every side again: whatever else the machine does, it does to all of them."""
    taken: list[list[float]] = [[] for _ in sides]
    for number in range(count):
        for side, into in zip(sides, taken, strict=True):
            into.append(await side(number))
            await asyncio.sleep(PAUSE)
    return taken


async def time_echo(handle: WorkflowHandle[Bare, None], sent: str, size: int) -> float:
    began = time.perf_counter()
    await handle.execute_update(Bare.echo, args=[sent, size])
    return time.perf_counter() - began


async def measure(count: int = 200, cases: int = 30) -> list[Figure]:
    async with ground() as found, bare_engine(found) as bare, AsyncExitStack() as stack:
        webs = {
            str(found.people[login]): await stack.enter_async_context(found.web(login, 4)) for login in ("alice", "ann")
        }
        desk = Desk(found, webs, {str(found.people[login]): Sender(found, login) for login in ("alice", "ann")})
        opened = await open_cases(found, desk, cases)
        handles = await _bare_workflows(bare, cases)
        command, answer = payload_sizes(opened[0], found)
        await settle(2)

        async def note(number: int) -> float:
            return desk.step(opened[number % cases], {"step": "note", "text": NOTE})

        async def echo(number: int) -> float:
            return await time_echo(handles[number % cases], "x" * command, answer)

        await in_turns(cases, note, echo)
        notes, echoes = await in_turns(count, note, echo)
        locked = await _locked_steps(found, desk, opened)
    sizes = f"{command} bytes in, {answer} out"
    return [
        ratio("a note over the api ÷ a bare update, medians", median(notes), median(echoes), most=TARGET),
        Figure("a note over the api", spread(notes)),
        Figure(f"a bare update ({sizes})", spread(echoes)),
        *(Figure(f"{name}, which {lock}", spread(taken)) for name, lock, taken in locked),
    ]


async def _bare_workflows(bare: BareEngine, count: int) -> list[WorkflowHandle[Bare, None]]:
    sample = opening("A26-57XTE-9K2M8", "7c4f2b9e-3f0a-4a56-9a5e-0d7f0c0b1a2d")
    return [await bare.start(opening(sample.case, sample.review_row), [(0, 0)]) for _ in range(count)]


async def _locked_steps(found: Ground, desk: Desk, cases: list[Case]) -> list[tuple[str, str, list[float]]]:
    taken: dict[str, list[float]] = {"begin_contact": [], "log_contact": [], "confirm_cause": [], "make_offer": []}
    for case in cases:
        await make_due(found, desk, case)
        await asyncio.sleep(PAUSE)
        for body in (BEGIN, LOG, {"step": "confirm_cause", "cause": CAUSE}, {"step": "make_offer", "amount_fen": 300}):
            taken[str(body["step"])].append(desk.step(case, body))
            await asyncio.sleep(PAUSE)
    locks = {
        "begin_contact": "locks the buyer's person",
        "log_contact": "locks the buyer's person",
        "confirm_cause": "asks the database without a lock",
        "make_offer": "locks the shop's budget",
    }
    return [(name, locks[name], found) for name, found in taken.items()]


def title() -> str:
    return f"Steps, one at a time, from the sender's side, shop {SHOP}, {machine()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="notes, and as many bare updates (%(default)s)")
    parser.add_argument("--cases", type=int, default=30, help="cases that they are taken in (%(default)s)")
    options = parser.parse_args()
    print(table(title(), asyncio.run(measure(options.count, options.cases))))


if __name__ == "__main__":
    main()
