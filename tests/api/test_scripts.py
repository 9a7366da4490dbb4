"""The script of a case over the api, from stored cases that need no worker."""

from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import insert, update

from api.house import House
from db.sealed_texts import seal_text
from db.tables.buyers import Review
from db.tables.cases import CaseFile, CaseKey
from db.tables.contacts import ContactAttempt
from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.review_case.agreements import Agreements, Details
from domain.review_case.state import Attempt, Opening, ReviewCaseState
from tests.api.rows import add_case


def stored(house: House, **fields: Any) -> dict[str, Any]:
    opening = Opening(case="", platform="sandbox", shop="demo", external_id="1", review_row="")
    state = ReviewCaseState(opening=opening, opened_at=house.now(), suggested_cause="quality.broken", **fields)
    return state.model_dump(mode="json")


@pytest.mark.covers(38, 44)
async def test_the_opening_names_the_shop_the_agent_the_item_and_the_reviews_words(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    number = await add_case(house, "demo", state=stored(house))
    script = (await web.get(f"/cases/{number}/script", headers=cast["agent"].headers)).json()
    assert "Demo售后Agent-1" in script["steps"][0]["say"]
    assert "11月20日在我们店买了水壶" in script["steps"][0]["say"]
    assert "“坏了”" in script["steps"][1]["say"]
    assert script["options"] == ["免费给您换一件新的", "给您退货退款,运费我们出"]


async def test_after_two_asks_the_review_is_not_mentioned_again(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    asked = Attempt(
        number=1, channel=Channel.CALL, at=house.now(), by="x", result=CallResult.CONNECTED,
        talk=TalkOutcome.UNDECIDED, asked_to_amend=True,
    )  # fmt: skip
    number = await add_case(house, "demo", state=stored(house, attempts=[asked, asked]))
    script = (await web.get(f"/cases/{number}/script", headers=cast["agent"].headers)).json()
    assert script["steps"][4]["skipped"] == ["asks_to_amend_total_reached"]


@pytest.mark.covers(194)
async def test_what_was_asked_in_a_case_that_was_merged_into_this_one_was_asked_here(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    merged, number = await add_case(house, "demo"), await add_case(house, "demo", state=stored(house))
    key = {"kind": "review", "platform": "sandbox", "shop": "demo", "external_id": merged, "run": 1}
    asked = {
        "case": merged, "shop": "demo", "channel": "call", "outbound": True, "taken_by": "x", "taken_at": house.now(),
        "counted": True, "asked_to_amend": True,
    }  # fmt: skip
    async with house.sessions.begin() as session:
        await session.execute(insert(CaseKey).values(**key, case=merged, merged_into=number))
        for contact in (1, 2):
            await session.execute(insert(ContactAttempt).values(**asked, id=uuid4(), number=contact))
    script = (await web.get(f"/cases/{number}/script", headers=cast["agent"].headers)).json()
    assert script["steps"][4]["skipped"] == ["asks_to_amend_total_reached"]


@pytest.mark.covers(19, 45, 46)
async def test_every_script_says_how_to_talk_mood_first_then_the_real_cause(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    number = await add_case(house, "demo", state=stored(house))
    said = (await web.get(f"/cases/{number}/script", headers=cast["agent"].headers)).json()["principles"]
    assert said[:3] == ["speak slowly and plainly", "first the mood, then the problem", "find the real cause"]


@pytest.mark.covers(50, 57)
async def test_a_vague_and_grave_case_says_what_it_calls_for(web: httpx2.AsyncClient, house: House, cast: Any) -> None:
    number = await add_case(house, "demo", state=stored(house, severity=3, agreements=Agreements(details_wanted=True)))
    script = (await web.get(f"/cases/{number}/script", headers=cast["agent"].headers)).json()
    assert "photo" in script["first_goal"]
    assert script["suggests"] == ["record_details", "open_investigation"]


@pytest.mark.parametrize(("who", "status"), [("finance", 403), ("stranger", 404), ("lead", 200)])
async def test_a_script_is_the_desks(web: httpx2.AsyncClient, house: House, cast: Any, who: str, status: int) -> None:
    number = await add_case(house, "demo", state=stored(house))
    assert (await web.get(f"/cases/{number}/script", headers=cast[who].headers)).status_code == status


async def test_an_item_that_may_not_be_named_so_is_called_otherwise(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    number = await add_case(house, "demo", state=stored(house))
    path = f"/cases/{number}/script"
    refused = await web.get(path, params={"item": "好评送杯子"}, headers=cast["agent"].headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "WordsUnfit")
    assert [one["found"] for one in refused.json()["words"]] == ["好评送"]
    assert (await web.get(path, params={"item": "杯子"}, headers=cast["agent"].headers)).status_code == 200


@pytest.mark.parametrize(
    ("text", "public", "found"),
    [("您好,马上处理", True, []), ("加微信 abcd1234", True, ["account"]), ("改好评返现", False, ["paid_review"])],
)
async def test_a_draft_is_looked_at_before_it_is_sent(
    web: httpx2.AsyncClient, cast: Any, text: str, public: bool, found: list[str]
) -> None:
    body = {"text": text, "public": public}
    looked = (await web.post("/shops/demo/wording", json=body, headers=cast["agent"].headers)).json()
    assert looked["may_go_out"] == (not found)
    assert set(found) <= {one["code"] for one in looked["problems"]}


async def wordless(house: House, review: str, told: str | None) -> str:
    """A case about stars with these words of a review, whose buyer told, when asked, what it was about."""
    number = await add_case(house, "demo")
    async with house.sessions.begin() as session:
        file = await session.get_one(CaseFile, number)
        text = (await seal_text(session, "review", review, house.now())).id
        await session.execute(update(Review).where(Review.id == file.source_row).values(text=UUID(text)))
        details = None
        if told is not None:
            words = await seal_text(session, "details", told, house.now())
            details = Details(description=words, by="x", at=house.now())
        file.state = stored(house, agreements=Agreements(details=details))
    return number


@pytest.mark.parametrize("review", ["", "  ", "此用户没有填写评价。"])
async def test_of_a_review_without_words_the_script_says_what_its_buyer_told_when_asked(
    web: httpx2.AsyncClient, house: House, cast: Any, review: str
) -> None:
    number = await wordless(house, review, "壶盖漏水")
    answer = await web.get(f"/cases/{number}/script", headers=cast["agent"].headers)
    assert answer.status_code == 200, answer.text
    assert "“壶盖漏水”" in answer.json()["steps"][1]["say"]


async def test_of_a_review_without_words_of_which_nothing_is_known_the_script_asks(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    number = await wordless(house, "", None)
    script = (await web.get(f"/cases/{number}/script", headers=cast["agent"].headers)).json()
    assert "photo" in script["first_goal"]
