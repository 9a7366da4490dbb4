"""What was agreed with a buyer, over the api and on a real worker."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select
from temporalio.client import Client

from api.house import House, wall_clock
from db.contacts import history_of
from db.tables.buyers import Buyer
from db.tables.contacts import ContactStopRow
from tests.api.at_work.conftest import Read, Take, tomorrow, until_heard
from tests.api.rows import caught_up


@pytest.mark.covers(18, 30, 50)
async def test_what_was_agreed_reads_in_words_and_stands_in_no_history(
    take: Take, read: Read, temporal_client: Client, review: Any
) -> None:
    await take("lead", "promise", what="周五前寄出新壶盖", due=tomorrow())
    await take("lead", "attach_chat", text="买家: 你们的壶一用就漏")
    await take("lead", "record_details", description="壶盖拧不紧", order="十一月三日那一单")
    said = await read("/cases/{case}/agreements")
    history = await temporal_client.get_workflow_handle(f"review:sandbox:demo:{review['order_id']}").fetch_history()
    assert [one["what"] for one in said["promises"]] == ["周五前寄出新壶盖"]
    assert [one["text"] for one in said["chats"]] == ["买家: 你们的壶一用就漏"]
    assert (said["description"], said["order"]) == ("壶盖拧不紧", "十一月三日那一单")
    assert not [word for word in ("壶盖", "周五", "一用就漏", "十一月") if word in history.to_json()]


@pytest.mark.covers(57)
async def test_whoever_is_asked_finds_the_question_and_answers_it(take: Take, read: Read, cast: Any) -> None:
    warehouse = cast["warehouse"].id
    await take("lead", "open_investigation", to=str(warehouse), question="出库检查过吗", due=tomorrow())
    asked = await read("/investigations", "warehouse")
    queued = (await read("/queue", "warehouse"))["cases"]
    answered = await take("warehouse", "answer_investigation", investigation=1, answer="漏检了")
    said = (await read("/cases/{case}/agreements"))["investigations"][0]
    assert [one["question"] for one in asked["investigations"]] == ["出库检查过吗"]
    assert [(one["investigation"], one["due_what"]) for one in queued] == [(1, "investigation_due 1")]
    assert (answered.status_code, said["answer"], said["answered_by"]) == (200, "漏检了", "Warehouse-1")
    assert await read("/investigations", "warehouse") == {"investigations": []}
    assert (await read("/queue", "warehouse"))["cases"] == []


@pytest.mark.parametrize("who", ["auditor", "stranger", "nobody"])
async def test_nobody_is_asked_who_could_not_answer(take: Take, cast: Any, who: str) -> None:
    person = str(cast[who].id) if who in cast else "nobody"
    refused = await take("lead", "open_investigation", to=person, question="?", due=tomorrow())
    assert (refused.status_code, refused.json()["code"]) == (409, "NotAskable")


async def test_a_log_with_a_tag_that_nobody_listed_is_refused_and_leaves_no_attempt(take: Take, read: Read) -> None:
    talk = {"result": "connected", "talk": "undecided", "inbound": True, "channel": "im"}
    refused = await take("lead", "log_contact", **talk, temper=["stupid"])
    taken = await take("lead", "log_contact", **talk, temper=["angry"], cautions="先道歉")
    assert (refused.status_code, refused.json()["code"]) == (409, "UnknownTemper")
    assert len(taken.json()["state"]["attempts"]) == 1
    script = await read("/cases/{case}/script")
    assert (script["temper"], script["cautions"]) == (["angry"], "先道歉")
    assert script["steps"][4]["skipped"] == ["buyer_angry"]


@pytest.mark.covers(55)
async def test_the_review_is_mentioned_twice_after_a_yes_and_never_a_third_time(take: Take) -> None:
    talk = {"result": "connected", "talk": "undecided", "inbound": True, "channel": "im", "asked_to_amend": True}
    before = await take("lead", "log_contact", **talk)
    asks = [await take("lead", "log_contact", **talk, result_accepted=True) for _ in range(3)]
    assert before.json()["code"] == "AcceptanceMissing"
    assert [answer.status_code for answer in asks] == [200, 200, 409]
    assert asks[-1].json()["code"] == "AsksUsedUp"


@pytest.mark.covers(51, 54)
async def test_a_contact_s_record_says_when_with_whom_about_what_how_it_went_and_what_to_mind(
    take: Take, read: Read
) -> None:
    talk = {"result": "connected", "talk": "wants_exchange", "inbound": True, "channel": "im", "seconds": 95}
    await take("lead", "confirm_cause", cause="quality.broken")
    await take("lead", "log_contact", **talk, explained=True, temper=["angry"], cautions="先道歉", note="盖子拧不紧")
    line = next(one for one in (await read("/cases/{case}/timeline"))["events"] if one["kind"] == "contact_logged")
    review, case = await read("/cases/{case}/review"), await read("/cases/{case}")
    assert (line["actor"], line["texts"]) == ("Lead-1", {"cautions": "先道歉", "note": "盖子拧不紧"})
    assert talk.items() <= line["facts"].items()
    assert (review["item_title"], review["buyer"]["name"][0], case["state"]["cause"]) == (
        "水壶",
        "陈",
        "quality.broken",
    )


@pytest.mark.covers(16)
async def test_the_buyers_earlier_cases_and_orders_are_on_the_case_and_the_buyer_is_masked(
    web: httpx2.AsyncClient, read: Read, cast: Any, case: str, review: Any, house: House
) -> None:
    earlier = review | {"order_id": uuid4().hex, "item_title": "茶杯"}
    earlier["buyer"] = review["buyer"] | {"id": "chen-under-another-name"}
    other = (await web.post("/reviews", json=earlier, headers=cast["agent"].headers)).json()["case"]
    await caught_up(house, other, 1)
    known = await read("/cases/{case}/buyer")
    assert [one["number"] for one in known["cases"]] == [other]
    assert {one["item_title"]: one["of_this_case"] for one in known["orders"]} == {"水壶": True, "茶杯": False}
    assert known["buyer"]["phone"] == "138****8000"


@pytest.mark.covers(56)
async def test_a_buyer_who_comes_back_reopens_the_same_case_with_all_that_was_said(
    take: Take, read: Read, case: str, temporal_client: Client, review: Any
) -> None:
    await take("agent", "attach_chat", text="买家: 好的")
    await take("supervisor", "close", outcome="withdrawn", why="she was content")
    await temporal_client.get_workflow_handle(f"review:sandbox:demo:{review['order_id']}").result()
    alone = await take("agent", "reopen", why="again")
    back = await take("agent", "reopen", why="she called: it leaks again", buyer_came_back=True)
    while "note" not in (await read("/cases/{case}", "agent"))["allowed_steps"]:
        assert (await read("/cases/{case}"))["case"] == case
    noted = await take("agent", "note", text="又漏了")
    assert (alone.status_code, back.status_code, noted.status_code) == (403, 200, 200)
    assert (noted.json()["case"], noted.json()["state"]["opening"]["run"]) == (case, 2)
    assert len(noted.json()["state"]["agreements"]["chats"]) == 1


@pytest.mark.covers(31, 208)
async def test_a_text_message_with_an_opt_out_word_ends_contact_with_the_person_in_every_shop(
    write: Any, read: Read, case: str, house: House
) -> None:
    heard = await write("ｔｄ 退订!", phone="+86 138-0013-8000")
    assert heard == {"cases": [case], "closed": None, "risks": [], "complaint": None, "opt_out": True}
    assert await until_heard(read, lambda state: state["stopped"]) == "buyer_opt_out"
    async with house.sessions() as session:
        stops = list(await session.scalars(select(ContactStopRow)))
        history = await history_of(session, await session.scalar(select(Buyer.id)), wall_clock(), case)
    assert (len(stops), stops[0].buyer_person is not None) == (1, True)
    assert [stop.signal for stop in history.stops] == ["buyer_opt_out"]


async def test_what_a_buyer_writes_is_kept_once_waits_for_an_answer_and_stands_in_no_history(
    write: Any, read: Read, case: str, temporal_client: Client, review: Any
) -> None:
    heard = await write("壶盖什么时候寄", buyer=review["buyer"]["id"])
    assert heard == {"cases": [case], "closed": None, "risks": [], "complaint": None, "opt_out": False}
    assert await until_heard(read, lambda state: "buyer_wrote" in state["clocks"])
    said = await read("/cases/{case}/agreements")
    history = await temporal_client.get_workflow_handle(f"review:sandbox:demo:{review['order_id']}").fetch_history()
    assert [one["text"] for one in said["chats"]] == ["壶盖什么时候寄"]
    assert "壶盖" not in history.to_json()


@pytest.mark.covers(75)
@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("ask_decision", {"what": "找人刷 好评压下去行吗"}),
        ("promise", {"what": "请水军帮忙", "due": tomorrow()}),
        ("record_fix", {"kind": "help", "what": "用小号评了几条"}),
        ("make_offer", {"form": "gift_parcel", "amount_fen": 500, "reason": "刷单补偿"}),
    ],
)
async def test_nobody_proposes_fake_reviews_as_a_remedy(take: Take, step: str, body: dict[str, Any]) -> None:
    refused = await take("lead", step, **body)
    assert (refused.status_code, refused.json()["code"]) == (422, "FakeReviewForbidden")


@pytest.mark.covers(72)
async def test_a_repair_is_written_down_and_offers_stand_on_top_of_it(take: Take, read: Read) -> None:
    kept = await take("lead", "record_fix", kind="refund_part", paid_back_fen=3_000, what="退一半,壶盖补寄")
    assert kept.status_code == 200, kept.text
    shown = await read("/cases/{case}/offer-range")
    assert (shown["paid_back_fen"], shown["fixes"][0]["kind"]) == (3_000, "refund_part")
    assert any("on top of the repair" in reason for reason in shown["forms"][0]["reasons"])
    assert "退一半" not in str(kept.json()["state"])
    (told,) = (await read("/cases/{case}/agreements"))["fixes"]
    assert (told["what"], told["by"]) == ("退一半,壶盖补寄", "Lead-1")
