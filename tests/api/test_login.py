"""Logging in: passwords, codes, lock-out; what cookies look like and from where they are taken."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import select

from api.house import House
from db import passwords
from db.audit import broken_at
from db.tables.login import DoorRefusal, PersonPassword
from db.tables.office import OfficeEvent
from tests.api.login_world import PASSWORD, Clock, browser, give_password, log_in


@pytest.fixture(autouse=True)
async def _password(house: House, cast: Any) -> None:
    await give_password(house, cast["agent"].id)


@pytest.fixture
def clock(app: FastAPI) -> Clock:
    return Clock(app)


def served_at(app: FastAPI, url: str) -> None:
    house: House = app.state.house
    app.state.house = replace(house, settings=house.settings.model_copy(update={"public_url": url}))


async def _reset(web: httpx2.AsyncClient, cast: Any) -> str:
    path = f"/people/{cast['agent'].id}/password-reset"
    code: str = (await web.post(path, headers=cast["root"].headers)).json()["code"]
    return code


async def test_who_logs_in_needs_no_key_from_then_on(app: FastAPI) -> None:
    async with browser(app) as web:
        answer = await log_in(web)
        assert (answer.status_code, answer.json()["login"]) == (200, "agent-1")
        assert (await web.get("/me")).json()["roles"] == [{"role": "agent", "shop": "demo"}]


async def test_who_is_unknown_and_who_errs_are_told_the_same(app: FastAPI) -> None:
    async with browser(app) as web:
        answers = [await log_in(web, "agent-1", "wrong words here"), await log_in(web, "nobody", PASSWORD)]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(401, "LoginRefused")] * 2
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


async def test_behind_tls_the_cookie_is_for_this_host_alone(app: FastAPI) -> None:
    served_at(app, "https://desk.example")
    async with browser(app) as web:
        answer = await log_in(web)
        cookies = {one.partition("=")[0]: one.lower() for one in answer.headers.get_list("set-cookie")}
        assert set(cookies) == {"__Host-amends-session", "__Host-amends-device"}
        for cookie in cookies.values():
            assert {"secure", "httponly", "samesite=lax", "path=/"} <= {part.strip() for part in cookie.split(";")}
            assert "domain" not in cookie
        assert (await web.get("/me")).status_code == 200


async def test_on_this_machine_the_cookie_works_without_tls(app: FastAPI) -> None:
    async with browser(app) as web:
        [session, _] = (await log_in(web)).headers.get_list("set-cookie")
    assert session.startswith("amends-session=")
    assert ("Secure" in session, "HttpOnly" in session) == (False, True)


async def test_elsewhere_nobody_logs_in_without_tls(app: FastAPI) -> None:
    served_at(app, "http://desk.example")
    async with browser(app) as web:
        answer = await log_in(web)
    assert (answer.status_code, answer.json()["code"]) == (409, "LoginNeedsTls")
    assert "AMENDS_PUBLIC_URL" in answer.json()["detail"]


async def test_a_plain_cookie_says_nothing_where_a_host_cookie_is_due(app: FastAPI) -> None:
    async with browser(app) as web:
        await log_in(web)
        plain = web.cookies["amends-session"]
    served_at(app, "https://desk.example")
    async with browser(app) as web:
        answer = await web.get("/me", headers={"Cookie": f"amends-session={plain}"})
    assert answer.status_code == 401


FROM = [
    ({"Sec-Fetch-Site": "same-origin"}, 200),
    ({"Origin": "http://127.0.0.1:7241"}, 200),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:7241"}, 403),
    ({"Sec-Fetch-Site": "none"}, 403),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({}, 403),
]


@pytest.mark.parametrize(("headers", "status"), FROM)
async def test_changes_come_from_our_own_pages_only(app: FastAPI, headers: dict[str, str], status: int) -> None:
    async with browser(app) as web:
        await log_in(web)
        web.headers.pop("origin")
        answer = await web.request("DELETE", "/me/sessions?but_this=true", headers=headers)
        assert answer.status_code == status
        assert (await web.get("/me")).status_code == 200


async def test_a_page_of_another_site_logs_nobody_in(app: FastAPI) -> None:
    async with browser(app) as web:
        web.headers["origin"] = "https://evil.example"
        answer = await log_in(web)
    assert (answer.status_code, answer.json()["code"]) == (403, "CrossSite")


async def test_a_key_is_taken_from_anywhere(web: httpx2.AsyncClient, cast: Any) -> None:
    elsewhere = cast["agent"].headers | {"Origin": "https://erp.example"}
    assert (await web.delete("/me/sessions", headers=elsewhere)).status_code == 200


async def test_a_code_is_good_once_and_chooses_a_password(app: FastAPI, web: httpx2.AsyncClient, cast: Any) -> None:
    code = await _reset(web, cast)
    body = {"login": "agent-1", "code": code, "new_password": "quite another sentence"}
    async with browser(app) as mine:
        assert (await log_in(mine)).status_code == 401
        first = await mine.post("/login/code", json=body)
        again = await mine.post("/login/code", json=body | {"new_password": "and yet another one"})
        assert (first.status_code, again.status_code) == (200, 401)
        assert (await log_in(mine, "agent-1", "quite another sentence")).status_code == 200


async def test_a_code_is_good_for_a_day(app: FastAPI, web: httpx2.AsyncClient, cast: Any, clock: Clock) -> None:
    body = {"login": "agent-1", "code": await _reset(web, cast), "new_password": "quite another sentence"}
    clock.move(timedelta(hours=24))
    async with browser(app) as mine:
        assert (await mine.post("/login/code", json=body)).status_code == 401


@pytest.mark.parametrize("weak", ["short", "password1234", "aaaaaaaaaaaaaaaa", "i am agent-1 of demo", "x" * 129])
async def test_a_weak_password_is_refused_and_the_code_stays_good(
    app: FastAPI, web: httpx2.AsyncClient, cast: Any, weak: str
) -> None:
    body = {"login": "agent-1", "code": await _reset(web, cast), "new_password": weak}
    async with browser(app) as mine:
        refused = await mine.post("/login/code", json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "PasswordWeak")
        assert weak not in refused.text or len(weak) < 6
        assert (await mine.post("/login/code", json=body | {"new_password": PASSWORD})).status_code == 200


async def test_a_login_is_locked_after_five_failures_for_a_quarter_of_an_hour(app: FastAPI, clock: Clock) -> None:
    async with browser(app) as web:
        failed = [(await log_in(web, "agent-1", "wrong words here")).status_code for _ in range(5)]
        locked = await log_in(web)
        assert (failed, locked.status_code, locked.json()["code"]) == ([401] * 5, 429, "LoginLocked")
        assert locked.headers["retry-after"] == str(15 * 60)
        clock.move(timedelta(minutes=15))
        assert (await log_in(web)).status_code == 200


async def test_an_unknown_login_is_locked_alike(app: FastAPI) -> None:
    async with browser(app) as web:
        answers = [(await log_in(web, "nobody", "wrong words here")).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


async def test_nobody_is_kept_out_by_strangers_who_fail_on_purpose(
    app: FastAPI, web: httpx2.AsyncClient, cast: Any
) -> None:
    async with browser(app, "10.0.0.9") as mine:
        await log_in(mine)
        for number in range(51):
            async with browser(app, f"192.0.2.{number}") as stranger:
                last = await log_in(stranger, "agent-1", "wrong words here")
        async with browser(app, "10.0.0.8") as new_device:
            assert (last.status_code, (await log_in(new_device)).status_code) == (429, 429)
            body = {"login": "agent-1", "code": await _reset(web, cast), "new_password": PASSWORD}
            assert (await new_device.post("/login/code", json=body)).status_code == 200
        assert (await log_in(mine)).status_code == 200


async def test_guesses_at_the_same_moment_are_counted_one_by_one(app: FastAPI) -> None:
    async with browser(app) as web:
        answers = await asyncio.gather(*(log_in(web, "agent-1", "wrong words here") for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 15


async def test_an_address_that_tries_too_often_waits(app: FastAPI) -> None:
    async with browser(app, "10.1.1.1") as web:
        answers = [await log_in(web, f"nobody-{number}", "wrong words here") for number in range(31)]
    assert answers[-1].json()["code"] == "TooManyAttempts"
    assert answers[-1].headers["retry-after"] == "60"


async def test_a_hash_of_yesterdays_costs_is_made_anew_at_login(app: FastAPI, house: House, cast: Any) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    async with house.sessions.begin() as session:
        await passwords.keep_hash(session, cast["agent"].id, cheap, house.now())
    async with browser(app) as web:
        await log_in(web)
    async with house.sessions() as session:
        kept = await session.scalar(select(PersonPassword.hash).where(PersonPassword.person == cast["agent"].id))
    assert kept is not None
    assert not passwords.outdated(kept)
    assert kept.startswith("$argon2id$")


async def test_the_same_sentence_is_the_same_on_every_keyboard(app: FastAPI, house: House, cast: Any) -> None:
    await give_password(house, cast["agent"].id, "Ｃａｆé 的热水壶不漏水了")
    async with browser(app) as web:
        assert (await log_in(web, "agent-1", "Cafe\u0301 的热水壶不漏水了")).status_code == 200


async def test_a_changed_password_ends_every_other_session_and_renews_this_one(app: FastAPI) -> None:
    async with browser(app) as here, browser(app) as there:
        await log_in(here)
        await log_in(there)
        before = here.cookies["amends-session"]
        body = {"password": PASSWORD, "new_password": "quite another sentence"}
        assert (await here.post("/me/password", json=body)).status_code == 204
        assert here.cookies["amends-session"] != before
        assert [(await one.get("/me")).status_code for one in (here, there)] == [200, 401]
        old = await here.get("/me", headers={"Cookie": f"amends-session={before}"})
        assert old.json()["code"] == "SessionEnded"


async def test_nobody_changes_a_password_without_the_present_one(app: FastAPI) -> None:
    body = {"password": "wrong words here", "new_password": "quite another sentence"}
    async with browser(app) as web:
        await log_in(web)
        refused = [await web.post("/me/password", json=body) for _ in range(11)]
        assert [one.json()["code"] for one in refused] == ["LoginRefused"] * 10 + ["LoginLocked"]


@pytest.mark.covers(203)
async def test_the_office_s_record_tells_who_came_in_and_who_was_locked_out(app: FastAPI, house: House) -> None:
    async with browser(app) as web:
        await log_in(web)
        for _ in range(8):
            async with browser(app, "10.9.9.9") as stranger:
                await log_in(stranger, "agent-1", "wrong words here")
    async with house.sessions() as session:
        kinds = list(await session.scalars(select(OfficeEvent.kind).order_by(OfficeEvent.seq)))
        [refused] = list(await session.scalars(select(DoorRefusal)))
        assert await broken_at(session) is None
    assert (kinds.count("session.opened"), kinds.count("door.refused")) == (1, 1)
    assert (refused.kind, refused.times) == ("LoginLocked", 3)


async def test_what_is_kept_of_passwords_stays_out_of_the_record(app: FastAPI, house: House) -> None:
    async with browser(app) as web:
        answer = await log_in(web)
        cookie = web.cookies["amends-session"]
    async with house.sessions() as session:
        facts = str([(one.kind, one.facts) for one in await session.scalars(select(OfficeEvent))])
    assert not [word for word in (PASSWORD, cookie, "argon2") if word in facts + answer.text]
