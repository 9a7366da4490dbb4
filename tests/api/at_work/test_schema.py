"""The whole OpenAPI document against the real api, by every role: no failure of ours, no undocumented status."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from schemathesis import GenerationMode

from api.house import House
from db import office
from domain.people import Role
from tests.api.at_work.conftest import Read
from tests.api.at_work.schema_cases import Fuzz, Sent, documented, drawn_apart, spoiled
from tests.api.conftest import person
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
        shut = set[str]()
        for mode in MODES:
            drawn = await drawn_apart(partial(fuzz.draw, operation, mode, each))
            for number, case in enumerate(drawn):
                request = fuzz.prepared(case, named=number % 2 == 0)
                # Whoever was shut out once is shut out of the route, which the test of the matrix shows.
                for role in fuzz.senders.keys() - shut:
                    sent = await fuzz.send(operation.label, role, request)
                    shut |= {role} if sent.status in (401, 403) else set()
        fuzz.note(known)
    assert not fuzz.faults, "\n".join(fuzz.faults.values())


async def test_what_no_store_can_keep_is_refused_and_fails_nowhere(fuzz: Fuzz) -> None:
    for operation in fuzz.operations():
        case = await drawn_apart(partial(fuzz.richest, operation))
        for request in spoiled(fuzz.prepared(case, named=True)):
            await fuzz.send(operation.label, "everything", request)
        fuzz.note(documented(fuzz.app, operation.label))
    assert not fuzz.faults, "\n".join(fuzz.faults.values())


async def test_no_step_of_whatever_shape_fails_its_case(fuzz: Fuzz, read: Read, each: int) -> None:
    for operation in fuzz.steps():
        for mode in MODES:
            for case in await drawn_apart(partial(fuzz.draw, operation, mode, each)):
                await fuzz.send(operation.label, "everything", fuzz.prepared(case, named=True))
        case = await drawn_apart(partial(fuzz.richest, operation))
        for request in spoiled(fuzz.prepared(case, named=True)):
            await fuzz.send(operation.label, "everything", request)
    fuzz.note(documented(fuzz.app, operation.label))
    assert not fuzz.faults, "\n".join(fuzz.faults.values())
    assert (await read("/cases/{case}"))["live"]


def test_a_fault_is_told_once_for_each_route_and_status() -> None:
    request = httpx2.Request("GET", "http://amends/cases")
    fuzz = Fuzz(FastAPI(), httpx2.AsyncClient(), {}, {})
    fuzz.answers = [Sent("GET /cases", "agent", request, status, None) for status in (200, 418, 418, 500)]
    fuzz.note({200, 500})
    assert [key[1] for key in fuzz.faults] == [418, 500]
