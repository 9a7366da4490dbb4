"""The whole OpenAPI document against the real api, by every role: no failure of ours, no undocumented status."""

from collections import deque
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from schemathesis import GenerationMode

from api.house import House
from api.kinds import REFUND, REVIEW, CaseKind
from db import office
from domain.people import Role
from tests.api.at_work.schema_cases import Fuzz, Sent, documented, drawn_apart, richest, spoiled
from tests.api.conftest import person
from tests.api.rows import caught_up
from vault.folder import FolderStore
from vault.vault import Vault

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture
def app(app: FastAPI, house: House, tmp_path: Path) -> FastAPI:
    app.state.house = replace(house, vault=Vault(FolderStore(tmp_path), house.ring, 1024 * 1024))
    return app


@pytest.fixture
def each(request: pytest.FixtureRequest) -> int:
    """How many requests of each kind: a few for every run, more with `--schema-cases`."""
    many: int = request.config.getoption("--schema-cases")
    return many


@pytest.fixture
async def fuzz(app: FastAPI, web: httpx2.AsyncClient, house: House, cast: Any, case: str) -> Fuzz:
    everything = await person(house, "everything", Role.ADMIN, None)
    async with house.sessions.begin() as session:
        for role in Role:
            await office.grant(session, "tests", house.now(), everything.id, role, None)
    senders = {role: staff.headers for role, staff in cast.items()} | {"nobody": {}}
    senders["everything"] = everything.headers
    there = {"number": case, "case": case, "code": "demo", "shop": "demo", "person": str(cast["service"].id)}
    return Fuzz(app, web, senders, there, ("陈先生", "13800138000"))


async def test_whatever_is_sent_by_whomever_the_answer_is_one_of_those_documented(fuzz: Fuzz, each: int) -> None:
    for operation in fuzz.operations():
        known = documented(fuzz.app, operation.label)
        drawn = [one for mode in MODES for one in await drawn_apart(partial(fuzz.draw, operation, mode, each))]
        asking, shut = deque(fuzz.senders), set[str]()
        for number, case in enumerate(drawn):
            request = fuzz.prepared(case, named=number % 2 == 0)
            # The first by everybody; then by two at a time, but for those whom the route has shut out: the test of the
            # matrix sees to them.
            for role in list(asking) if number == 0 else list(asking)[:2]:
                sent = await fuzz.send(operation.label, role, request)
                shut |= {role} if sent.status in (401, 403) else set()
            asking = deque(role for role in asking if role not in shut)
            asking.rotate(-2)
        fuzz.note(known)
    assert not fuzz.faults, "\n".join(fuzz.faults.values())


async def test_what_no_store_can_keep_is_refused_and_fails_nowhere(fuzz: Fuzz, each: int) -> None:
    for operation in fuzz.operations():
        drawn = await drawn_apart(partial(fuzz.draw, operation, GenerationMode.POSITIVE, each))
        for request in spoiled(fuzz.prepared(richest(drawn), named=True)):
            await fuzz.send(operation.label, "everything", request)
        fuzz.note(documented(fuzz.app, operation.label))
    assert not fuzz.faults, "\n".join(fuzz.faults.values())


@pytest.fixture
async def refund(fuzz: Fuzz, house: House) -> str:
    """An application on a marketplace that no machine reads, by the number of its case."""
    now = house.now()
    shop: dict[str, Any] = {"code": "pdd", "name": "P", "platform": "pinduoduo", "gate_mode": "on_resolution"}
    async with house.sessions.begin() as session:
        await office.add_shop(session, "tests", now, **shop, cut_off_at=now - timedelta(days=30))
    asked = {"kind": "return", "reason": "商品质量问题", "amount_fen": 4990, "bought_fen": 4990, "version": "1"}
    who = {"refund_id": uuid4().hex, "order_id": uuid4().hex, "buyer": {"id": "chen-1", "phone": "13800138000"}}
    body = asked | who | {"shop": "pdd", "applied_at": (now - timedelta(hours=1)).isoformat()}
    answer = await fuzz.web.post("/refunds", json=body, headers=fuzz.senders["everything"])
    number: str = answer.json()["case"]
    await caught_up(house, number, 1)
    return number


async def still_answers(fuzz: Fuzz, number: str) -> bool:
    """Whether the case itself says how it stands, or has closed; a slow machine is asked again, a stuck case is not
    waited for."""
    for _ in range(10):
        shown = (await fuzz.web.get(f"/cases/{number}", headers=fuzz.senders["everything"])).json()
        if shown["live"] or shown["stage"] == "closed":
            return True
    return False


@pytest.mark.parametrize("kind", [REVIEW, REFUND], ids=lambda kind: kind.name)
async def test_no_step_of_whatever_shape_fails_its_case(
    fuzz: Fuzz, case: str, refund: str, each: int, kind: CaseKind
) -> None:
    number = case if kind is REVIEW else refund
    fuzz.there = {"number": number}
    for operation in fuzz.steps(kind):
        allowed = await drawn_apart(partial(fuzz.draw, operation, GenerationMode.POSITIVE, each))
        forbidden = await drawn_apart(partial(fuzz.draw, operation, GenerationMode.NEGATIVE, each // 2))
        requests = [fuzz.prepared(case, named=True) for case in (*allowed, *forbidden)]
        for request in (*requests, *spoiled(fuzz.prepared(richest(allowed), named=True))):
            await fuzz.send(operation.label, "everything", request)
    carried_out = [sent for sent in fuzz.answers if sent.status == 200]
    fuzz.note(documented(fuzz.app, operation.label))
    assert not fuzz.faults, "\n".join(fuzz.faults.values())
    assert carried_out
    assert await still_answers(fuzz, number)


def test_a_fault_is_told_once_for_each_route_and_status() -> None:
    request = httpx2.Request("GET", "http://amends/cases")
    fuzz = Fuzz(FastAPI(), httpx2.AsyncClient(), {}, {})
    fuzz.answers = [Sent("GET /cases", "agent", request, status, None) for status in (200, 418, 418, 500)]
    fuzz.note({200, 500})
    assert [key[1] for key in fuzz.faults] == [418, 500]
