"""The approvals in a person's queue: of their roles and shops, and never of what they or their other account made."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from api.house import House
from db import office
from db.approvals import keep_approval
from domain.offers import OfferForm
from domain.people import Role
from domain.review_case.state import Approval, Offer, OfferStatus, Opening, ReviewCaseState
from tests.api.rows import add_case


@pytest.fixture
def approvals(web: httpx2.AsyncClient, cast: Any) -> Any:
    async def numbers(who: str) -> list[str]:
        page = (await web.get("/queue", headers=cast[who].headers)).json()
        return [line["case"] for line in page["approvals"]]

    return numbers


async def waits(house: House, maker: Any, *needs: Role, shop: str = "demo", hours: int = 48, **more: Any) -> str:
    """A case whose offer waits for one of these roles; its number."""
    number, now = await add_case(house, shop), house.now()
    offer = Offer(
        number=1, form=OfferForm.GIFT_PARCEL, amount_fen=2_000, maker=str(maker.id), at=now,
        valid_until=now + timedelta(hours=hours), status=OfferStatus.WAITING_APPROVAL, need_roles=list(needs), **more,
    )  # fmt: skip
    opening = Opening(case=number, platform="sandbox", shop=shop, external_id="1", review_row="")
    async with house.sessions.begin() as session:
        await keep_approval(session, ReviewCaseState(opening=opening, opened_at=now, offers=[offer]), now)
    return number


@pytest.mark.covers(70, 82)
async def test_an_approval_is_in_the_queue_of_whoever_may_give_it(approvals: Any, house: House, cast: Any) -> None:
    later = await waits(house, cast["agent"], Role.LEAD, Role.SUPERVISOR)
    first = await waits(house, cast["agent"], Role.SUPERVISOR, hours=3)
    given = [Approval(person=str(cast["supervisor"].id), role=Role.SUPERVISOR, at=house.now())]
    both = await waits(house, cast["agent"], Role.SUPERVISOR, Role.FINANCE, need_both=True, approvals=given)
    await waits(house, cast["stranger"], Role.LEAD, shop="other")
    seen = {who: await approvals(who) for who in ("supervisor", "lead", "finance", "agent", "stranger")}
    assert seen == {"supervisor": [first, later], "lead": [later], "finance": [both], "agent": [], "stranger": []}
    async with house.sessions.begin() as session:
        await office.grant(session, "tests", house.now(), cast["stranger"].id, Role.LEAD, None)
    assert await approvals("stranger") == [later]


@pytest.mark.covers(201)
async def test_nobody_finds_what_they_or_their_other_account_made(approvals: Any, house: House, cast: Any) -> None:
    await waits(house, cast["lead"], Role.LEAD, Role.SUPERVISOR)
    assert (await approvals("lead"), len(await approvals("supervisor"))) == ([], 1)
    async with house.sessions.begin() as session:
        await office.link_accounts(session, "tests", house.now(), cast["supervisor"].id, cast["lead"].id)
    assert await approvals("supervisor") == []
