"""Steps of people: repeats, stale senders, two at once, wrong people, and a case that continues as new in between."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from domain.contact_terms import CallResult, TalkOutcome
from domain.escalation import EscalationKind
from domain.people import Role
from domain.review_case import steps
from domain.review_case.state import OfferStatus
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, Told
from tests.workflows.test_desk_story import until_it_waits
from tests.workflows.test_review_story import code_of
from workflows.review_case import ReviewCase
from workflows.runner import sandboxed_runner


async def opened(tell: Tell) -> Told:
    story = await tell()
    await story.settled()
    return story


async def run_of(story: Told) -> str:
    run: str = (await story.handle.describe()).run_id
    return run


async def continue_as_new(story: Told) -> None:
    before = await run_of(story)
    await story.handle.signal("refresh")
    while await run_of(story) == before:  # noqa: ASYNC110 - the engine tells nobody when a run has begun
        await asyncio.sleep(0.02)


async def test_a_repeated_step_answers_what_the_first_one_did(tell: Tell, house: House) -> None:
    story = await opened(tell)
    note = steps.Note(text=await house.text("买家很客气"))
    first = await story.step("alice", note, key="one-key", digest="d1")
    again = await story.step("alice", note, key="one-key", digest="d2")
    assert (again.version, again.digest) == (first.version, "d1")
    assert (await story.view()).version == first.version


async def test_a_repeat_is_known_after_the_case_continued_as_new_and_both_runs_replay(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story = await opened(tell)
    first_run = await run_of(story)
    note = steps.Note(text=await house.text("第一条"))
    before = await story.step("alice", note, key="one-key", digest="d1")
    await continue_as_new(story)
    after = await story.step("alice", note, key="one-key", digest="d1")
    assert after.version == before.version
    more = await story.step("alice", steps.Note(text=await house.text("第二条")))
    assert more.version == before.version + 1
    client = house.parts.client
    runs = [client.get_workflow_handle(story.handle.id, run_id=run) for run in (first_run, await run_of(story))]
    replayer = Replayer(
        workflows=[ReviewCase], data_converter=pydantic_data_converter, workflow_runner=sandboxed_runner()
    )
    for run in runs:
        await replayer.replay_workflow(await run.fetch_history())
    await keep_history(story.handle.id, "ReviewCase.continued_as_new")


async def test_a_stale_sender_is_refused_but_a_timer_makes_nobody_stale(tell: Tell, house: House) -> None:
    story = await opened(tell)
    seen = (await story.view()).person_step
    await story.until(lambda case: case.contact is not None and case.contact.due)
    await story.step("bob", steps.Note(text=await house.text("看过了")), if_version=seen)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await story.step("bob", steps.Note(text=await house.text("再看")), if_version=seen)
    assert code_of(refused) == "StaleVersion"


async def test_a_contact_is_taken_by_one_person_only(tell: Tell) -> None:
    story = await opened(tell)
    await story.until(lambda case: case.contact is not None and case.contact.due)
    who = await story.agent()
    answers = await asyncio.gather(
        story.step(who, steps.BeginContact()), story.step("bob", steps.BeginContact()), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, WorkflowUpdateFailedError)]
    assert len(refused) == 1
    assert getattr(refused[0].cause, "type", None) == "ContactTaken"


@pytest.mark.parametrize(
    ("who", "step", "code"),
    [
        ("ada", steps.CheckReview(), "NotYours"),
        ("fay", steps.BuyerOnline(), "NotYours"),
        ("bob", steps.BeginContact(), "WrongStage"),
        ("bob", steps.MakeOffer(amount_fen=500), "ExplainFirst"),
        ("bob", steps.AnswerOffer(offer=1, accepted=True), "OfferUnknown"),
        ("bob", steps.Resume(), "WrongStage"),
        ("bob", steps.ConfirmCause(cause="no.such"), "UnknownCause"),
        ("bob", steps.HandOver(to="nobody"), "NotOfThisDesk"),
        ("bob", steps.Approve(offer=1, amount_fen=500), "OfferUnknown"),
        ("bob", steps.LogContact(result=CallResult.CONNECTED), "TalkMissing"),
    ],
)
async def test_a_step_that_does_not_fit_is_refused_by_name_and_changes_nothing(
    tell: Tell, who: str, step: steps.Step, code: str
) -> None:
    story = await opened(tell)
    await until_it_waits(story, range(24))  # at lunch-time a fresh case's contact is due at once
    before = (await story.view()).version
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await story.step(who, step)
    assert code_of(refused) == code
    assert (await story.view()).version == before


@pytest.mark.covers(70, 82, 201)
async def test_an_offer_above_the_makers_right_is_approved_by_somebody_else(tell: Tell, house: House) -> None:
    story = await tell(await house.review(price="500.00"))
    await story.call(CallResult.CONNECTED, TalkOutcome.UNDECIDED, explained=True)
    await story.step("bob", steps.MakeOffer(amount_fen=2000))
    state = await story.settled()
    assert state.offers[0].status is OfferStatus.WAITING_APPROVAL
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await story.step("bob", steps.Approve(offer=1, amount_fen=2000))
    assert code_of(refused) == "SelfApproval"
    answer = await story.step("lee", steps.Approve(offer=1, amount_fen=2000))
    assert answer.state.offers[0].status is OfferStatus.MADE
    assert [given.role for given in answer.state.offers[0].approvals] == [Role.LEAD]


@pytest.mark.covers(7, 197)
async def test_what_nobody_takes_climbs_the_ladder_once_per_target(tell: Tell) -> None:
    """A grave case begins with the lead; then the supervisor hears of it, and then nobody any more."""
    story = await opened(tell)
    await story.until(lambda case: case.clocks[EscalationKind.STALE].over, timedelta(days=20))
    await story.pass_time(timedelta(days=5))
    told = [event.facts["role"] for event in await story.events() if event.facts.get("what") == "stale"]
    assert told == ["lead", "supervisor"]
