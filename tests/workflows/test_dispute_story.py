"""Quarrels as stories: a counter-claim's papers and days, and a question that nobody answers in time."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from db.tables.cases import Notice
from db.tables.questions import DeskQuestion
from domain.disputes.state import Forum, Result, Risk
from domain.disputes.steps import AnswerQuestion, AskQuestion, EndCounterClaim, FlagRisk, OpenCounterClaim
from domain.refund_case.agenda import Action, agenda
from domain.refund_case.steps import EndRefund
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, TellRefund
from tests.workflows.test_malicious_story import in_vault

TEN_DAYS = timedelta(days=10)


@pytest.mark.covers(141, 144, 180)
async def test_a_case_goes_on_until_its_counter_claim_is_over_and_its_question_reaches_the_supervisor(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story = await tell()
    await story.until(lambda case: case.assignee is not None)
    who, words = await story.agent(), await house.text("加我微信")
    shot, paper = await in_vault(story, b"shot"), await in_vault(story, b"paper")
    await story.step(who, FlagRisk(risk=Risk.OFF_PLATFORM_TALK, words=words, files=[shot]))
    await story.step(who, AskQuestion(what=await house.text("能起诉吗")))
    due = await story.clock() + TEN_DAYS
    claim = OpenCounterClaim(forum=Forum.RIGHTS_CENTRE, what=words, due=due, files=[paper])
    await story.step("bob", claim)
    await story.until(lambda case: case.disputes.questions[0].reminded_at is not None)
    rule = await house.text("先报平台, 再起诉")
    await story.step("bob", AnswerQuestion(question=1, answer=words, rule=rule))
    await story.step("bob", steps.Close(outcome=Outcome.REFUSED, why=words))
    await story.until(lambda case: case.disputes.claims[0].reminded_at is not None)
    await story.step("bob", EndCounterClaim(claim=1, result=Result.WON, what=words))
    assert (await story.closed()).outcome is Outcome.REFUSED
    kinds = [event.kind for event in await story.events()]
    assert kinds.index("counter_claim_due") > kinds.index("outcome_fixed")
    async with house.parts.sessions() as session:
        kept = (await session.scalars(select(DeskQuestion).where(DeskQuestion.case == story.opening.case))).one()
        told = set(await session.scalars(select(Notice.kind).where(Notice.case == story.opening.case)))
    assert (kept.rule, kept.ended_at is not None) == ("先报平台, 再起诉", True)
    assert {"question_asked", "question_answered"} <= told
    await keep_history(story.handle.id, "ReviewCase.counter_claimed")


@pytest.mark.covers(142, 144)
async def test_a_refund_case_remembers_the_day_of_its_counter_claim(
    tell_refund: TellRefund, house: House, keep_history: Keep
) -> None:
    story = await tell_refund()
    who, words = await story.agent(), await house.text("退款直接转我支付宝")
    await story.step(who, FlagRisk(risk=Risk.OTHER_PAYMENT_ROUTE, words=words, declined=True))
    due = await story.clock() + timedelta(hours=30)
    await story.step("bob", OpenCounterClaim(forum=Forum.POLICE, what=words, due=due))
    state = await story.until(lambda case: case.disputes.claims[0].reminded_at is not None)
    assert "counter_claim" in state.clocks
    await story.step("bob", EndCounterClaim(claim=1, result=Result.NOT_TAKEN, what=words))
    assert Action.CLAIM_DUE not in {due.action for due in agenda(await story.view())}
    await story.step("bob", EndRefund(why=words))
    await story.closed()
    assert "counter_claim_ended" in [event.kind for event in await story.events()]
    await keep_history(story.handle.id, "RefundCase.counter_claimed")
