"""The review story from detection to the last notice, on real parts and under skipped time."""

import pytest

from domain.contact_terms import CallResult, TalkOutcome
from domain.payouts import PayoutStatus
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from domain.review_case.state import OfferStatus
from tests.builders import House
from tests.workflows.conftest import Tell, Told


async def reach_the_buyer(story: Told, talk: TalkOutcome = TalkOutcome.UNDECIDED) -> None:
    """Alice takes the contact when it is due, and explains."""
    state = await story.until(lambda case: case.contact is not None and case.contact.due)
    who = "alice" if state.assignee == story.house.people["alice"] else "ann"
    await story.step(who, steps.BeginContact())
    await story.step(who, steps.LogContact(result=CallResult.CONNECTED, talk=talk, explained=True, seconds=170))


async def agent(story: Told) -> str:
    state = await story.view()
    return next(name for name, person in story.house.people.items() if person == state.assignee)


@pytest.mark.covers(68, 76, 207)
async def test_a_bad_review_is_amended_and_paid_exactly_once(tell: Tell, house: House) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    await reach_the_buyer(story)
    who = await agent(story)
    await story.step(who, steps.ConfirmCause(cause="quality.broken"))
    await story.step(who, steps.SetPayee(payee=await house.payee(story.opening)))
    await story.step(who, steps.MakeOffer(amount_fen=500))
    await story.step(who, steps.AnswerOffer(offer=1, accepted=True))
    await story.until(lambda case: case.read_at is not None)
    assert not (await story.view()).payouts, "nothing is paid before the review was seen amended"
    await house.sandbox.post(f"/buyer/reviews/{reviewed.oid}/amend")
    await story.handle.signal("review_changed")
    state = await story.until(lambda case: case.closed_at is not None)
    assert state.outcome is Outcome.AMENDED_PAID
    assert state.offers[0].status is OfferStatus.FULFILLED
    assert state.payouts[0].status is PayoutStatus.PAID
    assert len(await house.sandbox.transfers(state.payouts[0].key)) == 1
