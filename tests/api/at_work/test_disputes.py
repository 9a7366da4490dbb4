"""Quarrels over the api: flags with evidence, counter-claims, questions that become rules, and the replay."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select
from temporalio.client import Client

from api.house import House
from db.reads.disputes import list_rules
from db.tables.office import OfficeEvent
from tests.api.at_work.conftest import Read, Take, tomorrow, until_heard

RULE = "先问清楚, 再按订单金额的一半以内补偿"


@pytest.mark.covers(141, 142)
async def test_a_message_that_leaves_the_marketplace_is_suggested_and_kept_as_the_flags_evidence(
    write: Any, take: Take, read: Read, temporal_client: Client, review: Any
) -> None:
    heard = await write("别在这聊了, 加我微信 chen88, 钱打到我的支付宝", buyer=review["buyer"]["id"])
    assert heard["risks"] == ["off_platform_talk", "other_payment_route"]
    assert await until_heard(read, lambda state: state["disputes"]["flags"])
    judged = await take("agent", "judge_flag", flag=1, stands=True, declined=True)
    kept = await read("/cases/{case}/disputes")
    history = await temporal_client.get_workflow_handle(f"review:sandbox:demo:{review['order_id']}").fetch_history()
    assert judged.status_code == 200
    assert [(one["risk"], one["stands"], one["declined"]) for one in kept["flags"]] == [
        ("off_platform_talk", True, True),
        ("other_payment_route", None, False),
    ]
    assert "加我微信 chen88" in kept["flags"][0]["words"]
    assert "chen88" not in history.to_json()


async def test_words_are_looked_at_before_they_are_flagged(read: Read, web: httpx2.AsyncClient, cast: Any) -> None:
    looked = await web.post("/shops/demo/wording", json={"text": "加我微信"}, headers=cast["agent"].headers)
    assert looked.json()["risks"] == ["off_platform_talk"]


@pytest.mark.covers(144)
async def test_a_counter_claim_reads_in_words_and_a_paper_that_is_not_the_cases_is_refused(
    take: Take, read: Read
) -> None:
    claim = {"forum": "court", "what": "名誉权, 要求删除不实评价", "due": tomorrow(), "reference": "(2026)浙01民初1号"}
    strange = await take("lead", "open_counter_claim", **claim, files=[str(uuid4())])
    opened = await take("lead", "open_counter_claim", **claim)
    ended = await take("lead", "end_counter_claim", claim=1, result="partly_won", what="调解书")
    [line] = (await read("/cases/{case}/disputes"))["claims"]
    assert (strange.status_code, opened.status_code, ended.status_code) == (404, 200, 200)
    assert (line["forum"], line["what"], line["result"]) == ("court", "名誉权, 要求删除不实评价", "partly_won")
    said = [one["says"] for one in (await read("/cases/{case}/timeline"))["events"]]
    assert "Counter-claim 1 at the court ended: partly won." in said


@pytest.mark.covers(180)
async def test_the_answer_to_what_no_rule_covers_is_a_rule_that_others_find(
    take: Take, read: Read, house: House
) -> None:
    await take("lead", "confirm_cause", cause="quality.broken")
    await take("lead", "ask_question", what="买家说壶盖把桌子烫坏了, 陈先生要赔桌子", due=tomorrow())
    [waiting] = (await read("/questions", "supervisor"))["questions"]
    told = await take("supervisor", "answer_question", question=1, answer="可以", rule="给陈先生 13800138000 赔")
    answered = await take("supervisor", "answer_question", question=1, answer="陈先生这次可以", rule=RULE)
    assert (waiting["what"], waiting["by"]) == ("买家说壶盖把桌子烫坏了, 陈先生要赔桌子", "Lead-1")
    assert (told.status_code, told.json()["code"], "13800138000" in told.text) == (409, "RuleTellsOfBuyer", False)
    assert answered.status_code == 200
    assert (await read("/questions", "supervisor"))["questions"] == []
    found = [
        (await read(f"/shops/demo/rules?{asked}", "agent"))["rules"]
        for asked in ("q=一半 补偿", "cause=quality.broken", "cause=quality", "cause=logistics.slow", "q=没有")
    ]
    assert [[one["rule"] for one in rules] for rules in found] == [[RULE], [RULE], [RULE], [], []]
    assert [one["rule"] for one in (await read("/cases/{case}/script"))["rules"]] == [RULE]
    assert [one["rule"] for one in (await read("/cases/{case}/disputes", "agent"))["rules"]] == [RULE]
    async with house.reads() as session:
        made = await session.scalar(select(OfficeEvent.facts).where(OfficeEvent.kind == "rule.made"))
    assert made is not None
    assert made["rule"] == RULE


@pytest.mark.covers(180)
async def test_a_rule_that_is_retired_is_found_no_more_and_that_is_on_record(
    take: Take, read: Read, house: House, web: httpx2.AsyncClient, cast: Any
) -> None:
    await take("lead", "ask_question", what="能送同城吗")
    await take("supervisor", "answer_question", question=1, answer="能", rule=RULE)
    [rule] = (await read("/shops/demo/rules", "agent"))["rules"]
    path, why = f"/shops/demo/rules/{rule['id']}/retire", {"why": "新规则写进了补偿政策"}
    answers = [
        await web.post(path, json=why, headers=cast[who].headers) for who in ("lead", "supervisor", "supervisor")
    ]
    async with house.reads() as session:
        kept = await list_rules(session, "demo", retired=True)
        kinds = list(await session.scalars(select(OfficeEvent.kind).where(OfficeEvent.subject == rule["id"])))
    assert [answer.status_code for answer in answers] == [403, 204, 404]
    assert (await read("/shops/demo/rules", "agent"))["rules"] == []
    assert ([one.retired_at is not None for one in kept], kinds) == ([True], ["rule.made", "rule.retired"])


@pytest.mark.covers(146)
async def test_a_replay_shows_chat_contacts_and_steps_in_one_time_line_and_who_looked(
    take: Take, read: Read, review: Any
) -> None:
    talk = {"result": "connected", "talk": "undecided", "inbound": True, "channel": "im"}
    await take("lead", "log_contact", **talk, note="买家说客服骂人")
    await take("lead", "attach_chat", text="你们客服怎么骂人", speaker="buyer", said_at=review["created_at"])
    await take("lead", "attach_chat", text="亲, 不会用就别买", speaker="desk", said_at=review["created_at"])
    await take("lead", "note", text="已核对聊天记录")
    shown = (await read("/cases/{case}/replay", "auditor"))["moments"]
    blank = (await read("/cases/{case}/replay?words=false", "auditor"))["moments"]
    looks = await read("/cases/{case}/buyer/looks", "auditor")
    assert [(one["who"], one["words"]) for one in shown[:2]] == [
        ("buyer", "你们客服怎么骂人"),
        ("desk", "亲, 不会用就别买"),
    ]
    assert {one["track"] for one in shown} == {"chat", "contact", "step"}
    assert [one["at"] for one in shown] == sorted(one["at"] for one in shown)
    assert "买家说客服骂人" in [one["words"] for one in shown]
    assert {one["words"] for one in blank} == {None}
    assert [(one["who"], one["fields"]) for one in looks] == [("Auditor-1", ["words"])]


async def test_nothing_is_attached_that_was_said_in_the_future(take: Take) -> None:
    refused = await take("lead", "attach_chat", text="…", said_at=tomorrow())
    assert (refused.status_code, refused.json()["code"]) == (409, "BadTime")
