"""The approvals that one person may give."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, Field
from sqlalchemy import Text, and_, cast, false, not_, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.ext.asyncio import AsyncSession

from db.reads.people import names_of
from db.tables.approvals import WaitingApproval
from domain.people import Role
from domain.policies.compensation import OfferForm

LONGEST = 200


class ApprovalLine(BaseModel):
    """An offer that waits for an approval which the reader may give."""

    case: str
    offer: int
    shop: str
    form: OfferForm
    amount_fen: int
    maker: str = Field(description="name of whoever made the offer")
    missing: list[Role] = Field(description="roles whose approval still counts")
    given_by: list[str] = Field(description="names of those who have approved")
    since: datetime
    expires_at: datetime


async def list_approvals(
    session: AsyncSession, people: frozenset[str], roles: Mapping[str | None, frozenset[Role]]
) -> list[ApprovalLine]:
    """What waits for this human being, the first to expire first: `people` are all accounts of theirs, `roles` those of
    the asking one by shop (None: in every shop). Nobody's own offers, and none that they have approved."""
    may = [
        and_(WaitingApproval.shop == shop if shop is not None else True, WaitingApproval.missing.overlap(sorted(held)))
        for shop, held in roles.items()
        if held
    ]
    mine = array(sorted(people), type_=Text)
    found = (
        select(WaitingApproval)
        .where(WaitingApproval.ended_at.is_(None), or_(false(), *may))
        .where(WaitingApproval.maker.not_in(sorted(people)))
        .where(not_(WaitingApproval.given_by.overlap(cast(mine, ARRAY(Text)))))
        .order_by(WaitingApproval.expires_at, WaitingApproval.case)
        .limit(LONGEST)
    )
    rows = list(await session.scalars(found))
    names = await names_of(session) if rows else {}
    return [_line(row, names) for row in rows]


def _line(row: WaitingApproval, names: Mapping[str, str]) -> ApprovalLine:
    return ApprovalLine(
        case=row.case,
        offer=row.offer,
        shop=row.shop,
        form=OfferForm(row.form),
        amount_fen=row.amount_fen,
        maker=names.get(row.maker, row.maker),
        missing=[Role(role) for role in row.missing],
        given_by=[names.get(person, person) for person in row.given_by],
        since=row.since,
        expires_at=row.expires_at,
    )
