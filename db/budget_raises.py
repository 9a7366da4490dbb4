"""A supervisor's word on one budget: raised or taken back, with a reason, in the ledger and in the office's record."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import BadOfficeData, NotThere, lock_office, record
from db.budget_books import Entry, open_books, post
from db.budgets import sales_of
from db.buyers import aliases_of
from db.shops import shop_of
from db.tables.budgets import BudgetPosting
from db.tables.cases import CaseFile
from db.tables.office import Person, PersonRole, Shop
from domain import budgets
from domain.approvals import SelfApproval
from domain.budgets import Amount, Balance, BudgetKey, BudgetScope, Line, PostingKind, month_before
from domain.policies.compensation import CompensationPolicy, FormKind

_PERIODS = {
    BudgetScope.SHOP: r"\d{4}-(0[1-9]|1[0-2])",
    BudgetScope.TEAM: r"\d{4}-(0[1-9]|1[0-2])",
    BudgetScope.AGENT: r"\d{4}-\d{2}-\d{2}",
    BudgetScope.BUYER: "",
}


@dataclass(frozen=True, slots=True)
class Raise:
    """`more` may be negative: what is left may be taken back. A repeat under the same `id` changes nothing."""

    budget: BudgetKey
    more: Amount
    why: str
    id: UUID | None = None


async def raise_budget(
    session: AsyncSession,
    by: UUID,
    now: datetime,
    shop_code: str,
    wish: Raise,
    policy: CompensationPolicy,
    version: str,
) -> UUID:
    """Answers the posting. Raises NotThere for a budget that is not this shop's, BadOfficeData for a period that is
    over, SelfApproval for one's own day, BudgetInUse where more would be taken back than is left."""
    await lock_office(session)
    if wish.id is not None and await session.get(BudgetPosting, wish.id) is not None:
        return wish.id
    shop, key = await shop_of(session, shop_code), wish.budget
    if not await _of_this_shop(session, shop, key):
        raise NotThere(f"{shop_code} has no budget {key}; GET its budgets.")
    _check_period(key, shop, now)
    if key.scope is BudgetScope.AGENT and key.subject == await human_of(session, by):
        raise SelfApproval("Nobody raises their own day's budget; ask another supervisor.", maker=str(by))
    book = (await open_books(session, [key], [], shop_code, now))[str(key)]
    granted = await _granted(session, shop, key, book, policy)
    posting = wish.id or uuid4()
    lines = budgets.raised(key, book.after(granted), wish.more)
    entries: list[Entry] = [(PostingKind.GRANT, granted, {"why": version})] if granted else []
    about = {"id": posting, "by": str(by), "why": wish.why}
    await post(session, shop_code, now, [*entries, (PostingKind.RAISE, lines, about)])
    facts = {"fen": wish.more.fen, "coupons": wish.more.coupons, "why": wish.why, "posting": str(posting)}
    await record(session, str(by), now, "budget.raised", str(key), facts)
    return posting


async def _granted(
    session: AsyncSession, shop: Shop, key: BudgetKey, book: Balance, policy: CompensationPolicy
) -> list[Line]:
    """What the policy grants by now, so that all of it can be taken back, and no more."""
    sold = 0
    if key.kind is FormKind.COUPON:
        sold = await sales_of(session, shop.code, shop.team, month_before(key.period))
    ceiling = budgets.policy_ceiling(key, policy, sold)
    return budgets.moved(PostingKind.GRANT, str(key), budgets.missing_grant(book, ceiling))


async def human_of(session: AsyncSession, person: UUID) -> str:
    """What stands for the human being behind an account, in the names of budgets."""
    return str(
        await session.scalar(select(func.coalesce(Person.human, Person.id)).where(Person.id == person)) or person
    )


async def _of_this_shop(session: AsyncSession, shop: Shop, key: BudgetKey) -> bool:
    match key.scope:
        case BudgetScope.SHOP:
            return key.subject == shop.code and (key.kind is FormKind.CASH or shop.team is None)
        case BudgetScope.TEAM:
            return key.subject == shop.team
        case BudgetScope.AGENT:
            works_here = (PersonRole.shop == shop.code) | PersonRole.shop.is_(None)
            found = select(Person.id).join(PersonRole, PersonRole.person == Person.id).where(works_here)
            found = found.where(func.coalesce(Person.human, Person.id) == _uuid(key.subject))
            return await session.scalar(found.limit(1)) is not None
        case BudgetScope.BUYER:
            names = await aliases_of(session, _uuid(key.subject))
            bought_here = (CaseFile.shop == shop.code) & CaseFile.buyer_person.in_(names)
            return bool(await session.scalar(select(exists().where(bought_here))))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotThere(f"There is no budget of {text}; GET the shop's budgets.") from None


def _check_period(key: BudgetKey, shop: Shop, now: datetime) -> None:
    if not re.fullmatch(_PERIODS[key.scope], key.period):
        raise BadOfficeData(
            "budget ends in a month like 2026-11, for one person in a day like 2026-11-21.", field="budget"
        )
    today = f"{now.astimezone(ZoneInfo(shop.zone)):%Y-%m-%d}"
    if key.period and key.period < today[: len(key.period)]:
        raise BadOfficeData(f"{key.period} is over; nothing is offered on its budget any more.", field="budget")
