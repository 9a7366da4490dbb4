"""An offer above its maker's right: asked of those at work, found in their queue, and decided once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowUpdateFailedError

from db import office
from db.tables.approvals import WaitingApproval
from domain.contact_terms import CallResult, TalkOutcome
from domain.escalation import EscalationKind
from domain.offers import OfferForm
from domain.people import Role
from domain.review_case import steps
from domain.review_case.state import OfferStatus
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, Told

APPROVE = steps.Approve(offer=1, amount_fen=2000)


async def waiting_row(story: Told) -> WaitingApproval:
    async with story.house.parts.sessions() as session:
        return (await session.scalars(select(WaitingApproval))).one()


async def on_leave(story: Told, name: str) -> None:
    now = await story.clock()
    async with story.house.parts.sessions.begin() as session:
        person = UUID(story.house.people[name])
        await office.set_person(session, "tests", now, person, {"away_until": now + timedelta(days=9)})


@pytest.mark.covers(70, 82, 200, 201)
async def test_an_approval_is_asked_of_who_is_at_work_and_given_once(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story = await tell()
    who = await story.call(CallResult.CONNECTED, TalkOutcome.UNDECIDED, explained=True)
    await on_leave(story, "lee")
    await story.step(who, steps.MakeOffer(form=OfferForm.GIFT_PARCEL, amount_fen=2000))
    state = await story.until(lambda case: bool(case.clocks[EscalationKind.APPROVAL_WAITING].told))
    assert state.offers[0].status is OfferStatus.WAITING_APPROVAL
    asked = next(event for event in reversed(await story.events()) if event.kind == "escalated")
    assert (asked.facts["told"], asked.facts["passed_over"]) == ([house.people["bob"]], [house.people["lee"]])
    assert (await waiting_row(story)).missing == [Role.LEAD, Role.SUPERVISOR]
    answers = await asyncio.gather(*(story.step(name, APPROVE) for name in ("lee", "bob")), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, WorkflowUpdateFailedError)]
    assert [getattr(one.cause, "type", None) for one in refused] == ["OfferDecided"]
    state = await story.until(lambda case: case.offers[0].released)
    assert (len(state.offers[0].approvals), state.offers[0].status) == (1, OfferStatus.EXPIRED)
    assert (await waiting_row(story)).ended_at is not None
    await keep_history(story.handle.id, "ReviewCase.approved_by_another")
