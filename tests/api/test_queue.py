"""The queue page by page: due before waiting, by the usual place or the surge's, and nothing lost between pages."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import insert

from api.house import House
from db import surges
from db.sealed_texts import seal_text
from db.tables.decisions import DecisionRow
from db.tables.investigations import InvestigationRow
from tests.api.rows import add_case

HOUR = timedelta(hours=1)


@pytest.fixture
def queue(web: httpx2.AsyncClient, cast: Any) -> Any:
    """The numbers of every page, in order."""

    async def numbers(who: str = "agent", limit: int = 2) -> list[str]:
        found: list[str] = []
        params: dict[str, Any] = {"limit": limit}
        while True:
            page = (await web.get("/queue", params=params, headers=cast[who].headers)).json()
            found += [line["number"] for line in page["cases"]]
            if page["next"] is None:
                return found
            params["cursor"] = page["next"]

    return numbers


async def placed(house: House, shop: str = "demo", hours: int = 0, surge: int = 0, **more: Any) -> str:
    now = house.now()
    row = {"waiting": False, "place_at": now + hours * HOUR, "surge_at": now + surge * HOUR}
    return await add_case(house, shop, **row | more)


async def surge_in(house: House, cast: Any, shop: str) -> None:
    async with house.sessions.begin() as session:
        now = house.now()
        await surges.set_surge(session, cast["root"].id, now, shop, now - HOUR, now + HOUR, "Double 12")


@pytest.mark.covers(10, 199)
async def test_due_cases_come_by_their_place_and_before_all_that_wait(queue: Any, house: House, cast: Any) -> None:
    waiting = await placed(house, hours=-9, waiting=True)
    late, early = await placed(house, hours=5), await placed(house, hours=1)
    mine = await placed(house, hours=3, assignee=cast["agent"].id)
    assert await queue() == [early, mine, late, waiting]


async def test_pages_of_equal_places_lose_and_repeat_nothing(queue: Any, house: House, cast: Any) -> None:
    cases = [await placed(house, assignee=cast["agent"].id if n % 2 else None) for n in range(7)]
    assert await queue(limit=2) == sorted(cases)


@pytest.mark.covers(34)
async def test_a_surge_turns_the_order_and_its_end_turns_it_back(queue: Any, house: House, cast: Any) -> None:
    usual = [await placed(house, hours=n, surge=-n, assignee=cast["agent"].id if n > 1 else None) for n in range(4)]
    assert await queue() == usual
    await surge_in(house, cast, "demo")
    assert await queue() == usual[::-1]
    async with house.sessions.begin() as session:
        surge = (await surges.list_surges(session, "demo"))[0]
        await surges.end_surge(session, cast["root"].id, house.now(), "demo", surge.id)
    assert await queue() == usual


async def test_a_surge_in_one_shop_leaves_the_others_as_they_were(queue: Any, house: House, cast: Any) -> None:
    here = [await placed(house, hours=n, surge=n) for n in range(2)]
    await surge_in(house, cast, "other")
    there = [await placed(house, "other", hours=n, surge=-n) for n in range(2)]
    assert (await queue(), await queue("stranger")) == (here, there[::-1])


async def asked(house: House, case: str, person: Any, hours: int, due: int = 99, number: int = 1) -> None:
    """A question that was put to a person."""
    now = house.now()
    async with house.sessions.begin() as session:
        question = await seal_text(session, "question", "出库检查过吗", now)
        row = {"case": case, "number": number, "shop": "demo", "person": person, "question": UUID(question.id)}
        times = {"asked_at": now + hours * HOUR, "due_at": now + due * HOUR}
        await session.execute(insert(InvestigationRow).values(**row, **times))


@pytest.mark.covers(57, 199)
async def test_a_question_stands_in_the_queue_of_whoever_was_asked_by_when_it_was_asked_or_is_due(
    queue: Any, house: House, cast: Any
) -> None:
    lead = cast["lead"].id
    theirs = [await placed(house, assignee=lead) for _ in range(2)]
    mine = await placed(house, hours=-2, assignee=cast["agent"].id)
    await asked(house, theirs[0], cast["agent"].id, hours=-1)
    await asked(house, theirs[1], cast["agent"].id, hours=0, due=8)
    await asked(house, theirs[1], cast["agent"].id, hours=0, number=2)
    assert await queue(limit=1) == [theirs[1], mine, theirs[0]]


async def test_who_is_not_of_a_desk_finds_their_questions_and_no_free_case(queue: Any, house: House, cast: Any) -> None:
    await placed(house)
    case = await placed(house, assignee=cast["agent"].id)
    assert await queue("warehouse") == []
    await asked(house, case, cast["warehouse"].id, hours=-1)
    assert await queue("warehouse") == [case]


async def test_a_question_about_an_own_case_is_that_cases_line(queue: Any, house: House, cast: Any) -> None:
    case = await placed(house, assignee=cast["agent"].id)
    await asked(house, case, cast["agent"].id, hours=-1)
    assert await queue() == [case]


async def to_decide(house: House, case: str, by: Any, needs: str, hours: int = -1) -> None:
    """What somebody put to a leader."""
    now = house.now()
    async with house.sessions.begin() as session:
        question = await seal_text(session, "question", "能多补偿一点吗", now)
        row = {"case": case, "number": 1, "shop": "demo", "asked_by": by, "needs": needs, "question": UUID(question.id)}
        times = {"asked_at": now + hours * HOUR, "due_at": now + 24 * HOUR}
        await session.execute(insert(DecisionRow).values(**row, **times))


@pytest.mark.covers(82, 199)
async def test_what_waits_for_a_decision_stands_in_the_queues_of_those_who_may_decide(
    queue: Any, house: House, cast: Any
) -> None:
    agent = cast["agent"].id
    first, second = [await placed(house, assignee=agent) for _ in range(2)]
    await to_decide(house, first, agent, "lead")
    await to_decide(house, second, cast["lead"].id, "supervisor", hours=-2)
    assert await queue("lead") == [first]
    assert await queue("supervisor") == [second, first]
    assert await queue("stranger") == []


async def test_a_line_names_the_decision_that_it_waits_for(web: httpx2.AsyncClient, house: House, cast: Any) -> None:
    case = await placed(house, assignee=cast["agent"].id)
    await to_decide(house, case, cast["agent"].id, "lead")
    [line] = (await web.get("/queue", headers=cast["lead"].headers)).json()["cases"]
    assert (line["decision"], line["due_what"], line["investigation"]) == (1, "decision_due 1", None)


async def test_a_cursor_of_another_list_is_refused(web: httpx2.AsyncClient, house: House, cast: Any) -> None:
    for _ in range(2):
        await placed(house)
    page = (await web.get("/cases", params={"limit": 1}, headers=cast["agent"].headers)).json()
    answer = await web.get("/queue", params={"cursor": page["next"]}, headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "BadCursor")
