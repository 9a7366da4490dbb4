"""What waits to be given by hand, or for a second look at its proof."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.money import Payout
from domain.handwork import CHECKERS
from domain.payouts import PayoutStatus
from domain.people import Role


class FulfilmentLine(BaseModel):
    """`since` is when the gate opened, or when it was given."""

    case: str
    shop: str
    offer: int
    payout: str
    form: str
    amount_fen: int
    waits_for: Literal["giving", "checking"]
    since: datetime
    proof_refused: bool = Field(description="an earlier proof did not show it")


async def list_waiting(
    session: AsyncSession, person: str, roles: Mapping[str | None, frozenset[Role]], limit: int
) -> list[FulfilmentLine]:
    """For a person with `roles` by shop (None: in every shop); the longest waiting first."""
    mine = or_(false(), *_mine(person, roles))
    waiting = Payout.give_roles.is_not(None) & Payout.settled_at.is_(None)
    found = select(Payout).where(waiting, mine).order_by(Payout.made_at, Payout.key).limit(limit)
    return [_line(payout) for payout in await session.scalars(found)]


def _mine(person: str, roles: Mapping[str | None, frozenset[Role]]) -> Iterator[ColumnElement[bool]]:
    everywhere = roles.get(None, frozenset())
    for shop, held in roles.items():
        in_shop = Payout.shop == shop if shop is not None else ~Payout.shop.in_([one for one in roles if one])
        names = [str(role) for role in held | everywhere]
        given = Payout.status == PayoutStatus.SENDING
        yield and_(in_shop, ~given, Payout.give_roles.overlap(names))
        if (held | everywhere) & CHECKERS:
            yield and_(in_shop, given, Payout.given_by != person)


def _line(payout: Payout) -> FulfilmentLine:
    given = payout.status == PayoutStatus.SENDING
    return FulfilmentLine(
        case=payout.case,
        shop=payout.shop,
        offer=payout.offer,
        payout=payout.key,
        form=payout.form,
        amount_fen=payout.amount_fen,
        waits_for="checking" if given else "giving",
        since=payout.sent_at or payout.made_at if given else payout.made_at,
        proof_refused=payout.status == PayoutStatus.FAILED,
    )
