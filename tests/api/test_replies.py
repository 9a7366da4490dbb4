"""The library of public replies over the api, and what of it fits a case."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from api.house import House
from db.tables.buyers import Review
from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.review_case.state import Attempt
from tests.api.rows import add_case
from tests.api.test_scripts import stored

SORRY, HELP = {"say": "抱歉,杯子漏水让您着急了。"}, {"say": "漏水的朋友可以找客服换密封圈。", "readers": True}
TALKED = {"say": "我们已经与您取得联系。", "claims": ["contacted"]}
REFUNDED = {"say": "我们已为您退款。", "claims": ["refunded"]}
REPLY = {"cause": "quality.broken", "title": "漏水", "sentences": [SORRY, TALKED, REFUNDED, HELP]}


@pytest.fixture
def ask(web: httpx2.AsyncClient, cast: Any) -> Any:
    async def asked(who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        return await web.request(method, path, json=body, headers=cast[who].headers | headers)

    return asked


@pytest.mark.covers(59, 77)
async def test_a_reply_is_kept_changed_and_retired_and_the_office_remembers(ask: Any) -> None:
    saved = (await ask("lead", "POST", "/shops/demo/replies", REPLY)).json()
    path = f"/shops/demo/replies/{saved['id']}"
    change = {"title": "漏水了", "sentences": [SORRY, HELP]}
    stale = await ask("lead", "PUT", path, change, **{"If-Match": "7"})
    changed = (await ask("lead", "PUT", path, change, **{"If-Match": "1"})).json()
    listed = (await ask("agent", "GET", "/shops/demo/replies?cause=quality.broken")).json()
    assert (stale.status_code, changed["version"], [one["title"] for one in listed]) == (412, 2, ["漏水了"])
    assert (await ask("lead", "DELETE", path)).status_code == 204
    assert (await ask("agent", "GET", "/shops/demo/replies")).json() == []
    events = (await ask("root", "GET", "/office/events?limit=1000")).json()
    assert [one["kind"] for one in events][-3:] == ["reply.saved", "reply.changed", "reply.retired"]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"cause": "quality.nonsense"}, 409, "quality.nonsense"),
        ({"sentences": [SORRY]}, 422, "next reader"),
        ({"sentences": [SORRY, {"say": "好评返现"}, HELP]}, 422, "paid_review"),
        ({"sentences": [SORRY, {"say": "已经退款给您"}, HELP]}, 422, "refunded"),
        ({"sentences": [{"say": "您的{phone}"}, HELP]}, 422, "phone"),
        ({"sentences": []}, 422, "sentences"),
    ],
)
async def test_a_reply_that_may_not_be_posted_is_not_kept(
    ask: Any, change: dict[str, Any], status: int, said: str
) -> None:
    answer = await ask("lead", "POST", "/shops/demo/replies", REPLY | change)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True)


async def test_two_replies_of_one_cause_have_two_titles(ask: Any) -> None:
    await ask("lead", "POST", "/shops/demo/replies", REPLY)
    assert (await ask("lead", "POST", "/shops/demo/replies", REPLY)).json()["code"] == "AlreadyThere"


@pytest.mark.covers(78, 80)
async def test_a_case_is_told_which_replies_fit_and_what_it_can_not_say(ask: Any, house: House) -> None:
    await ask("lead", "POST", "/shops/demo/replies", REPLY)
    talk = Attempt(
        number=1, channel=Channel.CALL, at=house.now(), by="x", result=CallResult.CONNECTED, talk=TalkOutcome.UNDECIDED
    )
    number = await add_case(house, "demo", state=stored(house, attempts=[talk]))
    shown = (await ask("agent", "GET", f"/cases/{number}/replies")).json()
    first = shown["replies"][0]
    assert shown["shown"] == ["tried", "contacted"]
    assert first["text"] == "抱歉,杯子漏水让您着急了。我们已经与您取得联系。漏水的朋友可以找客服换密封圈。"
    assert [one["why"] for one in first["left_out"]] == ["the case does not show: refunded"]
    assert (first["title"], first["for_readers"], shown["replies"][-1]["template"]) == ("漏水", True, "policy")


async def test_a_case_without_its_review_has_no_reply(ask: Any, house: House) -> None:
    number = await add_case(house, "demo", state=stored(house))
    async with house.sessions.begin() as session:
        await session.execute(update(Review).values(order_external_id="none"))
    assert (await ask("agent", "GET", f"/cases/{number}/replies")).status_code == 200


@pytest.mark.covers(80)
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("抱歉,我们已为您退款", "我们已为您退款"),
        ("抱歉,请打13800138000", "13800138000"),
        ("抱歉,改好评返现", "好评返现"),
    ],
)
async def test_whoever_writes_is_told_the_words_and_better_ones(ask: Any, house: House, text: str, found: str) -> None:
    number = await add_case(house, "demo", state=stored(house))
    answer = await ask("lead", "POST", f"/cases/{number}/steps", {"step": "post_reply", "text": text})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "ReplyUnfit")
    assert any(one["found"] in found or found in one["found"] for one in problem["words"])
    assert all(one["instead"] for one in problem["words"])
