"""Budgets as people see them: of what, how much is used, reserved and left; the postings; and the trial balance."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.budget_books import lapsed_lines, read_books
from db.budgets import beside_aliases, circumstances, sales_of
from db.tables.budgets import Budget, BudgetLine, BudgetPosting
from db.tables.cases import CaseFile
from db.tables.money import Payout
from db.tables.office import Person, PersonRole, Shop
from domain import budgets
from domain.budgets import (
    NOTHING,
    Account,
    Amount,
    Balance,
    BudgetKey,
    BudgetScope,
    Circumstances,
    Draw,
    PostingKind,
    month_before,
)
from domain.payouts import PayoutStatus
from domain.policies.compensation import CompensationPolicy, FormKind


class Means(BaseModel):
    """Fen; `coupons` counts them, for quotas of coupons only."""

    fen: int
    coupons: int | None = None


class BudgetView(BaseModel):
    """One budget as it stands now. `ceiling` is the policy's with what was `raised` by a supervisor."""

    budget: str = Field(description="its name, as raising it and its postings take it")
    kind: FormKind
    scope: BudgetScope
    of: str = Field(description="the shop, the team, the person's name, or `buyer`")
    period: str = Field(description="a month, a day, or empty: the last 90 days")
    ceiling: Means
    raised: Means
    reserved: Means
    spent: Means
    left: Means


class LineView(BaseModel):
    budget: str
    account: Account
    fen: int
    coupons: int


class PostingLine(BaseModel):
    """One posting with its lines, which sum to zero in each budget."""

    serial: int
    id: UUID
    kind: PostingKind
    at: datetime
    by: str = Field(description="a person's id, or `amends` for what follows from a rule")
    case: str | None
    offer: int | None
    form: str | None
    month: str | None
    settles: UUID | None
    why: str | None
    lines: list[LineView]

    def moved(self, budget: str) -> Amount:
        """What came to `left` of one budget."""
        to_left = [li for li in self.lines if li.budget == budget and li.account is Account.LEFT]
        return sum((Amount(line.fen, line.coupons) for line in to_left), NOTHING)


class TrialBalance(BaseModel):
    """`odd` names what does not agree: a budget whose accounts are not the sums of its lines, a posting that does not
    balance, a reservation that was ended with other lines than it had, a payout that reached its buyer without its
    reservation being spent, or the other way round."""

    postings: int
    lines: int
    sound: bool
    odd: list[str]


async def shop_budgets(
    session: AsyncSession, shop: Shop, policy: CompensationPolicy, now: datetime, month: str | None, day: str | None
) -> list[BudgetView]:
    """The shop's cash and its quota of coupons in a month, and the days of its people who have offered anything."""
    where = Circumstances(shop=shop.code, zone=shop.zone, at=now, team=shop.team, maker="")
    month, day = month or where.month, day or where.day
    sold = await sales_of(session, shop.code, shop.team, month_before(month))
    keys = [BudgetKey(FormKind.CASH, BudgetScope.SHOP, shop.code, month), budgets.quota_of(shop.code, shop.team, month)]
    names = await _people_of(session, shop.code)
    days = select(Budget.subject).where(Budget.scope == BudgetScope.AGENT, Budget.period == day)
    for subject in await session.scalars(days.where(Budget.subject.in_(names)).order_by(Budget.subject)):
        keys.append(BudgetKey(FormKind.CASH, BudgetScope.AGENT, subject, day))
    books = await read_books(session, [str(key) for key in keys])
    return [
        _view(key, books.get(str(key), Balance()), budgets.policy_ceiling(key, policy, sold), names) for key in keys
    ]


async def _people_of(session: AsyncSession, shop: str) -> dict[str, str]:
    """The names of those who work in a shop, by what their days' budgets call them."""
    here = (PersonRole.shop == shop) | PersonRole.shop.is_(None)
    found = select(func.coalesce(Person.human, Person.id).label("human"), Person.name).order_by(Person.login)
    rows = await session.execute(found.join(PersonRole, PersonRole.person == Person.id).where(here))
    return {str(row.human): row.name for row in rows}


async def case_budgets(
    session: AsyncSession, case: CaseFile, maker: UUID, policy: CompensationPolicy, now: datetime
) -> list[BudgetView]:
    """What an offer that this person made in this case now would draw on."""
    seen: list[tuple[Draw, Balance]] = []
    for kind in (FormKind.CASH, FormKind.COUPON):
        where, aliases = await circumstances(
            session, kind, shop=case.shop, maker=str(maker), review=case.source_row, at=now
        )
        drawn = budgets.draws(kind, 0, where, policy)
        books = await read_books(session, [str(key) for key in (*(draw.budget for draw in drawn), *aliases)])
        for key, lines in (await lapsed_lines(session, books, now)).items():
            books[key] = books[key].after(lines)
        seen += [(beside_aliases(draw, books), books.get(str(draw.budget), Balance())) for draw in drawn]
    name = await session.scalar(select(Person.name).where(Person.id == maker))
    names = {draw.budget.subject: name or "" for draw, _ in seen if draw.budget.scope is BudgetScope.AGENT}
    return [_view(draw.budget, book, (draw.ceiling - draw.elsewhere).at_least(NOTHING), names) for draw, book in seen]


def _view(key: BudgetKey, book: Balance, ceiling: Amount, names: Mapping[str, str]) -> BudgetView:
    """As the next offer would find it: with what the policy grants by then."""
    granted = budgets.moved(PostingKind.GRANT, str(key), budgets.missing_grant(book, ceiling))
    book = book.after(granted)
    figures = {"ceiling": book.ceiling, "raised": -book.raised, "reserved": book.reserved, "spent": book.spent}
    of = {BudgetScope.AGENT: names.get(key.subject, ""), BudgetScope.BUYER: "buyer"}
    return BudgetView(
        budget=str(key), kind=key.kind, scope=key.scope, of=of.get(key.scope, key.subject), period=key.period,
        left=_means(key, book.left), **{name: _means(key, amount) for name, amount in figures.items()},
    )  # fmt: skip


def _means(key: BudgetKey, amount: Amount) -> Means:
    return Means(fen=amount.fen, coupons=amount.coupons if key.kind is FormKind.COUPON else None)


async def list_postings(
    session: AsyncSession, shop: str, budget: str | None, limit: int, before: int | None
) -> list[PostingLine]:
    """The newest first; those of one budget, or all that were made in this shop."""
    found = select(BudgetPosting).where(BudgetPosting.shop == shop).order_by(BudgetPosting.serial.desc()).limit(limit)
    if budget is not None:
        touching = select(BudgetLine.posting).where(BudgetLine.budget == budget)
        found = found.where(BudgetPosting.id.in_(touching))
    if before is not None:
        found = found.where(BudgetPosting.serial < before)
    postings = list(await session.scalars(found))
    lines = select(BudgetLine).where(BudgetLine.posting.in_([one.id for one in postings])).order_by(BudgetLine.id)
    sides: defaultdict[UUID, list[BudgetLine]] = defaultdict(list)
    for line in await session.scalars(lines):
        sides[line.posting].append(line)
    return [_posting(one, sides[one.id]) for one in postings]


async def show_posting(session: AsyncSession, id: UUID) -> PostingLine:
    lines = select(BudgetLine).where(BudgetLine.posting == id).order_by(BudgetLine.id)
    return _posting(await session.get_one(BudgetPosting, id), list(await session.scalars(lines)))


def _posting(one: BudgetPosting, lines: list[BudgetLine]) -> PostingLine:
    own: dict[str, Any] = {name: getattr(one, name) for name in PostingLine.model_fields if name != "lines"}
    views = [LineView(budget=li.budget, account=Account(li.account), fen=li.fen, coupons=li.coupons) for li in lines]
    return PostingLine(**own, lines=views)


async def trial_balance(session: AsyncSession) -> TrialBalance:
    """Everything reckoned anew from the lines; reads the whole ledger."""
    postings = await session.scalar(select(func.count()).select_from(BudgetPosting)) or 0
    lines = await session.scalar(select(func.count()).select_from(BudgetLine)) or 0
    checks = (_odd_budgets, _odd_postings, _odd_endings, _odd_payouts)
    odd = [name for check in checks for name in await check(session)]
    return TrialBalance(postings=postings, lines=lines, sound=not odd, odd=odd)


async def _odd_budgets(session: AsyncSession) -> list[str]:
    sums = (
        select(BudgetLine.budget, BudgetLine.account, func.sum(BudgetLine.fen).label("fen"))
        .add_columns(func.sum(BudgetLine.coupons).label("coupons"))
        .group_by(BudgetLine.budget, BudgetLine.account)
    )
    reckoned: dict[str, Balance] = {}
    for row in await session.execute(sums):
        line = budgets.Line(row.budget, Account(row.account), Amount(int(row.fen), int(row.coupons)))
        reckoned[row.budget] = reckoned.get(row.budget, Balance()).after([line])
    keys = list(await session.scalars(select(Budget.key)))
    kept = await read_books(session, keys)
    return [f"budget {key}" for key in keys if kept[key] != reckoned.get(key, Balance()) or not kept[key].sound]


async def _odd_postings(session: AsyncSession) -> list[str]:
    uneven = (func.sum(BudgetLine.fen) != 0) | (func.sum(BudgetLine.coupons) != 0)
    found = select(BudgetLine.posting).group_by(BudgetLine.posting, BudgetLine.budget).having(uneven)
    return [f"posting {posting}" for posting in await session.scalars(found)]


async def _odd_endings(session: AsyncSession) -> list[str]:
    """What an ending takes from `reserved` is what its reservation brought there, in the same budgets."""
    reservation = func.coalesce(BudgetPosting.settles, BudgetPosting.id)
    ended = select(BudgetPosting.settles).where(BudgetPosting.settles.is_not(None))
    uneven = (func.sum(BudgetLine.fen) != 0) | (func.sum(BudgetLine.coupons) != 0)
    found = (
        select(reservation)
        .join(BudgetLine, BudgetLine.posting == BudgetPosting.id)
        .where(BudgetLine.account == Account.RESERVED, reservation.in_(ended))
        .group_by(reservation, BudgetLine.budget)
        .having(uneven)
    )
    return [f"reservation {posting}" for posting in await session.scalars(found)]


async def _odd_payouts(session: AsyncSession) -> list[str]:
    """What may be given and what was given are two books; they tell of the same offers."""
    spent = select(BudgetPosting.case, BudgetPosting.offer).where(BudgetPosting.kind == PostingKind.SPEND)
    paid = select(Payout.case, Payout.offer).where(Payout.status == PayoutStatus.PAID)
    unspent = [f"payout of {case} offer {offer}" for case, offer in await session.execute(paid.except_(spent))]
    unpaid = [f"spending of {case} offer {offer}" for case, offer in await session.execute(spent.except_(paid))]
    return unspent + unpaid
