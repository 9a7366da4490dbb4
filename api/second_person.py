"""A second administrator for dangerous changes of accounts, where the house asks for one."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from api.callers import Caller, TheCaller
from api.errors import documented
from api.house import House, TheHouse
from db.second_person import CODE_LASTS, AccountChange, make_code, use_code

router = APIRouter(tags=["account"])
Confirmation = Annotated[
    str | None,
    Header(
        alias="X-Confirmation",
        max_length=40,
        description="where the house asks for two: another administrator's code for this change",
    ),
]


class ConfirmBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    change: AccountChange


class NewConfirmation(BaseModel):
    """The only time that the code is shown. Give it to whoever carries the change out; it is of no use to you."""

    code: str
    expires_at: datetime


@router.post(
    "/people/{person}/confirmations",
    responses=documented(403, 404),
    status_code=201,
    summary="Agree to a change that another administrator makes",
)
async def confirm_change(house: TheHouse, caller: TheCaller, person: UUID, body: ConfirmBody) -> NewConfirmation:
    """Good once, for ten minutes, for this change of this account."""
    async with house.sessions.begin() as session:
        code = await make_code(session, caller.person, house.now(), body.change, person)
    return NewConfirmation(code=code, expires_at=house.now() + CODE_LASTS)


async def agreed(
    house: House, session: AsyncSession, caller: Caller, change: AccountChange, person: UUID, code: str | None
) -> None:
    """Raises SecondPersonNeeded, in a house that asks for two. In the transaction of the change, so that the code is
    used up with it or not at all."""
    if house.settings.account_changes_by_two:
        accounts = {caller.person, *map(UUID, caller.accounts)}
        await use_code(session, accounts, house.now(), change, person, code)
