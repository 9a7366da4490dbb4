"""After a solved case: money and outcome first, then one visit that a person makes, then the closing."""

from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from domain.contact_terms import CallResult, Channel
from domain.escalation import EscalationKind
from domain.payouts import PayoutStatus
from domain.review_case import steps
from domain.review_case.facts import BuyerMessage
from domain.review_case.outcomes import Outcome
from domain.review_case.state import ReviewCaseState
from tests.builders import House, Reviewed
from tests.workflows.conftest import Keep, Tell, Told
from tests.workflows.test_desk_story import set_away
from tests.workflows.test_review_story import code_of
from workflows.handback import Handback


def visit_due(case: ReviewCaseState) -> bool:
    return case.follow_up is not None and case.follow_up.due


async def solved(tell: Tell, house: House, *, paid: bool = False) -> tuple[Told, Reviewed]:
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.until(lambda case: case.assignee is not None)
    if paid:
        await story.accepted()
    await story.amended(reviewed)
    await story.until(lambda case: case.follow_up is not None and case.follow_up.due_at is not None)
    return story, reviewed


@pytest.mark.covers(48, 186, 187, 188)
async def test_a_solved_case_is_visited_once_some_days_after_its_notice(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story, _ = await solved(tell, house, paid=True)
    before = await story.view()
    assert before.outcome is Outcome.AMENDED_PAID
    assert before.payouts[0].status is PayoutStatus.PAID, "money waits for no visit"
    state = await story.until(visit_due)
    assert state.follow_up is not None
    assert state.follow_up.due_at is not None
    assert state.follow_up.due_at - state.follow_up.wanted_at >= timedelta(days=3)
    who = await story.agent()
    await story.step(who, steps.BeginFollowUp())
    remark = await house.text("包装可以再结实一点")
    answers = {"solved": "yes", "satisfied": "satisfied"}
    await story.step(who, steps.LogFollowUp(result=CallResult.CONNECTED, answers=answers, remark=remark))
    await story.closed()
    kinds = [event.kind for event in await story.events()]
    assert kinds.index("notice_sent") < kinds.index("follow_up_logged") < kinds.index("closed")
    await keep_history(story.handle.id, "ReviewCase.visited_after_its_end")


@pytest.mark.covers(196)
async def test_who_goes_on_for_an_absent_agent_answers_the_buyer_and_makes_the_visit(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story, _ = await solved(tell, house)
    away, text = await story.agent(), await house.text("壶盖什么时候寄")
    await story.handle.signal("buyer_wrote", BuyerMessage(by="messenger", channel=Channel.IM, text=text))
    await set_away(house, away, await story.clock() + timedelta(days=30))
    await house.parts.client.execute_workflow(
        Handback.run, args=[house.people[away], None], id="away", task_queue=house.parts.settings.task_queue
    )
    state = await story.until(lambda case: case.assignee not in (None, house.people[away]))
    assert EscalationKind.BUYER_WROTE in state.clocks
    who = await story.agent()
    talk = {"result": CallResult.CONNECTED, "talk": "undecided", "inbound": True, "channel": Channel.IM}
    answered = await story.step(who, steps.LogContact.model_validate(talk))
    assert EscalationKind.BUYER_WROTE not in answered.state.clocks
    await story.until(visit_due)
    await story.step(who, steps.BeginFollowUp())
    await story.step(who, steps.LogFollowUp(result=CallResult.CONNECTED))
    await story.closed()
    await keep_history(story.handle.id, "ReviewCase.visited_by_another")


async def test_a_visit_that_nobody_makes_lapses_and_the_case_closes(tell: Tell, house: House) -> None:
    story, _ = await solved(tell, house)
    state = await story.closed()
    assert state.outcome is Outcome.AMENDED_UNPAID
    assert "follow_up_lapsed" in [event.kind for event in await story.events()]


@pytest.mark.covers(31)
async def test_a_due_visit_whose_buyer_was_called_elsewhere_meanwhile_is_put_off_and_ends_within_its_week(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    first, _ = await solved(tell, house)
    later, _ = await solved(tell, house)
    for story in (first, later):
        await story.until(visit_due)
    await first.step(await first.agent(), steps.BeginFollowUp())
    await first.step(await first.agent(), steps.LogFollowUp(result=CallResult.NO_ANSWER))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await later.step(await later.agent(), steps.BeginFollowUp())
    state = await later.settled()
    await keep_history(later.handle.id, "ReviewCase.visit_put_off")

    assert code_of(refused) == "ContactNotAllowed"
    assert state.follow_up is not None
    assert state.follow_up.due_at is not None
    assert state.follow_up.due_at > await later.clock() + timedelta(hours=12)
    assert state.follow_up.due_at < state.follow_up.wanted_at + timedelta(days=3 + 7)
    kinds = [event.kind for event in await later.events()]
    assert kinds[-2:] == ["follow_up_put_off", "follow_up_planned"]
    assert "follow_up_lapsed" not in kinds


async def test_a_review_turned_bad_again_before_the_visit_goes_on_as_the_next_run(tell: Tell, house: House) -> None:
    story, reviewed = await solved(tell, house)
    await house.sandbox.post(f"/control/reviews/{reviewed.oid}", result="bad", push=False)
    await story.handle.signal("review_changed")
    assert (await story.closed()).relapsed
    again = Told(house, story.opening.model_copy(update={"run": 2}), story.pass_time, story.clock)
    state = await again.settled()
    assert (state.opening.run, state.opening.case, state.outcome) == (2, story.opening.case, None)
