"""Complaints that are no review yet, from the first word to what came of it."""

from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from activities.complaint_reminders import KIND, remind_of_complaints
from activities.policies import Policies
from api.house import House
from db.tables.buyers import Review
from db.tables.cases import CaseFile, Notice
from tests.api.rows import add_case


@pytest.fixture
def ask(web: httpx2.AsyncClient, cast: Any) -> Any:
    async def asked(who: str, method: str, path: str, body: Any = None) -> httpx2.Response:
        return await web.request(method, path, json=body, headers=cast[who].headers)

    return asked


SAID = {"shop": "demo", "source_id": "wang-77", "channel": "im", "text": "壶盖一直漏水,真差劲"}
TOLD = {"outcome": "explained", "how": "call", "words": "教她把密封圈装回去,已经不漏了"}


@pytest.mark.covers(81)
async def test_a_complaint_is_taken_at_once_and_explained_before_it_becomes_a_review(ask: Any) -> None:
    kept = (await ask("service", "POST", "/complaints", SAID)).json()
    id = kept["complaint"]["id"]
    assert (kept["complaint"]["cause"].split(".")[0], bool(kept["remedies"])) == ("quality", True)
    (listed,) = (await ask("agent", "GET", "/complaints")).json()["complaints"]
    assert (listed["id"], listed["text"]) == (id, SAID["text"])
    assert (await ask("agent", "POST", f"/complaints/{id}/take")).json()["taken_by"]
    ended = (await ask("agent", "POST", f"/complaints/{id}/end", TOLD)).json()
    assert (ended["outcome"], ended["how"], ended["words"]) == ("explained", "call", TOLD["words"])
    assert (await ask("agent", "GET", "/complaints")).json()["complaints"] == []
    figures = (await ask("lead", "GET", "/shops/demo/complaints")).json()
    assert (figures["complaints"], figures["by_outcome"], figures["became_reviews"]) == (1, {"explained": 1}, 0)


async def test_the_same_complaint_told_twice_is_one(ask: Any) -> None:
    first, again = [await ask("service", "POST", "/complaints", SAID) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


async def test_two_people_do_not_talk_about_the_same_complaint(ask: Any) -> None:
    id = (await ask("service", "POST", "/complaints", SAID)).json()["complaint"]["id"]
    assert (await ask("agent", "POST", f"/complaints/{id}/take")).status_code == 200
    assert (await ask("agent", "POST", f"/complaints/{id}/take")).status_code == 200
    refused = await ask("lead", "POST", f"/complaints/{id}/take")
    assert (refused.status_code, refused.json()["code"]) == (409, "ComplaintTaken")
    assert (await ask("lead", "POST", f"/complaints/{id}/end", TOLD)).status_code == 200
    late = await ask("agent", "POST", f"/complaints/{id}/end", TOLD)
    assert (late.status_code, late.json()["code"]) == (409, "ComplaintEnded")


@pytest.mark.covers(75)
async def test_fake_reviews_are_no_way_to_end_a_complaint(ask: Any) -> None:
    id = (await ask("service", "POST", "/complaints", SAID)).json()["complaint"]["id"]
    refused = await ask("agent", "POST", f"/complaints/{id}/end", TOLD | {"words": "找水军顶一下"})
    assert (refused.status_code, refused.json()["code"]) == (422, "FakeReviewForbidden")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (SAID | {"text": ""}, 422, "BadInput"),
        (SAID | {"channel": "pigeon"}, 422, "BadInput"),
        (SAID | {"said_at": "2999-01-01T00:00:00Z"}, 409, "BadTime"),
        (SAID | {"shop": "nowhere"}, 404, "NotFound"),
    ],
)
async def test_what_is_no_complaint_is_refused_by_name(ask: Any, body: Any, status: int, code: str) -> None:
    refused = await ask("agent", "POST", "/complaints", body)
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text


@pytest.mark.covers(81)
async def test_a_message_that_complains_and_has_no_case_waits_for_somebody(ask: Any) -> None:
    message = {
        "shop": "demo",
        "channel": "im",
        "text": "新壶第一天就漏水",
        "message_id": "m-1",
        "buyer": "nobody-yet",
    }
    heard = (await ask("service", "POST", "/messages", message)).json()
    again = (await ask("service", "POST", "/messages", message)).json()
    assert heard["complaint"], heard
    (waits,) = (await ask("agent", "GET", "/complaints")).json()["complaints"]
    assert heard["complaint"] == again["complaint"] == waits["id"]
    asked = (await ask("service", "POST", "/messages", message | {"text": "有没有蓝色的", "message_id": "m-2"})).json()
    assert asked["complaint"] is None


async def test_a_review_that_came_all_the_same_is_counted_and_its_case_shows_what_was_said_before(
    ask: Any, house: House, now: datetime
) -> None:
    number = await add_case(house, "demo")
    async with house.sessions() as session:
        order = await session.scalar(
            select(Review.order_external_id)
            .join(CaseFile, CaseFile.source_row == Review.id)
            .where(CaseFile.number == number)
        )
    said = (now - timedelta(days=20)).isoformat()
    await ask("service", "POST", "/complaints", SAID | {"order": order, "said_at": said})
    (before,) = (await ask("agent", "GET", f"/cases/{number}/complaints")).json()["complaints"]
    assert (before["text"], before["case"]) == (SAID["text"], number)
    assert (await ask("lead", "GET", "/shops/demo/complaints")).json()["became_reviews"] == 1


@pytest.mark.covers(81)
async def test_who_is_late_is_told_of_to_the_leads_and_then_to_the_supervisors(
    ask: Any, house: House, cast: Any, now: datetime
) -> None:
    said = now - timedelta(minutes=31)
    await ask("service", "POST", "/complaints", SAID | {"said_at": said.isoformat()})
    for minutes, roles in ((31, {"lead"}), (61, {"lead", "supervisor"})):
        async with house.sessions.begin() as session:
            await remind_of_complaints(session, Policies(), "demo", said + timedelta(minutes=minutes))
            told = set(await session.scalars(select(Notice.person).where(Notice.kind == KIND)))
        assert {name for name in ("agent", "lead", "supervisor") if cast[name].id in told} == roles
