"""Keys that are narrower than their people, that end, that are changed for new ones, and when they were used."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.house import House
from db.tables.login import DoorRefusal
from db.tables.office import OfficeEvent
from domain.people import Role
from tests.api.conftest import person
from tests.api.login_world import Clock
from tests.api.rows import add_case


@pytest.fixture
def issue(web: httpx2.AsyncClient, cast: Any) -> Any:
    async def issued(who: Any, **body: Any) -> Any:
        answer = await web.post(f"/people/{who.id}/keys", json={"label": "erp"} | body, headers=cast["root"].headers)
        return answer.json() | {"headers": {"X-Api-Key": answer.json().get("key", "")}, "status": answer.status_code}

    return issued


@pytest.fixture
async def both(house: House, cast: Any) -> Any:
    """A supervisor of every shop."""
    return await person(house, "everywhere", Role.SUPERVISOR, None)


@pytest.mark.covers(182)
async def test_a_key_for_one_shop_sees_that_shop_alone(
    web: httpx2.AsyncClient, house: House, both: Any, issue: Any
) -> None:
    mine, other = await add_case(house, "demo"), await add_case(house, "other")
    headers = (await issue(both, shops=["demo"]))["headers"]
    listed = (await web.get("/cases", headers=headers)).json()["cases"]
    assert [case["number"] for case in listed] == [mine]
    refused = await web.get(f"/cases/{other}/timeline", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "KeyOutOfScope")
    assert "demo" in refused.json()["detail"]


async def test_a_key_for_some_routes_opens_no_other(web: httpx2.AsyncClient, cast: Any, issue: Any) -> None:
    headers = (await issue(cast["lead"], routes=["list_cases"]))["headers"]
    answers = [await web.get(path, headers=headers) for path in ("/cases", "/payouts")]
    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[1].json()["code"] == "KeyOutOfScope"


async def test_a_key_for_some_roles_opens_what_those_open(web: httpx2.AsyncClient, both: Any, issue: Any) -> None:
    headers = (await issue(both, roles=["agent"]))["headers"]
    assert (await web.get("/me", headers=headers)).status_code == 403
    assert (await web.get("/payouts", headers=both.headers)).status_code == 200


@pytest.mark.parametrize(
    ("scope", "code"),
    [({"routes": ["nowhere"]}, "BadInput"), ({"shops": ["nowhere"]}, "NotFound"), ({"roles": []}, "BadInput")],
)
async def test_a_scope_that_means_nothing_is_refused(cast: Any, issue: Any, scope: Any, code: str) -> None:
    assert (await issue(cast["agent"], **scope))["code"] == code


async def test_each_way_in_which_a_key_opens_nothing_has_its_name(
    web: httpx2.AsyncClient, app: FastAPI, house: House, cast: Any, issue: Any
) -> None:
    soon = (house.now() + timedelta(hours=1)).isoformat()
    ending, revoked = await issue(cast["agent"], expires_at=soon), await issue(cast["agent"])
    await web.delete(f"/people/{cast['agent'].id}/keys/{revoked['id']}", headers=cast["root"].headers)
    Clock(app).move(timedelta(hours=1))
    await web.patch(f"/people/{cast['lead'].id}", json={"active": False}, headers=cast["root"].headers)
    keys = (ending["headers"], revoked["headers"], cast["lead"].headers, {"X-Api-Key": "ak_unknown"})
    codes = [(await web.get("/me", headers=headers)).json()["code"] for headers in keys]
    assert codes == ["KeyExpired", "KeyRevoked", "PersonLeft", "Unauthorized"]


async def test_what_is_refused_at_the_door_is_on_record_once_an_hour(
    web: httpx2.AsyncClient, house: House, cast: Any, issue: Any
) -> None:
    revoked = await issue(cast["agent"])
    root = cast["root"].headers
    await web.delete(f"/people/{cast['agent'].id}/keys/{revoked['id']}", headers=root)
    for _ in range(3):
        await web.get("/me", headers=revoked["headers"])
    [line] = (await web.get("/office/refusals", headers=root)).json()
    assert (line["kind"], line["subject"], line["times"]) == ("KeyRevoked", revoked["id"], 3)
    async with house.sessions() as session:
        told = list(await session.scalars(select(OfficeEvent).where(OfficeEvent.kind == "door.refused")))
    assert [one.facts["kind"] for one in told] == ["KeyRevoked"]


async def test_asking_for_another_shop_s_case_is_on_record(web: httpx2.AsyncClient, house: House, cast: Any) -> None:
    case = await add_case(house, "other")
    refused = await web.get(f"/cases/{case}", headers=cast["agent"].headers)
    async with house.sessions() as session:
        [kept] = list(await session.scalars(select(DoorRefusal)))
    assert (refused.status_code, kept.kind) == (404, "OutOfSight")


async def test_a_key_is_changed_for_a_new_one_of_the_same_scope(
    web: httpx2.AsyncClient, app: FastAPI, cast: Any, issue: Any
) -> None:
    old = await issue(cast["lead"], routes=["me", "rotate_my_key"])
    new = (await web.post("/me/key/rotate", json={"old_hours": 2}, headers=old["headers"])).json()
    headers = {"X-Api-Key": new["key"]}
    assert [(await web.get("/me", headers=one)).status_code for one in (old["headers"], headers)] == [200, 200]
    assert (await web.get("/payouts", headers=headers)).json()["code"] == "KeyOutOfScope"
    Clock(app).move(timedelta(hours=2))
    assert [(await web.get("/me", headers=one)).status_code for one in (old["headers"], headers)] == [401, 200]


async def test_an_administrator_changes_a_key_and_the_old_one_is_good_for_nothing(
    web: httpx2.AsyncClient, cast: Any, issue: Any
) -> None:
    old, root = await issue(cast["lead"]), cast["root"].headers
    path = f"/people/{cast['lead'].id}/keys/{old['id']}/rotate"
    new = (await web.post(path, json={"old_hours": 0}, headers=root)).json()
    keys = (old["headers"], {"X-Api-Key": new["key"]})
    assert [(await web.get("/me", headers=one)).status_code for one in keys] == [401, 200]
    assert (await web.post(path, json={}, headers=root)).json()["code"] == "KeyExpired"


async def test_the_last_use_is_kept_to_the_quarter_of_an_hour(
    web: httpx2.AsyncClient, app: FastAPI, house: House, cast: Any
) -> None:
    start, used, agent = house.now(), [], cast["agent"]
    for minutes in (0, 10, 10):
        Clock(app).move(timedelta(minutes=minutes))
        await web.get("/me", headers=agent.headers)
        [key] = (await web.get(f"/people/{agent.id}/keys", headers=cast["root"].headers)).json()
        used.append(key["last_used_at"])
    at = [moment.isoformat().replace("+00:00", "Z") for moment in (start, start, start + timedelta(minutes=20))]
    assert used == at
