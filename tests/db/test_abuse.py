"""A buyer who was flagged is known as such in later cases, until the flag is taken back."""

from datetime import datetime

import pytest
from sqlalchemy import select, update

from db.abuse import earlier_abuse
from db.sealing import KeyRing
from db.sessions import Sessions
from db.tables.buyers import Buyer
from db.tables.cases import CaseFile
from tests.db.budget_world import BudgetWorld


@pytest.mark.covers(134)
async def test_a_flag_in_one_case_is_seen_in_the_buyers_others(
    open_session: Sessions, ring: KeyRing, now: datetime
) -> None:
    world = BudgetWorld(open_session, ring, now)
    await world.open()
    flagged, later = (await world.case())[0], (await world.case())[0]
    async with open_session.begin() as session:
        person = (await session.scalars(select(Buyer.person))).one()
        await session.execute(update(CaseFile).values(buyer_person=person))
        assert await earlier_abuse(session, person, later) == 0
        for abuse, seen in (({"by": "alice"}, 1), (None, 0)):
            changed = update(CaseFile).where(CaseFile.number == flagged).values(state={"abuse": abuse})
            await session.execute(changed)
            assert await earlier_abuse(session, person, later) == seen
        assert await earlier_abuse(session, None, later) == 0
