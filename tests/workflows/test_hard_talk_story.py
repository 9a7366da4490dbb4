"""Talks after which nobody goes on by themselves, as the shipped policy has it, under skipped time."""

from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from domain.contact_terms import CallResult, TalkOutcome
from domain.review_case import steps
from domain.review_case.agreement_steps import Decide
from domain.review_case.state import Stage
from tests.builders import House
from tests.workflows.conftest import Keep, Tell
from tests.workflows.test_review_story import code_of


@pytest.mark.covers(60)
async def test_a_talk_that_sounds_like_extortion_makes_the_case_suspected(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story = await tell()
    who = await story.call(CallResult.CONNECTED, TalkOutcome.EXTORTION_SUSPECTED, explained=True)
    assert (await story.settled()).stage is Stage.SUSPECTED
    with pytest.raises(WorkflowUpdateFailedError) as frozen:
        await story.step(who, steps.MakeOffer(amount_fen=500))
    assert code_of(frozen) == "MoneyFrozen"
    await story.step("bob", steps.DecideMalicious(malicious=False, why=await house.text("只是生气")))
    state = await story.until(lambda case: case.contact is not None)
    assert (state.stage, state.suspected) == (Stage.CONTACTING, False)
    await keep_history(story.handle.id, "ReviewCase.extortion_suspected")


async def test_after_abuse_a_supervisor_decides_whether_the_buyer_is_contacted_again(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story = await tell()
    await story.until(lambda case: case.contact is not None and case.contact.due)
    who, note = await story.agent(), await house.text("一直骂人")
    await story.step(who, steps.BeginContact())
    await story.step(
        who, steps.LogContact(result=CallResult.CONNECTED, talk=TalkOutcome.ABUSIVE, note=note)
    )  # fmt: skip
    await story.pass_time(timedelta(days=8))
    state = await story.settled()
    assert (state.contact, [one.what for one in state.agreements.decisions]) == (None, [note])
    await story.step("bob", Decide(decision=1, granted=True, answer=await house.text("换个人再试一次")))
    assert (await story.until(lambda case: case.contact is not None)).contact is not None
    await keep_history(story.handle.id, "ReviewCase.abused")
