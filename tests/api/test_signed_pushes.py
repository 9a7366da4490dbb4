"""Pushes that programs sign: taken once, in time, from the account that they are of; all else by its name."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from api.house import House
from db import office
from db.tables.login import DoorRefusal
from db.tables.office import OfficeEvent
from domain.people import Role
from domain.signed_requests import Signed, sign
from tests.api.conftest import person
from tests.api.login_world import Clock

PRESENCE = json.dumps({"shop": "demo", "buyer": "chen"}).encode()


class Program:
    """A program with a signing key."""

    def __init__(self, web: httpx2.AsyncClient, house: House, id: str, secret: str) -> None:
        self.web, self.house, self.id, self.secret = web, house, id, secret

    async def push(self, nonce: str = "n" * 16, body: bytes = PRESENCE, **changed: Any) -> httpx2.Response:
        seconds = str(int((self.house.now() + changed.pop("late", timedelta())).timestamp()))
        path = changed.pop("path", "/presence")
        signed = Signed("POST", path, seconds, nonce, "", body)
        headers = {
            "X-Amends-Key": self.id,
            "X-Amends-Time": seconds,
            "X-Amends-Nonce": nonce,
            "X-Amends-Signature": sign(self.secret, signed),
            "Content-Type": "application/json",
        }
        return await self.web.post(path, content=changed.pop("sent", body), headers=headers | changed)


@pytest.fixture
async def program(web: httpx2.AsyncClient, house: House, cast: Any) -> Program:
    path = f"/people/{cast['service'].id}/signing-keys"
    made = (await web.post(path, json={"label": "erp"}, headers=cast["root"].headers)).json()
    return Program(web, house, made["id"], made["secret"])


async def test_a_signed_push_is_taken(program: Program) -> None:
    assert (await program.push()).status_code == 202
    assert (await program.push("m" * 16)).status_code == 202


async def test_the_query_is_signed_too(program: Program) -> None:
    assert (await program.push(path="/presence?a=1&b=%20")).status_code == 202


FORGED = [
    {"sent": PRESENCE.replace(b"demo", b"othr")},
    {"X-Amends-Signature": "0" * 64},
    {"X-Amends-Signature": "漏水".encode()},
    {"X-Amends-Nonce": "another-nonce-01"},
    {"X-Amends-Time": "1795000000"},
    {"X-Amends-Time": "now"},
    {"nonce": "short"},
]


@pytest.mark.parametrize("forged", FORGED)
async def test_a_forged_push_is_refused_by_name_and_on_record(
    program: Program, house: House, forged: dict[str, Any]
) -> None:
    refused = await program.push(**forged)
    async with house.sessions() as session:
        [kept] = list(await session.scalars(select(DoorRefusal)))
        told = list(await session.scalars(select(OfficeEvent).where(OfficeEvent.kind == "door.refused")))
    assert (refused.status_code, refused.json()["code"]) == (401, "PushForged")
    assert (kept.kind, kept.subject) == ("PushForged", program.id)
    assert [one.subject for one in told] == [program.id]


async def test_the_same_push_is_taken_once(program: Program) -> None:
    answers = await asyncio.gather(*(program.push() for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [202] + [401] * 5
    assert {answer.json()["code"] for answer in answers if answer.status_code == 401} == {"PushReplayed"}


@pytest.mark.parametrize("late", [timedelta(minutes=-6), timedelta(minutes=6)])
async def test_a_push_out_of_its_time_is_refused_with_ours(program: Program, house: House, late: timedelta) -> None:
    refused = await program.push(late=late)
    assert refused.json()["code"] == "PushOutOfTime"
    assert refused.json()["now"] == house.now().isoformat()


async def test_nothing_is_taken_while_the_clock_stands_before_the_last_use(app: FastAPI, program: Program) -> None:
    await program.push()
    Clock(app).move(timedelta(hours=3))
    await program.push("m" * 16, late=timedelta(hours=3))
    Clock(app).move(timedelta(hours=-3))
    assert (await program.push()).json()["code"] == "ClockMoved"


async def test_a_revoked_and_an_unknown_signing_key_open_nothing(program: Program, web: Any, cast: Any) -> None:
    await web.delete(f"/people/{cast['service'].id}/signing-keys/{program.id}", headers=cast["root"].headers)
    revoked = await program.push()
    program.id = "not-an-id"
    assert [revoked.json()["code"], (await program.push()).json()["code"]] == ["KeyRevoked", "Unauthorized"]


async def test_a_program_reaches_its_shop_and_what_programs_do_alone(program: Program) -> None:
    other = json.dumps({"shop": "other", "buyer": "chen"}).encode()
    assert (await program.push(body=other)).status_code == 404
    assert (await program.push("m" * 16, path="/parcels")).status_code == 403


async def test_only_an_account_that_is_a_service_and_nothing_else_signs(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    hand = await person(house, "hand", Role.AGENT, "demo")
    made = await web.post(f"/people/{hand.id}/signing-keys", json={"label": "x"}, headers=cast["root"].headers)
    assert (made.status_code, made.json()["field"]) == (422, "person")


async def test_the_secret_is_sealed_and_shown_once(program: Program, web: Any, house: House, cast: Any) -> None:
    listed = await web.get(f"/people/{cast['service'].id}/signing-keys", headers=cast["root"].headers)
    async with house.sessions() as session:
        raw = bytes(await session.scalar(text("SELECT secret FROM signing_key")))
    assert program.secret not in listed.text
    assert program.secret.encode() not in raw


async def test_what_signs_stays_a_service_whatever_its_account_becomes(
    program: Program, house: House, web: httpx2.AsyncClient, cast: Any
) -> None:
    async with house.sessions.begin() as session:
        await office.grant(session, "tests", house.now(), cast["service"].id, Role.SUPERVISOR, "other")
    other = json.dumps({"shop": "other", "buyer": "chen"}).encode()
    signed = await program.push(body=other)
    by_key = await web.post("/presence", json=json.loads(other), headers=cast["service"].headers)
    assert ([signed.status_code, by_key.status_code], signed.json()["code"]) == ([404, 202], "NotFound")
