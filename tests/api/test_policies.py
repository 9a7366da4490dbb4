"""Policies over the api: read, previewed, saved as a whole by whoever has read the last version, and told of."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from api.house import House
from db.tables.buyers import ShopOrder
from domain.policies.compensation import CompensationPolicy
from domain.policies.documents import load_shipped
from tests.api.rows import add_case

SHIPPED = load_shipped("compensation", CompensationPolicy).model_dump(mode="json", by_alias=True)
Ask = Callable[..., Awaitable[httpx2.Response]]


@pytest.fixture
def ask(web: httpx2.AsyncClient, cast: Any) -> Ask:
    async def asked(who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        return await web.request(method, f"/policies/{path}", json=body, headers=cast[who].headers | headers)

    return asked


@pytest.fixture
def put(ask: Ask) -> Ask:
    async def saved(document: Any, version: int, why: str = "w", who: str = "supervisor") -> httpx2.Response:
        body = {"document": document, "why": why, "shop": "demo"}
        return await ask(who, "PUT", "compensation", body, **{"If-Match": f'"{version}"'})

    return saved


def changed(path: str, value: Any) -> dict[str, Any]:
    """The shipped document with one field replaced."""
    document = deepcopy(SHIPPED)
    *above, name = path.split(".")
    table: Any = document
    for part in above:
        table = table[part]
    table[name] = value
    return document


async def test_a_policy_is_read_changed_and_saved_as_its_next_version(ask: Ask, put: Ask) -> None:
    shown = await ask("supervisor", "GET", "compensation?shop=demo")
    saved = await put(changed("budget.cash_month_fen", 12_345), 0, "a small month")
    again = (await ask("agent", "GET", "compensation?shop=demo")).json()
    before = (await ask("agent", "GET", "compensation")).json()
    assert (shown.json()["version"], shown.headers["etag"]) == (0, '"0"')
    assert (saved.json()["version"], saved.headers["etag"], again["why"]) == (1, '"1"', "a small month")
    assert (again["document"]["budget"]["cash_month_fen"], before["version"]) == (12_345, 0)


@pytest.mark.parametrize(
    ("path", "value", "field", "says"),
    [
        ("budget.cash_month_fen", -1, "budget.cash_month_fen", "greater than or equal to 0"),
        ("budget.cash_month_fen", 10.5, "budget.cash_month_fen", "integer"),
        ("approvals.ladders.cash", [{"up_to_fen": 1000, "by": ["lead"]}], "approvals", "ladders.cash"),
        ("scaling.cause_percent", {"qualty": 80}, "scaling.cause_percent.qualty", "no 'qualty'"),
        ("by_hand.red_packet", {"roles": ["lead"], "second_person": False}, "(document)", "by_hand.red_packet"),
        ("by_hand.cash_alipay", {"roles": ["lead"]}, "by_hand.cash_alipay", "nobody gives this by hand"),
        ("gate.jurisdictions.US.after_amendment", "allow", "gate.jurisdictions.US.after_amendment", "16 CFR 465.4"),
    ],
)
async def test_a_policy_that_does_not_fit_names_the_field_when_previewed_and_when_saved(
    ask: Ask, put: Ask, path: str, value: Any, field: str, says: str
) -> None:
    document = changed(path, value)
    previewed = await ask("supervisor", "POST", "compensation/preview", {"document": document, "shop": "demo"})
    for answer in (previewed, await put(document, 0)):
        assert (answer.status_code, answer.json()["code"]) == (422, "PolicyUnreadable")
        assert [fault["path"] for fault in answer.json()["fields"]] == [field]
        assert says in answer.json()["detail"]


async def test_an_amount_that_is_not_a_number_is_no_policy(web: httpx2.AsyncClient, cast: Any) -> None:
    body = json.dumps({"document": changed("standards.bad.base_fen", float("nan")), "why": "w", "shop": "demo"})
    headers = cast["supervisor"].headers | {"Content-Type": "application/json", "If-Match": "0"}
    answer = await web.put("/policies/compensation", content=body, headers=headers)
    assert answer.status_code == 422


async def test_of_two_people_who_read_the_same_version_the_second_is_refused(put: Ask) -> None:
    first, second = await asyncio.gather(
        put(changed("budget.cash_month_fen", 1), 0), put(changed("budget.cash_month_fen", 2), 0, who="admin")
    )
    assert sorted([first.status_code, second.status_code]) == [200, 412]
    refused = first if first.status_code == 412 else second
    assert (refused.json()["code"], refused.json()["version"]) == ("StaleVersion", 1)


async def test_a_change_that_names_no_version_is_refused(ask: Ask) -> None:
    answer = await ask("supervisor", "PUT", "compensation", {"document": SHIPPED, "why": "w", "shop": "demo"})
    assert (answer.status_code, answer.json()["code"]) == (428, "VersionMissing")


async def test_the_address_that_reads_a_shops_policy_also_previews_and_saves_it(ask: Ask) -> None:
    body = {"document": changed("budget.cash_month_fen", 777), "why": "w"}
    seen = await ask("root", "POST", "compensation/preview?shop=demo", {"document": body["document"]})
    saved = await ask("root", "PUT", "compensation?shop=demo", body, **{"If-Match": '"0"'})
    house = (await ask("root", "GET", "compensation")).json()

    assert [change["path"] for change in seen.json()["changes"]] == ["budget.cash_month_fen"]
    assert (saved.json()["shop"], saved.json()["version"], house["version"]) == ("demo", 1, 0)


async def test_an_address_and_a_body_that_name_two_shops_change_neither(ask: Ask) -> None:
    body = {"document": SHIPPED, "why": "w", "shop": "other"}
    answer = await ask("root", "PUT", "compensation?shop=demo", body, **{"If-Match": '"0"'})

    assert (answer.status_code, answer.json()["code"]) == (422, "BadInput")


async def test_a_policy_needs_its_reason(put: Ask) -> None:
    answer = await put(SHIPPED, 0, why="  ")
    assert (answer.status_code, "why" in answer.json()["detail"]) == (422, True)


async def test_the_house_s_policy_is_not_a_shop_s_supervisor_s(ask: Ask) -> None:
    body = {"document": {}, "why": "w"}
    saved = await ask("supervisor", "PUT", "desk", body, **{"If-Match": "0"})
    previewed = await ask("supervisor", "POST", "desk/preview", {"document": {}})
    assert (saved.status_code, previewed.status_code) == (403, 403)


@pytest.mark.parametrize("path", ["nonsense", "nonsense/history", "compensation?version=7"])
async def test_a_policy_that_is_not_there_is_not_found(ask: Ask, path: str) -> None:
    assert (await ask("supervisor", "GET", path)).status_code == 404


async def test_the_history_tells_auditors_who_changed_which_field_when_and_why(ask: Ask, put: Ask) -> None:
    once = changed("budget.cash_month_fen", 50_000)
    await put(once, 0, "a small month")
    await put(once | {"freight_max_fen": 900}, 1, "freight got cheaper", who="admin")
    body = (await ask("auditor", "GET", "compensation/history?shop=demo")).json()
    said = [(line["version"], line["made_by"], line["why"], line["changes"]) for line in body["versions"]]
    assert said == [
        (2, "Admin-1", "freight got cheaper", [_change("freight_max_fen", 1500, 900)]),
        (1, "Supervisor-1", "a small month", [_change("budget.cash_month_fen", 300_000, 50_000)]),
    ]
    page = (await ask("auditor", "GET", "compensation/history?shop=demo&limit=1")).json()
    last = (await ask("auditor", "GET", f"compensation/history?shop=demo&before={page['next']}")).json()
    assert [line["version"] for line in last["versions"]] == [1]


def _change(path: str, old: Any, new: Any) -> dict[str, Any]:
    return {"path": path, "kind": "changed", "old": old, "new": new}


async def test_an_earlier_version_is_read_as_it_was_saved(ask: Ask, put: Ask) -> None:
    await put(changed("freight_max_fen", 900), 0, "first")
    await put(changed("freight_max_fen", 800), 1, "second")
    first = (await ask("auditor", "GET", "compensation?shop=demo&version=1")).json()
    assert (first["why"], first["document"]["freight_max_fen"]) == ("first", 900)


async def test_the_office_s_record_commits_to_the_saved_document(web: httpx2.AsyncClient, cast: Any, put: Ask) -> None:
    await put(changed("freight_max_fen", 900), 0, "cheaper")
    lines = (await web.get("/office/events?limit=1000", headers=cast["root"].headers)).json()
    facts = lines[-1]["facts"]
    assert (lines[-1]["kind"], facts["changed"], facts["why"]) == ("policy.put", ["freight_max_fen"], "cheaper")
    assert len(facts["document"]) == 64


@pytest.mark.covers(62)
async def test_a_preview_shows_each_field_and_what_open_cases_could_be_offered_then(
    ask: Ask, house: House, cast: Any
) -> None:
    number = await add_case(house, "demo", cause="quality.broken", severity=2)
    await add_case(house, "other", cause="quality.broken", severity=2)
    async with house.sessions.begin() as session:
        await session.execute(update(ShopOrder).values(paid_fen=9900))
    document = changed("standards.bad.max_fen", 2000)
    del document["forms"]["gift_parcel"]
    body = (await ask("supervisor", "POST", "compensation/preview", {"document": document, "shop": "demo"})).json()
    paths = [(change["path"], change["kind"]) for change in body["changes"]]
    assert paths == [("forms.gift_parcel", "removed"), ("standards.bad.max_fen", "changed")]
    assert (body["if_match"], body["cases_looked_at"], [case["case"] for case in body["cases"]]) == (0, 1, [number])
    forms = {line["form"]: line for line in body["cases"][0]["forms"]}
    assert (forms["cash_alipay"]["before"]["max_fen"], forms["cash_alipay"]["after"]["max_fen"]) == (1000, 2000)
    assert forms["gift_parcel"]["after"] is None
    assert (await ask("agent", "GET", "compensation?shop=demo")).json()["version"] == 0
