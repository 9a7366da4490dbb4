"""The review story from detection to the last notice, on real parts and under skipped time: one test per way out."""

from datetime import datetime, timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from db.tables.cases import CaseFile
from domain.contact_terms import CallResult, StopSignal, TalkOutcome
from domain.escalation import EscalationKind
from domain.life_zones import BEIJING
from domain.payouts import PayoutStatus
from domain.people import Role
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from domain.review_case.state import OfferStatus, ReplyStatus, Stage
from tests.builders import House
from tests.workflows.conftest import Keep, Tell


def code_of(refused: pytest.ExceptionInfo[WorkflowUpdateFailedError]) -> str | None:
    cause = refused.value.cause
    assert isinstance(cause, ApplicationError)
    return cause.type


@pytest.mark.covers(68, 76, 207)
async def test_a_bad_review_is_amended_and_paid_exactly_once(tell: Tell, house: House, keep_history: Keep) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.accepted()
    await story.until(lambda case: case.read_at is not None)
    assert not (await story.view()).payouts, "nothing is paid before the review was seen amended"
    await story.amended(reviewed)
    state = await story.closed()
    assert state.outcome is Outcome.AMENDED_PAID
    assert state.offers[0].status is OfferStatus.FULFILLED
    assert state.payouts[0].status is PayoutStatus.PAID
    assert len(await house.sandbox.transfers(state.payouts[0].key)) == 1
    await keep_history(story.handle.id, "ReviewCase.amended_and_paid")
    await keep_history(f"payout:{state.payouts[0].key}", "Payout.paid")


@pytest.mark.covers(35, 36, 77, 79)
async def test_a_month_without_an_answer_ends_with_a_public_reply_that_a_person_confirmed(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.call(CallResult.NO_ANSWER)
    state = await story.until(lambda case: case.reply is not None and case.reply.status is ReplyStatus.PREPARED)
    who = await story.agent()
    await story.step(who, steps.PostReply())
    state = await story.closed()
    assert state.outcome is Outcome.UNREACHABLE
    assert (await house.sandbox.get(f"/buyer/reviews/{reviewed.oid}"))["reply"]
    await keep_history(story.handle.id, "ReviewCase.unreachable_for_a_month")


async def test_a_buyer_who_wants_no_contact_is_never_planned_again(tell: Tell) -> None:
    story = await tell()
    who = await story.call(CallResult.CONNECTED, TalkOutcome.REFUSED_FIRMLY)
    state = await story.until(lambda case: case.reply is not None and case.reply.status is ReplyStatus.PREPARED)
    assert state.stopped is StopSignal.REFUSED_FIRMLY
    assert state.contact is None
    await story.step(who, steps.PostReply())
    assert (await story.closed()).outcome is Outcome.STOPPED_BY_BUYER


async def test_a_review_amended_without_us_closes_unpaid(tell: Tell, house: House) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.settled()
    await story.amended(reviewed)
    state = await story.closed()
    assert state.outcome is Outcome.AMENDED_UNPAID
    assert not state.payouts


async def test_a_deleted_review_counts_only_after_two_readings_ten_minutes_apart(tell: Tell, house: House) -> None:
    await house.review("另一条评价", "bad")
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.accepted()
    await house.sandbox.delete(f"/buyer/reviews/{reviewed.oid}")
    await story.handle.signal("review_changed")
    first = await story.until(lambda case: bool(case.readings) and not case.readings[-1].found)
    assert first.amendment is None
    state = await story.closed()
    vanished = [reading for reading in state.readings if not reading.found]
    assert vanished[-1].at - vanished[0].at >= timedelta(minutes=10)
    assert state.outcome is Outcome.AMENDED_PAID


@pytest.mark.covers(12)
async def test_a_suspected_review_stops_contact_and_money_until_a_supervisor_decided(tell: Tell, house: House) -> None:
    story = await tell()
    who = await story.call(CallResult.CONNECTED, TalkOutcome.UNDECIDED, explained=True)
    why = await house.text("要两千块才改")
    await story.step(who, steps.MarkMalicious(signals=["demands_money_for_amending"], why=why))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await story.step(who, steps.MakeOffer(amount_fen=500))
    assert code_of(refused) == "MoneyFrozen"
    assert (await story.settled()).stage is Stage.SUSPECTED
    await story.step("bob", steps.DecideMalicious(malicious=True, why=why))
    await story.until(lambda case: case.reply is not None and case.reply.status is ReplyStatus.PREPARED)
    await story.step("bob", steps.SkipReply(why=why))
    await story.step("bob", steps.SkipReport(why=why))
    assert (await story.closed()).outcome is Outcome.MALICIOUS_REPORTED


async def test_a_case_on_hold_waits_and_its_clocks_go_on_with_what_they_had_left(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    """And nobody hears that the buyer was not called before they may be."""
    story = await tell()
    await story.until(lambda case: case.assignee is not None)
    who = await story.agent()
    before = (await story.settled()).clocks[EscalationKind.STALE].due_at
    await story.step(who, steps.Hold(why=await house.text("买家出差")))
    await story.pass_time(timedelta(days=3))
    assert (await story.view()).contact is None
    await story.step(who, steps.Resume())
    after = await story.settled()
    again = after.clocks[EscalationKind.STALE].due_at
    assert before is not None
    assert again is not None
    assert again - before >= timedelta(days=2)
    assert after.contact is not None
    assert after.clocks[EscalationKind.NOT_CONTACTED].since >= after.contact.due_at
    told = await story.until(lambda case: bool(case.clocks[EscalationKind.NOT_CONTACTED].told))
    assert told.clocks[EscalationKind.NOT_CONTACTED].told == [Role.LEAD]
    await keep_history(story.handle.id, "ReviewCase.held_and_resumed")


async def test_a_contact_that_was_planned_anew_or_missed_is_no_attempt(tell: Tell, house: House) -> None:
    """The month's attempts thin out by what was made: a case that is put down and taken up often is not called less."""
    story = await tell()
    await story.call(CallResult.NO_ANSWER)
    missed = await story.until(lambda case: case.contact is not None and case.contact.number == 3)
    assert [attempt.number for attempt in missed.attempts] == [1]
    who = await story.agent()
    for _ in range(3):
        await story.step(who, steps.Hold(why=await house.text("买家出差")))
        await story.step(who, steps.Resume())
        state = await story.settled()
    assert state.contact is not None
    assert (state.contact.number, "attempt 2," in state.contact.why) == (6, True)
    assert state.contact.due_at - await story.clock() < timedelta(days=4)


async def test_a_second_first_run_of_a_review_touches_nothing(tell: Tell, house: House) -> None:
    """Beyond the engine's retention the id is free again; the key's row is not."""
    story = await tell()
    await story.settled()
    await story.step("bob", steps.Close(outcome=Outcome.WITHDRAWN, why=await house.text("录错了")))
    await story.closed()
    events = len(await story.events())
    again = story.opening.model_copy(update={"case": "A26-00000-0000"})
    client = house.parts.client
    handle = await client.start_workflow(
        "ReviewCase", again, id="a-second-start", task_queue=house.parts.settings.task_queue
    )
    assert await handle.result() == Outcome.DUPLICATE
    assert len(await story.events()) == events


async def test_a_reopened_case_goes_on_with_its_numbering_and_its_contacts(tell: Tell, house: House) -> None:
    story = await tell()
    await story.call(CallResult.NO_ANSWER)
    await story.step("bob", steps.Close(outcome=Outcome.WITHDRAWN, why=await house.text("先放一放")))
    first = await story.closed()
    second = await tell(opening=story.opening.model_copy(update={"run": 2, "why": "the buyer called back"}))
    state = await second.settled()
    assert state.opening.case == first.opening.case
    assert len(state.attempts) == 1
    kinds = [event.kind for event in await second.events()]
    assert kinds.count("closed") == 1
    assert "reopened" in kinds


@pytest.mark.covers(56)
async def test_a_buyer_who_comes_back_after_the_month_is_heard_for_some_days(tell: Tell, house: House) -> None:
    story = await tell()
    await story.until(lambda case: case.assignee is not None)
    await story.step("bob", steps.Close(outcome=Outcome.WITHDRAWN, why=await house.text("先放一放")))
    await story.closed()
    await story.pass_time(timedelta(days=35))
    again = story.opening.model_copy(update={"run": 2, "source": "person", "why": "the buyer called back"})
    second = await tell(opening=again)
    state = await second.until(lambda case: case.assignee is not None)
    assert state.identity is not None
    assert state.identity.persistence_ends_at > await second.clock() + timedelta(days=6)
    await second.step(await second.agent(), steps.Note(text=await house.text("买家又来电")))
    left_alone = await second.closed()
    assert left_alone.closed_at is not None
    assert left_alone.closed_at < state.opened_at + timedelta(days=20)


async def test_the_buyer_hears_that_money_was_sent_once(tell: Tell, house: House) -> None:
    reviewed = await house.review(buyer_nick="notice-chen", phone="13900139007")
    story = await tell(reviewed)
    await story.accepted()
    await story.amended(reviewed)
    await story.closed()
    case = (await story.view()).opening.case
    sent = await house.sandbox.get("/control/sms")
    assert ["5.00" in one["text"] for one in sent if str(one["out_id"]).startswith(case)] == [True]
    assert [event.kind for event in await story.events()].count("notice_sent") == 1


async def test_a_case_reopened_by_a_person_stays_open_although_its_review_is_good(tell: Tell, house: House) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.accepted()
    await story.amended(reviewed)
    await story.closed()
    again = story.opening.model_copy(update={"run": 2, "source": "person", "why": "the buyer called back"})
    second = await tell(opening=again)
    state = await second.until(lambda case: case.read_at is not None)
    assert state.outcome is None
    assert state.amendment is None


async def test_a_notice_that_waits_for_a_decent_hour_is_said_to_wait_and_lists_show_until_when(
    tell: Tell, house: House
) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.accepted()
    night = (await story.clock()).astimezone(BEIJING) + timedelta(days=1)
    await story.pass_time(night.replace(hour=23, minute=0) - await story.clock())
    await story.amended(reviewed)
    state = await story.until(lambda case: case.notice_again_at is not None)
    said = [event.facts["until"] for event in await story.events() if event.kind == "notice_put_off"]
    async with house.parts.sessions() as session:
        row = await session.get_one(CaseFile, state.opening.case)

    assert state.notice_again_at is not None
    assert [datetime.fromisoformat(until) for until in said] == [state.notice_again_at]
    assert (row.due_what, row.due_at) == ("notify", state.notice_again_at)
