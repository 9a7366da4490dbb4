"""Keys: which open, which do not, and what they never give away."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from api.house import House
from db import office
from domain.people import Role


async def test_a_key_opens_in_either_header(web: httpx2.AsyncClient, cast: Any) -> None:
    bearer = await web.get("/me", headers=cast["agent"].headers)
    header = await web.get("/me", headers={"X-Api-Key": cast["agent"].key})
    assert bearer.json() == header.json()
    assert bearer.json()["roles"] == [{"role": "agent", "shop": "demo"}]


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic abc"}, {"X-Api-Key": "ak_wrong"}, {"X-Api-Key": "k" * 5000}]
)
async def test_without_a_valid_key_the_way_in_is_named(web: httpx2.AsyncClient, cast: Any, headers: Any) -> None:
    answer = await web.get("/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "Unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_an_expired_key_opens_nothing(web: httpx2.AsyncClient, cast: Any, house: House) -> None:
    earlier = house.now() - timedelta(days=2)
    async with house.sessions.begin() as session:
        expires = house.now() - timedelta(seconds=1)
        key, _ = await office.issue_key(session, "tests", earlier, cast["agent"].id, "old", expires)
    assert (await web.get("/me", headers={"X-Api-Key": key})).status_code == 401


async def test_a_key_that_was_revoked_over_the_api_opens_nothing(web: httpx2.AsyncClient, cast: Any) -> None:
    agent, root = cast["agent"], cast["root"].headers
    issued = (await web.post(f"/people/{agent.id}/keys", json={"label": "phone"}, headers=root)).json()
    before = await web.get("/me", headers={"X-Api-Key": issued["key"]})
    await web.delete(f"/people/{agent.id}/keys/{issued['id']}", headers=root)
    after = await web.get("/me", headers={"X-Api-Key": issued["key"]})
    assert (before.status_code, after.status_code) == (200, 401)


async def test_a_person_who_left_opens_nothing(web: httpx2.AsyncClient, cast: Any) -> None:
    await web.patch(f"/people/{cast['agent'].id}", json={"active": False}, headers=cast["root"].headers)
    assert (await web.get("/me", headers=cast["agent"].headers)).status_code == 401


async def test_a_key_is_shown_once(web: httpx2.AsyncClient, cast: Any) -> None:
    root = cast["root"].headers
    issued = (await web.post(f"/people/{cast['agent'].id}/keys", json={"label": "phone"}, headers=root)).json()
    people = await web.get("/people", headers=root)
    assert issued["key"].startswith("ak_")
    assert issued["key"] not in people.text


async def test_keys_are_listed_for_the_house_s_administrators_alone(web: httpx2.AsyncClient, cast: Any) -> None:
    agent = (await web.get("/people", headers=cast["agent"].headers)).json()
    root = (await web.get("/people", headers=cast["root"].headers)).json()
    assert {person["keys"] for person in agent} == {None}
    assert all(person["keys"] for person in root)


async def test_a_role_given_counts_at_once(web: httpx2.AsyncClient, cast: Any) -> None:
    body = {"role": "lead", "shop": "demo"}
    agent = cast["agent"]
    before = await web.get("/payouts", headers=agent.headers)
    await web.post(f"/people/{agent.id}/roles", json=body, headers=cast["admin"].headers)
    after = await web.get("/payouts", headers=agent.headers)
    assert (before.status_code, after.status_code) == (403, 200)


@pytest.mark.parametrize(
    "body", [{"role": "admin", "shop": "demo"}, {"role": "agent"}, {"role": "agent", "shop": "other"}]
)
async def test_a_shop_s_administrator_gives_no_roles_beyond_the_shop(
    web: httpx2.AsyncClient, cast: Any, body: dict[str, str]
) -> None:
    answer = await web.post(f"/people/{cast['agent'].id}/roles", json=body, headers=cast["admin"].headers)
    assert answer.status_code in (403, 404)


async def test_a_login_is_taken_once(web: httpx2.AsyncClient, cast: Any) -> None:
    body = {"login": "alice", "name": "Alice"}
    first = await web.post("/people", json=body, headers=cast["root"].headers)
    again = await web.post("/people", json=body, headers=cast["root"].headers)
    assert (first.status_code, again.status_code) == (201, 409)
    assert again.json()["code"] == "AlreadyThere"


async def test_a_person_without_any_role_may_do_nothing(web: httpx2.AsyncClient, cast: Any, house: House) -> None:
    async with house.sessions.begin() as session:
        await office.revoke(session, "tests", house.now(), cast["agent"].id, Role.AGENT, "demo")
    assert (await web.get("/me", headers=cast["agent"].headers)).status_code == 403
