"""Lists of cases: who sees what in which order, page by page."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from api.house import House
from tests.api.rows import add_case, taken_by

Numbers = list[str]


@pytest.fixture
def listed(web: httpx2.AsyncClient, cast: Any) -> Any:
    """The numbers of every page of a list, in order."""

    async def numbers(who: str = "agent", path: str = "/cases", **params: Any) -> Numbers:
        found: Numbers = []
        while True:
            page = (await web.get(path, params=params, headers=cast[who].headers)).json()
            found += [line["number"] for line in page["cases"]]
            if page["next"] is None:
                return found
            params["cursor"] = page["next"]

    return numbers


async def test_open_cases_come_by_what_is_due_first_page_by_page(listed: Any, house: House, cast: Any) -> None:
    due = [house.now() + timedelta(hours=hours) for hours in (5, 1, 3, 1, 2)]
    cases = sorted([(at, await add_case(house, "demo", due_at=at)) for at in due])
    assert await listed(limit=2) == [number for _, number in cases]


@pytest.mark.covers(9)
async def test_how_old_its_review_is_stands_first_in_a_line_and_in_the_case(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    written = house.now() - timedelta(days=12, hours=20)
    number = await add_case(house, "demo", review_created_at=written)
    asked = [await web.get(path, headers=cast["agent"].headers) for path in ("/cases", f"/cases/{number}")]
    line, case = asked[0].json()["cases"][0], asked[1].json()

    assert [next(iter(shown)) for shown in (line, case)] == ["review_created_at"] * 2
    assert [datetime.fromisoformat(shown["review_created_at"]) for shown in (line, case)] == [written] * 2
    assert case["age_days"] == 12


async def test_closed_cases_come_by_the_last_closed(listed: Any, house: House, cast: Any) -> None:
    now = house.now()
    first, last = [
        await add_case(house, "demo", stage="closed", closed_at=now + timedelta(hours=h), outcome="refused")
        for h in (1, 2)
    ]
    await add_case(house, "demo")
    assert await listed(open=False, limit=1) == [last, first]


async def test_all_of_them_come_by_the_last_opened(listed: Any, house: House, cast: Any) -> None:
    cases = [await add_case(house, "demo", opened_at=house.now() + timedelta(hours=h)) for h in range(3)]
    assert await listed(all=True, limit=1) == cases[::-1]


async def test_nobody_sees_cases_of_another_shop(listed: Any, house: House, cast: Any) -> None:
    mine, other = await add_case(house, "demo"), await add_case(house, "other")
    assert (await listed(), await listed("stranger")) == ([mine], [other])
    assert await listed(shop="other") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("stage", "contacting"), ("cause", "quality.broken"), ("platform", "sandbox"), ("kind", "review")],
)
async def test_a_list_narrows_to_what_was_asked(listed: Any, house: House, cast: Any, name: str, value: str) -> None:
    wanted = await add_case(house, "demo", **{name: value})
    await add_case(house, "demo", **{name: "tmall" if name == "platform" else "unassigned"})
    assert await listed(**{name: value}) == [wanted]


async def test_a_list_narrows_to_one_person_or_to_nobody(listed: Any, house: House, cast: Any) -> None:
    mine = await add_case(house, "demo", assignee=cast["agent"].id)
    free = await add_case(house, "demo")
    assert await listed(assignee=cast["agent"].id) == [mine]
    assert await listed(unassigned=True) == [free]


async def test_a_list_narrows_to_what_is_due_before(listed: Any, house: House, cast: Any) -> None:
    soon = await add_case(house, "demo", due_at=house.now())
    await add_case(house, "demo", due_at=house.now() + timedelta(hours=2))
    assert await listed(due_before=(house.now() + timedelta(hours=1)).isoformat()) == [soon]


@pytest.mark.covers(11, 199)
async def test_the_queue_holds_my_cases_and_those_that_nobody_has(listed: Any, house: House, cast: Any) -> None:
    due = {who: house.now() + timedelta(minutes=minutes) for minutes, who in enumerate(["mine", "free", "hers"])}
    free = await add_case(house, "demo", due_at=due["free"])
    mine = await add_case(house, "demo", due_at=due["mine"], assignee=cast["agent"].id)
    await add_case(house, "demo", due_at=due["hers"], assignee=cast["lead"].id)
    await add_case(house, "other", due_at=due["mine"])
    assert await listed(path="/queue", limit=1) == [mine, free]


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "é",
        base64.urlsafe_b64encode(b"[]").decode(),
        base64.urlsafe_b64encode(json.dumps({"o": "due", "a": "2026-11-20T00:00:00", "k": "x"}).encode()).decode(),
        base64.urlsafe_b64encode(json.dumps({"o": "closed", "a": "2026-11-20T00:00:00Z", "k": "x"}).encode()).decode(),
    ],
)
async def test_a_made_up_cursor_is_refused(web: httpx2.AsyncClient, cast: Any, cursor: str) -> None:
    answer = await web.get("/cases", params={"cursor": cursor}, headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "BadCursor")


@pytest.mark.parametrize(
    "params", [{"limit": 201}, {"limit": 0}, {"stage": "nowhere"}, {"saw": "x"}, {"due_before": "x"}]
)
async def test_a_misshapen_question_is_refused(web: httpx2.AsyncClient, cast: Any, params: Any) -> None:
    answer = await web.get("/cases", params=params, headers=cast["agent"].headers)
    assert answer.status_code in (404, 422)


async def test_a_case_that_the_engine_does_not_answer_for_is_shown_as_it_was_last(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    number = await add_case(house, "demo")
    shown = await web.get(f"/cases/{number.lower().replace('-', ' ')}", headers=cast["agent"].headers)
    assert (shown.status_code, shown.json()["case"], shown.json()["live"]) == (200, number, False)


async def test_the_review_is_shown_with_its_buyer_masked(web: httpx2.AsyncClient, house: House, cast: Any) -> None:
    number = await add_case(house, "demo")
    review = (await web.get(f"/cases/{number}/review", headers=cast["agent"].headers)).json()
    assert review["text"] == "坏了"
    assert review["buyer"]["phone"] == "138****8000"
    assert review["buyer"]["name"] == "陈****"


async def test_a_number_is_shown_to_nobody_who_has_not_taken_the_contact(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    number = await add_case(house, "demo")
    answer = await web.get(f"/cases/{number}/phone", headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "ContactNotTaken")
    assert "13800138000" not in answer.text


@pytest.mark.covers(203)
async def test_a_number_is_shown_to_whoever_has_taken_the_contact_and_the_look_is_recorded(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    number = await add_case(house, "demo", state=taken_by(cast["agent"].id, house.now()))
    shown = await web.get(f"/cases/{number}/phone", headers=cast["agent"].headers)
    other = await web.get(f"/cases/{number}/phone", headers=cast["lead"].headers)
    events = (await web.get("/office/events?limit=1000", headers=cast["root"].headers)).json()
    assert (shown.json(), other.status_code) == ({"phone": "13800138000"}, 409)
    assert [(e["actor"], e["subject"]) for e in events if e["kind"] == "phone.shown"] == [
        (str(cast["agent"].id), number)
    ]
