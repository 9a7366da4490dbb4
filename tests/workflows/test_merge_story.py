"""One buyer, one order, two reviews: the second case goes on in the first."""

import secrets
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from activities.known_reviews import known_reviews
from db.contacts import history_of
from db.tables.buyers import Review
from db.tables.cases import CaseKey
from domain.contact_terms import CallResult, Channel
from domain.escalation import EscalationKind
from domain.review_case import steps
from domain.review_case.facts import BuyerMessage
from domain.review_case.outcomes import Outcome
from tests.builders import House, Reviewed
from tests.workflows.conftest import Keep, Tell, Told
from tests.workflows.test_review_story import code_of

CHINA = ZoneInfo("Asia/Shanghai")


async def two(tell: Tell, house: House) -> tuple[Told, Told]:
    """The cases of two reviews of one order; the second buyer row is the first one's."""
    order = await house.review()
    second = replace(order, oid=secrets.token_hex(8), words="包装也破了")
    first, later = await tell(order), await tell(opening=await house.opening(second))
    await first.settled()
    await later.settled()
    return first, later


async def merge(story: Told, into: str, who: str = "bob") -> None:
    await story.step(who, steps.Merge(into=into, why=await story.house.text("同一订单")))


def why_of(refused: pytest.ExceptionInfo[WorkflowUpdateFailedError]) -> str:
    assert isinstance(refused.value.cause, ApplicationError)
    why: str = refused.value.cause.details[0]["facts"]["why"]
    return why


@pytest.mark.covers(194)
async def test_the_merged_case_ends_and_whatever_comes_later_reaches_the_other(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    first, later = await two(tell, house)
    await merge(later, first.opening.case)
    state = await later.closed()
    assert state.outcome is Outcome.DUPLICATE
    survivor = await first.settled()
    assert survivor.absorbed == [later.opening.case]
    async with house.parts.sessions() as session:
        known = await known_reviews(session, "sandbox", house.shop, [later.opening.external_id])
    case = known[later.opening.external_id].case
    assert case is not None
    assert (case.number, case.workflow, case.closed_at) == (first.opening.case, first.handle.id, None)
    await keep_history(later.handle.id, "ReviewCase.merged")


@pytest.mark.covers(194)
async def test_contacts_already_made_count_on_in_the_case_that_goes_on(tell: Tell, house: House) -> None:
    first, later = await two(tell, house)
    await later.call(CallResult.NO_ANSWER)
    await merge(later, first.opening.case)
    await later.closed()
    async with house.parts.sessions() as session:
        review = await session.scalar(select(Review).where(Review.external_id == first.opening.external_id))
        assert review is not None
        history = await history_of(session, review.buyer, await first.clock(), first.opening.case)
    assert [touch.case for touch in history.touches] == [first.opening.case]


@pytest.mark.covers(194)
async def test_what_the_case_that_goes_on_had_planned_is_planned_anew_after_the_contacts_of_both(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    first, later = await two(tell, house)
    await later.call(CallResult.NO_ANSWER)
    called = await later.clock()
    await merge(later, first.opening.case)
    await later.closed()
    state = await first.settled()
    assert state.contact is not None
    assert state.contact.due_at > called + timedelta(hours=12)
    assert "attempt 2" in state.contact.why
    await keep_history(first.handle.id, "ReviewCase.went_on_for_two")


@pytest.mark.covers(194)
async def test_what_the_buyer_of_the_merged_case_waits_for_goes_on_and_both_cases_asks_count_together(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    first, later = await two(tell, house)
    await later.until(lambda case: case.assignee is not None)
    who, talk = await later.agent(), {"result": "connected", "talk": "undecided", "inbound": True, "channel": "im"}
    await later.step(who, steps.LogContact.model_validate(talk | {"result_accepted": True}))
    for _ in range(2):
        await later.step(who, steps.LogContact.model_validate(talk | {"asked_to_amend": True}))
    noon = (await later.clock()).astimezone(CHINA).replace(hour=14, minute=0, second=0) + timedelta(days=2)
    await later.step(who, steps.ScheduleCallback(at=noon))
    message = BuyerMessage(by="messenger", channel=Channel.IM, text=await house.text("什么时候打来"))
    await later.handle.signal("buyer_wrote", message)
    await later.settled()
    await merge(later, first.opening.case)
    await later.closed()
    state = await first.settled()
    assert state.contact is not None
    assert (state.preference_at, state.contact.due_at) == (noon, noon)
    assert EscalationKind.BUYER_WROTE in state.clocks
    asking = talk | {"asked_to_amend": True, "result_accepted": True}
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await first.step(await first.agent(), steps.LogContact.model_validate(asking))
    assert code_of(refused) == "AsksUsedUp"
    await keep_history(first.handle.id, "ReviewCase.went_on_with_what_was_waited_for")


async def test_merging_back_is_refused_as_circular(tell: Tell, house: House) -> None:
    first, later = await two(tell, house)
    await merge(later, first.opening.case)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await merge(first, later.opening.case)
    assert (code_of(refused), why_of(refused)) == ("MergeRefused", "circular")
    assert (await first.settled()).outcome is None


async def test_another_buyers_case_is_refused_and_nothing_is_noted(tell: Tell, house: House) -> None:
    first = await tell()
    other = await tell(Reviewed(secrets.token_hex(8), secrets.token_hex(8), "坏了", "bad", {}))
    await first.settled()
    await other.settled()
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await merge(other, first.opening.case)
    assert why_of(refused) in {"other_buyer", "other_order"}
    async with house.parts.sessions() as session:
        assert not list(await session.scalars(select(CaseKey).where(CaseKey.merged_into.is_not(None))))


@pytest.mark.covers(194, 198)
async def test_a_merge_that_was_a_mistake_is_undone_with_its_contacts_and_each_goes_on(
    tell: Tell, house: House
) -> None:
    first, later = await two(tell, house)
    await later.call(CallResult.NO_ANSWER)
    await merge(later, first.opening.case)
    await later.closed()
    again = later.opening.model_copy(update={"run": 2, "source": "person", "split_from": first.opening.case})
    second = await tell(opening=again)
    state, survivor = await second.settled(), await first.settled()
    assert (state.outcome, len(state.attempts), state.merged) == (None, 1, None)
    assert survivor.absorbed == []
    async with house.parts.sessions() as session:
        known = await known_reviews(session, "sandbox", house.shop, [later.opening.external_id])
        review = await session.scalar(select(Review).where(Review.external_id == later.opening.external_id))
        assert review is not None
        history = await history_of(session, review.buyer, await second.clock(), later.opening.case)
    case = known[later.opening.external_id].case
    assert case is not None
    assert (case.number, case.workflow) == (later.opening.case, second.handle.id)
    assert [touch.case for touch in history.touches] == [later.opening.case]
