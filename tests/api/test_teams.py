"""Outsourced teams: what their people can be given, what they lose, and that they see nothing of other shops."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from api.app import routes
from api.house import House
from api.rights import PUBLIC
from db import office
from domain.people import Role
from domain.teams import OUTSOURCED_ROLES
from tests.api.conftest import Staff, person
from tests.api.rows import add_case
from tests.api.test_rights import REQUESTS

TEAM = {"name": "Night desk Ltd.", "outsourced": True, "shops": ["demo"]}


@pytest.fixture
def ask(web: httpx2.AsyncClient, cast: Any) -> Any:
    async def asked(who: str | Staff, method: str, path: str, body: Any = None) -> httpx2.Response:
        headers = (cast[who] if isinstance(who, str) else who).headers
        return await web.request(method, path, json=body, headers=headers)

    return asked


async def _hire(ask: Any, member: Staff) -> Any:
    await ask("root", "PUT", "/teams/night", TEAM)
    return (await ask("root", "PUT", f"/people/{member.id}/team", {"team": "night"})).json()


@pytest.mark.covers(182)
@pytest.mark.parametrize("role", list(Role))
async def test_people_of_an_outsourced_team_are_given_few_roles(ask: Any, cast: Any, role: Role) -> None:
    await _hire(ask, cast["stranger"])
    path = f"/people/{cast['stranger'].id}/roles"
    inside = await ask("root", "POST", path, {"role": role, "shop": "demo"})
    outside = await ask("root", "POST", path, {"role": role, "shop": "other"})
    everywhere = await ask("root", "POST", path, {"role": role})
    assert inside.status_code == (200 if role in OUTSOURCED_ROLES else 409)
    assert [one.json()["code"] for one in (outside, everywhere)] == ["OutsideTeam"] * 2


@pytest.mark.covers(182)
async def test_who_joins_loses_what_lies_outside_of_the_team(ask: Any, cast: Any, house: House) -> None:
    async with house.sessions.begin() as session:
        await office.grant(session, "tests", house.now(), cast["agent"].id, Role.FINANCE, "demo")
        await office.grant(session, "tests", house.now(), cast["agent"].id, Role.AGENT, "other")
    taken = await _hire(ask, cast["agent"])
    mine = (await ask("agent", "GET", "/me")).json()["roles"]
    assert {(one["role"], one["shop"]) for one in taken["taken"]} == {("finance", "demo"), ("agent", "other")}
    assert mine == [{"role": "agent", "shop": "demo"}]


async def test_a_shop_that_the_team_loses_is_closed_to_its_people_at_once(ask: Any, cast: Any, house: House) -> None:
    case = await add_case(house, "demo")
    await _hire(ask, cast["agent"])
    before = await ask("agent", "GET", f"/cases/{case}/timeline")
    moved = await ask("root", "PUT", "/teams/night", TEAM | {"shops": ["other"]})
    after = await ask("agent", "GET", f"/cases/{case}/timeline")
    assert (before.status_code, after.status_code) == (200, 403)
    assert [one["shop"] for one in moved.json()["taken"]] == ["demo"]


async def test_a_team_of_the_house_narrows_nothing(ask: Any, cast: Any) -> None:
    await ask("root", "PUT", "/teams/day", TEAM | {"outsourced": False, "shops": []})
    joined = await ask("root", "PUT", f"/people/{cast['finance'].id}/team", {"team": "day"})
    assert (joined.json()["taken"], (await ask("finance", "GET", "/payouts")).status_code) == ([], 200)


async def test_the_last_administrator_does_not_join_an_outsourced_team(ask: Any, cast: Any) -> None:
    await ask("root", "PUT", "/teams/night", TEAM)
    refused = await ask("root", "PUT", f"/people/{cast['root'].id}/team", {"team": "night"})
    assert (refused.status_code, refused.json()["code"]) == (409, "LastAdmin")
    assert (await ask("root", "GET", "/office/events")).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"), [("/teams/night", TEAM | {"shops": ["nowhere"]}), ("/people/{agent}/team", {"team": "nobody"})]
)
async def test_a_team_of_nothing_is_refused(ask: Any, cast: Any, path: str, body: Any) -> None:
    assert (await ask("root", "PUT", path.format(agent=cast["agent"].id), body)).status_code == 404


async def test_teams_are_listed_with_the_shops_one_may_see(ask: Any, cast: Any) -> None:
    await ask("root", "PUT", "/teams/night", TEAM | {"shops": ["demo", "other"]})
    [seen] = (await ask("lead", "GET", "/teams")).json()
    [whole] = (await ask("root", "GET", "/teams")).json()
    assert (seen["shops"], whole["shops"]) == (["demo"], ["demo", "other"])


@pytest.mark.covers(182)
@pytest.mark.parametrize("role", sorted(OUTSOURCED_ROLES))
async def test_nothing_of_another_shop_reaches_an_outsourced_team(
    app: FastAPI, ask: Any, cast: Any, house: House, role: Role
) -> None:
    """Every route that reads, asked plainly, for the other shop, and for the other shop's case."""
    hidden = await add_case(house, "other", external_id="hidden-away")
    seen = await add_case(house, "demo")
    hand = await person(house, "outsourced", role, "demo")
    await _hire(ask, hand)
    await ask("root", "POST", f"/people/{cast['lead'].id}/roles", {"role": "lead", "shop": "other"})
    answers = []
    for route in routes():
        method, path, body = REQUESTS.get(route.name, ("", "", None))
        if method != "GET" or route.name in PUBLIC:
            continue
        for case in (seen, hidden):
            address = path.format(case=case, spare=cast["stranger"].id)
            joint = "&" if "?" in address else "?"
            for asked in (address, address.replace("demo", "other"), f"{address}{joint}shop=other"):
                answers.append((asked, await ask(hand, "GET", asked, body)))
    told = {asked for asked, answer in answers if "hidden-away" in answer.text or '"other"' in answer.text}
    numbers = {asked for asked, answer in answers if hidden in answer.text and hidden not in asked}
    assert (told, numbers) == (set(), set())
    assert {answer.status_code for asked, answer in answers if hidden in asked} <= {403, 404, 422}


@pytest.mark.covers(182)
async def test_an_export_of_an_outsourced_lead_is_refused(ask: Any, cast: Any, house: House) -> None:
    await _hire(ask, cast["lead"])
    body = {"since": "2026-11-01T00:00:00Z", "until": "2026-11-21T00:00:00Z", "why": "w"}
    assert (await ask("lead", "POST", "/exports", body)).status_code == 403
