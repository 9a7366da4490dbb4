"""The script of a case over the api, from stored cases that need no worker."""

from typing import Any

import httpx2
import pytest

from api.house import House
from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.review_case.agreements import Agreements
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
