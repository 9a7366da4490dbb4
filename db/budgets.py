"""Setting aside what an offer would cost, under its budgets' row locks; releasing or spending it once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.budget_books import ROLLING, Entry, open_books, post
from db.tables.budgets import Budget, BudgetLine, BudgetPosting, ShopSales
from db.tables.buyers import Buyer, BuyerPerson, Review
from db.tables.office import Person, Shop
from db.tables.refunds import Refund
from domain import budgets
from domain.budgets import (
    Account,
    Amount,
    Balance,
    BudgetKey,
    BudgetScope,
    Circumstances,
    Draw,
    Line,
    PostingKind,
    month_before,
)
from domain.offers import OfferMade
from domain.policies.compensation import CompensationPolicy, FormKind, OfferForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One offer's wish for means. `review` is the row that its case is about: of a review or of an application."""

    case: str
    offer: int
    shop: str
    review: UUID
    form: OfferForm
    amount_fen: int
    maker: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reservation:
    """What was last set aside for an offer; `settled` is None until it is released or spent."""

    posting: UUID
    shop: str
    form: str
    amount_fen: int
    maker: str
    at: datetime
    month: str
    settled: PostingKind | None

    @property
    def live(self) -> bool:
        return self.settled is None

    def answers(self, claim: Claim) -> bool:
        """Whether this is what the claim asks for, kept when it was made before."""
        mine = (claim.form, claim.amount_fen, claim.maker, claim.at)
        return self.live and mine == (self.form, self.amount_fen, self.maker, self.at)


async def reserve(session: AsyncSession, claim: Claim, policy: CompensationPolicy, version: str) -> str:
    """Set an offer's amount aside in every budget it draws on, or in none; answers the month it counts in. Repeating it
    sets nothing aside twice; another claim for the same offer, after a step that was lost on its way, takes the place
    of the one before. Raises BudgetExhausted, and OfferMade for an offer whose money was spent."""
    earlier = await reservation_of(session, claim.case, claim.offer)
    if earlier is not None and earlier.answers(claim):
        return earlier.month
    if earlier is not None and earlier.settled is PostingKind.SPEND:
        raise OfferMade("Amends were made under this offer already; look at the case again.")
    if earlier is not None and earlier.live:
        await _settle(session, claim.case, claim.offer, earlier, PostingKind.RELEASE, claim.at)
    kind = policy.forms[claim.form]
    where, aliases = await circumstances(
        session, kind, shop=claim.shop, maker=claim.maker, review=claim.review, at=claim.at
    )
    wanted = budgets.draws(kind, claim.amount_fen, where, policy)
    books = await open_books(session, [draw.budget for draw in wanted], aliases, claim.shop, claim.at)
    posted = budgets.reserve([beside_aliases(draw, books) for draw in wanted], books)
    nth = await _next_nth(session, claim) if earlier is not None else 1
    made = {"case": claim.case, "offer": claim.offer, "nth": nth, "form": claim.form, "month": where.month}
    reserved = {"by": claim.maker, "amount_fen": claim.amount_fen} | made
    entries: list[Entry] = [(PostingKind.RESERVE, posted.lines, reserved)]
    if posted.grants:
        entries.insert(0, (PostingKind.GRANT, posted.grants, {"why": version}))
    await post(session, claim.shop, claim.at, entries)
    return where.month


async def release(session: AsyncSession, case: str, offer: int, now: datetime) -> None:
    """Give back what is set aside for an offer, to the budgets it came from; once."""
    await _end(session, case, offer, PostingKind.RELEASE, now)


async def spend(session: AsyncSession, case: str, offer: int, now: datetime) -> None:
    """What was set aside for an offer has reached the buyer; once."""
    await _end(session, case, offer, PostingKind.SPEND, now)


async def _end(session: AsyncSession, case: str, offer: int, kind: PostingKind, now: datetime) -> None:
    held = await reservation_of(session, case, offer, lock=True)
    if held is not None and held.live:
        await _settle(session, case, offer, held, kind, now)


async def reservation_of(session: AsyncSession, case: str, offer: int, *, lock: bool = False) -> Reservation | None:
    """The last reservation of an offer. With `lock` nobody else ends it before this transaction does."""
    if lock:
        key = text("SELECT pg_advisory_xact_lock(hashtextextended('reservation:' || :case || ':' || :offer, 0))")
        await session.execute(key, {"case": case, "offer": str(offer)})
    found = (await session.execute(_RESERVATION, {"case": case, "offer": offer})).one_or_none()
    if found is None:
        return None
    settled = PostingKind(found.settled) if found.settled else None
    return Reservation(
        found.id, found.shop, found.form, found.amount_fen, found.by, found.at, found.month, settled
    )  # fmt: skip


async def reserved_offers(session: AsyncSession, case: str) -> list[int]:
    """The offers of a case for which something is set aside."""
    return list(await session.scalars(_RESERVED_OFFERS, {"case": case}))


_END = BudgetPosting.__table__.alias("ending")
_RESERVATION = (
    select(
        BudgetPosting.id, BudgetPosting.shop, BudgetPosting.form, BudgetPosting.amount_fen, BudgetPosting.by,
        BudgetPosting.at, BudgetPosting.month, _END.c.kind.label("settled"),
    )
    .outerjoin(_END, _END.c.settles == BudgetPosting.id)
    .where(BudgetPosting.case == bindparam("case"), BudgetPosting.offer == bindparam("offer"))
    .where(BudgetPosting.kind == literal_column("'reserve'"))
    .order_by(BudgetPosting.nth.desc())
    .limit(1)
)  # fmt: skip
_RESERVED_OFFERS = (
    select(BudgetPosting.offer)
    .outerjoin(_END, _END.c.settles == BudgetPosting.id)
    .where(BudgetPosting.case == bindparam("case"), BudgetPosting.kind == literal_column("'reserve'"))
    .where(_END.c.id.is_(None))
    .order_by(BudgetPosting.offer)
)


async def _settle(
    session: AsyncSession, case: str, offer: int, held: Reservation, kind: PostingKind, now: datetime
) -> None:
    rows = await session.execute(
        select(BudgetLine.budget, BudgetLine.account, BudgetLine.fen, BudgetLine.coupons)
        .join(Budget, Budget.key == BudgetLine.budget)
        .where(BudgetLine.posting == held.posting)
        .order_by(Budget.key)
        .with_for_update(of=Budget)
    )
    lines = [Line(row.budget, Account(row.account), Amount(row.fen, row.coupons)) for row in rows]
    about = {"case": case, "offer": offer, "settles": held.posting, "month": held.month}
    await post(session, held.shop, now, [(kind, budgets.settled(kind, lines), about)])


async def _next_nth(session: AsyncSession, claim: Claim) -> int:
    mine = (BudgetPosting.case == claim.case) & (BudgetPosting.offer == claim.offer)
    last = await session.scalar(select(func.max(BudgetPosting.nth)).where(mine))
    return (last or 0) + 1


async def circumstances(
    session: AsyncSession, kind: FormKind, *, shop: str, maker: str, review: UUID, at: datetime
) -> tuple[Circumstances, list[BudgetKey]]:
    """Whose budgets an offer of a kind touches, and those that the same buyer's other names may have left."""
    row = (await session.execute(_WHERE, {"shop": shop, "maker": UUID(maker), "review": review})).one()
    where = Circumstances(
        shop=shop, zone=row.zone, at=at, team=row.team, maker=str(row.maker or maker),
        buyer=str(row.buyer) if row.buyer else None,
    )  # fmt: skip
    if kind is FormKind.COUPON:
        sold = await sales_of(session, shop, where.team, month_before(where.month))
        return replace(where, sales_last_month_fen=sold), []
    if kind is not FormKind.CASH:
        return where, []
    return where, [BudgetKey(FormKind.CASH, BudgetScope.BUYER, str(alias)) for alias in row.aliases or ()]


# Of the review or the application that a case is about.
_BUYER = func.coalesce(
    select(Review.buyer).where(Review.id == bindparam("review")).scalar_subquery(),
    select(Refund.buyer).where(Refund.id == bindparam("review")).scalar_subquery(),
)
_ROOT = (
    select(func.coalesce(BuyerPerson.merged_into, BuyerPerson.id))
    .join(Buyer, Buyer.person == BuyerPerson.id)
    .where(Buyer.id == _BUYER)
    .scalar_subquery()
)
_ALIASES = select(func.array_agg(BuyerPerson.id)).where(BuyerPerson.merged_into == _ROOT).scalar_subquery()
_WHERE = (
    select(
        Shop.zone, Shop.team, func.coalesce(Person.human, Person.id).label("maker"), _ROOT.label("buyer"),
        _ALIASES.label("aliases"),
    )
    .outerjoin(Person, Person.id == bindparam("maker"))
    .where(Shop.code == bindparam("shop"))
)  # fmt: skip


async def sales_of(session: AsyncSession, shop: str, team: str | None, month: str) -> int:
    """What a shop sold in a month; with a team, what all its shops sold."""
    sold = select(func.coalesce(func.sum(ShopSales.fen), 0)).where(ShopSales.month == month)
    if team is None:
        sold = sold.where(ShopSales.shop == shop)
    else:
        sold = sold.where(ShopSales.shop.in_(select(Shop.code).where(Shop.team == team)))
    return int(await session.scalar(sold) or 0)


def beside_aliases(draw: Draw, books: Mapping[str, Balance]) -> Draw:
    """What the same buyer got under names that were merged since counts here too."""
    if draw.budget.scope is not BudgetScope.BUYER:
        return draw
    others = [book for key, book in books.items() if key.startswith(ROLLING) and key != str(draw.budget)]
    return replace(draw, elsewhere=sum((book.used + book.raised for book in others), Amount()))
