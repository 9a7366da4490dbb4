"""Sessions: how long they last, who ends them, and that an ended one opens nothing from then on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.house import House
from db import office
from db.tables.login import LoginSession
from domain.people import Role
from tests.api.login_world import Clock, browser, give_password, log_in
from tests.api.rows import add_case


@pytest.fixture
def clock(app: FastAPI) -> Clock:
    return Clock(app)


@pytest.fixture
async def mine(app: FastAPI, house: House, cast: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser in which the agent has logged in."""
    await give_password(house, cast["agent"].id)
    async with browser(app) as web:
        await log_in(web)
        yield web


async def test_a_session_that_is_left_alone_expires(mine: httpx2.AsyncClient, clock: Clock) -> None:
    clock.move(timedelta(minutes=59))
    assert (await mine.get("/me")).status_code == 200
    clock.move(timedelta(minutes=59))
    assert (await mine.get("/me")).status_code == 200
    clock.move(timedelta(minutes=60))
    refused = await mine.get("/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "SessionExpired")


async def test_a_session_ends_after_a_shift_in_any_case(mine: httpx2.AsyncClient, clock: Clock) -> None:
    answers = []
    for _ in range(24):
        clock.move(timedelta(minutes=30))
        answers.append((await mine.get("/me")).status_code)
    assert answers == [200] * 23 + [401]


async def test_a_clock_that_goes_back_lengthens_no_session(mine: httpx2.AsyncClient, clock: Clock) -> None:
    clock.move(timedelta(minutes=30))
    await mine.get("/me")
    clock.move(timedelta(minutes=-40))
    refused = await mine.get("/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "ClockMoved")


async def test_looks_are_written_down_now_and_then(mine: httpx2.AsyncClient, house: House, clock: Clock) -> None:
    seen = []
    for seconds in (20, 20, 30):
        clock.move(timedelta(seconds=seconds))
        await mine.get("/me")
        async with house.sessions() as session:
            seen.append(await session.scalar(select(LoginSession.seen_at)))
    start = house.now()
    assert seen == [start, start, start + timedelta(seconds=70)]


async def test_each_login_is_a_session_of_its_own(mine: httpx2.AsyncClient, clock: Clock) -> None:
    clock.move(timedelta(seconds=1))
    before = mine.cookies["amends-session"]
    await log_in(mine)
    lines = (await mine.get("/me/sessions")).json()
    assert before != mine.cookies["amends-session"]
    assert [(one["current"], one["why_ended"]) for one in lines] == [(True, None), (False, "logged in anew")]
    assert (lines[0]["agent"], lines[0]["address"], lines[0]["how"]) == ("Firefox", "10.0.0.1", "password")


async def test_logging_out_ends_the_session_here(mine: httpx2.AsyncClient) -> None:
    plain = mine.cookies["amends-session"]
    assert (await mine.post("/logout")).status_code == 204
    assert "amends-session" not in mine.cookies
    again = await mine.get("/me", headers={"Cookie": f"amends-session={plain}"})
    assert (again.status_code, again.json()["code"]) == (401, "SessionEnded")


async def test_a_key_has_no_session_to_end(web: httpx2.AsyncClient, cast: Any) -> None:
    answer = await web.post("/logout", headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "NoSession")


async def test_one_session_of_mine_ends_and_another_s_is_not_found(
    app: FastAPI, mine: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    await give_password(house, cast["lead"].id)
    async with browser(app) as there, browser(app) as lead:
        await log_in(there)
        await log_in(lead, "lead-1")
        [theirs] = (await lead.get("/me/sessions")).json()
        other = next(one for one in (await mine.get("/me/sessions")).json() if not one["current"])
        assert (await mine.delete(f"/me/sessions/{theirs['id']}")).status_code == 404
        assert (await mine.delete(f"/me/sessions/{other['id']}")).status_code == 204
        answers = [(await one.get("/me")).status_code for one in (mine, there, lead)]
    assert answers == [200, 401, 200]


@pytest.mark.parametrize("change", ["grant", "revoke", "deactivate", "reset", "log out everywhere"])
async def test_whoever_s_rights_change_is_logged_out_at_once(
    mine: httpx2.AsyncClient, web: httpx2.AsyncClient, cast: Any, change: str
) -> None:
    person, root = f"/people/{cast['agent'].id}", cast["root"].headers
    asked = {
        "grant": ("POST", "/roles", {"role": "lead", "shop": "demo"}),
        "revoke": ("DELETE", "/roles?role=agent&shop=demo", None),
        "deactivate": ("PATCH", "", {"active": False}),
        "reset": ("POST", "/password-reset", None),
        "log out everywhere": ("DELETE", "/sessions", None),
    }
    method, path, body = asked[change]
    done = await web.request(method, person + path, json=body, headers=root)
    refused = await mine.get("/me")
    assert (done.status_code, refused.status_code) == (200, 401)
    assert refused.json()["code"] == "SessionEnded"


async def test_what_changes_nothing_of_their_rights_leaves_them_in(
    mine: httpx2.AsyncClient, web: httpx2.AsyncClient, cast: Any
) -> None:
    person, root = f"/people/{cast['agent'].id}", cast["root"].headers
    await web.patch(person, json={"capacity": 3}, headers=root)
    await web.post(f"{person}/roles", json={"role": "agent", "shop": "demo"}, headers=root)
    assert (await mine.get("/me")).status_code == 200


async def test_a_request_under_way_ends_well_and_none_begins_after_the_end(
    mine: httpx2.AsyncClient, web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    # This one waits two seconds for a version that never comes.
    case = await add_case(house, "demo")
    slow = asyncio.create_task(mine.get(f"/cases?saw={case}:99"))
    stop, ended = asyncio.Event(), asyncio.Event()
    after: list[int] = []

    async def ask() -> None:
        while not stop.is_set():
            begun_after = ended.is_set()
            status = (await mine.get("/me")).status_code
            if begun_after:
                after.append(status)

    asking = [asyncio.create_task(ask()) for _ in range(4)]
    await mine.get("/me")
    done = await web.delete(f"/people/{cast['agent'].id}/sessions", headers=cast["root"].headers)
    ended.set()
    while len(after) < 20:
        await mine.get("/me")
    stop.set()
    await asyncio.gather(*asking)
    assert (done.json()["ended"], (await slow).status_code, set(after)) == (1, 200, {401})


async def test_sessions_are_not_made_by_who_is_just_being_shut_out(app: FastAPI, house: House, cast: Any) -> None:
    await give_password(house, cast["agent"].id)
    agent = cast["agent"].id

    async def shut_out() -> None:
        async with house.sessions.begin() as session:
            await office.set_person(session, "tests", house.now(), agent, {"active": False})

    async with browser(app) as web:
        answer, _ = await asyncio.gather(log_in(web), shut_out())
        assert answer.status_code in (200, 401)
        assert (await web.get("/me")).status_code == 401


async def test_a_role_in_the_next_shop_counts_after_the_next_login(
    mine: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    async with house.sessions.begin() as session:
        await office.grant(session, "tests", house.now(), cast["agent"].id, Role.LEAD, "other")
    await log_in(mine)
    assert {"role": "lead", "shop": "other"} in (await mine.get("/me")).json()["roles"]
