"""Dangerous changes of accounts take two, where the house asks for it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.house import House
from db import office
from db.tables.office import OfficeEvent
from domain.people import Role
from tests.api.conftest import Staff, person
from tests.api.login_world import Clock


@pytest.fixture(autouse=True)
def _by_two(app: FastAPI, house: House) -> None:
    app.state.house = replace(house, settings=house.settings.model_copy(update={"account_changes_by_two": True}))


@pytest.fixture
async def second(house: House, cast: Any) -> Staff:
    return await person(house, "second", Role.ADMIN, None)


CHANGES: dict[str, tuple[str, Any]] = {
    "grant_role": ("/roles", {"role": "admin"}),
    "reset_password": ("/password-reset", None),
    "issue_key": ("/keys", {"label": "laptop"}),
    "issue_signing_key": ("/signing-keys", {"label": "erp"}),
}


@pytest.fixture
def change(web: httpx2.AsyncClient, cast: Any) -> Any:
    async def changed(what: str, code: str | None, of: str = "service") -> httpx2.Response:
        path, body = CHANGES[what]
        headers = cast["root"].headers | ({"X-Confirmation": code} if code else {})
        return await web.post(f"/people/{cast[of].id}{path}", json=body, headers=headers)

    return changed


@pytest.fixture
def agree(web: httpx2.AsyncClient, cast: Any) -> Any:
    async def agreed(who: Staff, what: str, of: str = "service") -> str:
        path = f"/people/{cast[of].id}/confirmations"
        return str((await web.post(path, json={"change": what}, headers=who.headers)).json()["code"])

    return agreed


@pytest.mark.covers(183)
@pytest.mark.parametrize("what", sorted(CHANGES))
async def test_a_dangerous_change_takes_another_administrator_s_code_once(
    change: Any, agree: Any, second: Staff, what: str
) -> None:
    alone = await change(what, None)
    code = await agree(second, what)
    together, again = await change(what, code), await change(what, code)
    assert (alone.status_code, alone.json()["code"]) == (403, "SecondPersonNeeded")
    assert (together.status_code in (200, 201), again.status_code) == (True, 403)


@pytest.mark.covers(183)
async def test_nobody_agrees_with_themselves(change: Any, agree: Any, cast: Any, house: House, second: Staff) -> None:
    own = await agree(cast["root"], "issue_key")
    async with house.sessions.begin() as session:
        await office.link_accounts(session, "tests", house.now(), second.id, cast["root"].id)
    by_my_other_account = await agree(second, "issue_key")
    assert [(await change("issue_key", code)).status_code for code in (own, by_my_other_account)] == [403, 403]


async def test_a_code_is_for_one_change_of_one_account(change: Any, agree: Any, second: Staff) -> None:
    other_change, other_account = await agree(second, "grant_role"), await agree(second, "issue_key", "agent")
    assert [(await change("issue_key", code)).status_code for code in (other_change, other_account)] == [403, 403]


async def test_a_code_is_good_for_ten_minutes(app: FastAPI, change: Any, agree: Any, second: Staff) -> None:
    code = await agree(second, "issue_key")
    Clock(app).move(timedelta(minutes=10))
    assert (await change("issue_key", code)).status_code == 403


async def test_a_change_that_fails_uses_no_code_up(
    web: httpx2.AsyncClient, change: Any, agree: Any, cast: Any, second: Staff
) -> None:
    code = await agree(second, "issue_key")
    headers = cast["root"].headers | {"X-Confirmation": code}
    wrong = {"label": "x", "shops": ["nowhere"]}
    failed = await web.post(f"/people/{cast['service'].id}/keys", json=wrong, headers=headers)
    assert (failed.status_code, (await change("issue_key", code)).status_code) == (404, 201)


async def test_everyday_roles_and_one_s_own_keys_take_one(web: httpx2.AsyncClient, cast: Any) -> None:
    root = cast["root"]
    role = {"role": "agent", "shop": "demo"}
    granted = await web.post(f"/people/{cast['service'].id}/roles", json=role, headers=root.headers)
    own = await web.post(f"/people/{root.id}/keys", json={"label": "mine"}, headers=root.headers)
    assert (granted.status_code, own.status_code) == (200, 201)


async def test_the_record_names_both(house: House, change: Any, agree: Any, cast: Any, second: Staff) -> None:
    await change("issue_key", await agree(second, "issue_key"))
    async with house.sessions() as session:
        lines = list(await session.scalars(select(OfficeEvent).order_by(OfficeEvent.seq.desc()).limit(3)))
    told = [(line.kind, line.actor) for line in reversed(lines)]
    assert told == [
        ("account.code_made", str(second.id)),
        ("account.confirmed", str(second.id)),
        ("key.issued", str(cast["root"].id)),
    ]
