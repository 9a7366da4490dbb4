"""All that planning one contact asks the database before it takes a place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import AsyncSession

from db.contacts import AT_HAND, HISTORY_BEHIND, REMEMBERED, BuyerAtHand, at_hand_in, history_in
from db.policy_rows import NEWEST
from db.shifts import ROSTER, RosterLine, roster_in
from db.together import Together
from domain.contact_history import ContactHistory

_ASKED = Together(AT_HAND, HISTORY_BEHIND, ROSTER, NEWEST)


@dataclass(frozen=True, slots=True)
class LookedUp:
    """`lines`: the shop's active agents and the person who would call, by id. `newest`: the newest row of each kind of
    policy that counts for the shop."""

    buyer: BuyerAtHand
    history: ContactHistory
    lines: Mapping[UUID, RosterLine]
    newest: list[Any]


async def look_up(
    session: AsyncSession, *, shop: str, behind: UUID, case: str, person: UUID | None, now: datetime
) -> LookedUp:
    """What counts for a contact with whoever is behind a review, or behind an application. Raises NoResultFound for one
    that is not there."""
    asked = {"shop": shop, "behind": behind, "this_case": case, "person": person, "now": now, "since": now - REMEMBERED}
    known, history, lines, newest = await _ASKED.ask(session, asked)
    if not known:
        raise NoResultFound(f"there is no review and no application {behind}")
    return LookedUp(at_hand_in(known[0]), history_in(history), roster_in(lines), newest)
