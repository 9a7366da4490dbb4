"""Budgets and quotas: what an offer draws on, and the double entry that sets it aside, gives it back or spends it.

Each budget has five accounts. Its means come from `granted` (the policy's ceiling) and `raised` (a supervisor's word);
they are `left`, `reserved` or `spent`. Every posting moves an amount from one account of a budget to another, so the
five always sum to zero, and no posting may take `left`, `reserved` or `spent` below zero.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from domain.errors import Refusal
from domain.money import format_fen
from domain.policies.compensation import CompensationPolicy, FormKind

# Requirement 67 and the policy's field: what a buyer was given counts for 90 days from the moment it was spent.
BUYERS_PERIOD = timedelta(days=90)


class BudgetExhausted(Refusal):
    """A ceiling of the shop, its team, the maker or the buyer is reached."""

    code = "BudgetExhausted"


class BudgetInUse(Refusal):
    """A budget can't be taken below what is reserved and spent of it."""

    code = "BudgetInUse"


class BadBudgetKey(Refusal):
    """There can be no budget of this name."""

    code = "BadBudgetKey"


class BudgetScope(StrEnum):
    """Whose budget it is. A team serves several shops; a shop without one has its own quota."""

    SHOP = "shop"
    TEAM = "team"
    AGENT = "agent"
    BUYER = "buyer"


class Account(StrEnum):
    """Where the means of a budget come from and where they are."""

    GRANTED = "granted"
    RAISED = "raised"
    LEFT = "left"
    RESERVED = "reserved"
    SPENT = "spent"


class PostingKind(StrEnum):
    """`grant` follows the policy, `raise` is a supervisor's adjustment, `lapse` ends a rolling period."""

    GRANT = "grant"
    RAISE = "raise"
    RESERVE = "reserve"
    RELEASE = "release"
    SPEND = "spend"
    LAPSE = "lapse"


# From which account to which each kind moves; a negative amount moves back.
MOVES: Mapping[PostingKind, tuple[Account, Account]] = {
    PostingKind.GRANT: (Account.GRANTED, Account.LEFT),
    PostingKind.RAISE: (Account.RAISED, Account.LEFT),
    PostingKind.RESERVE: (Account.LEFT, Account.RESERVED),
    PostingKind.RELEASE: (Account.RESERVED, Account.LEFT),
    PostingKind.SPEND: (Account.RESERVED, Account.SPENT),
    PostingKind.LAPSE: (Account.SPENT, Account.LEFT),
}


@dataclass(frozen=True, slots=True)
class Amount:
    """Fen, and for quotas also how many coupons."""

    fen: int = 0
    coupons: int = 0

    def __add__(self, other: Self) -> "Amount":
        return Amount(self.fen + other.fen, self.coupons + other.coupons)

    def __sub__(self, other: Self) -> "Amount":
        return Amount(self.fen - other.fen, self.coupons - other.coupons)

    def __neg__(self) -> "Amount":
        return Amount(-self.fen, -self.coupons)

    def __bool__(self) -> bool:
        return self.fen != 0 or self.coupons != 0

    def covers(self, other: Self) -> bool:
        return self.fen >= other.fen and self.coupons >= other.coupons

    def at_least(self, other: Self) -> "Amount":
        return Amount(max(self.fen, other.fen), max(self.coupons, other.coupons))


NOTHING = Amount()


@dataclass(frozen=True, slots=True)
class BudgetKey:
    """`period` is a month `2026-11`, a day `2026-11-21`, or empty for a period that rolls."""

    kind: FormKind
    scope: BudgetScope
    subject: str
    period: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, (self.kind, self.scope, self.subject, self.period)))

    @classmethod
    def read(cls, text: str) -> "BudgetKey":
        """Raises BadBudgetKey."""
        kind, scope, subject, period = (text.split("/") + [""] * 4)[:4]
        known = (kind, scope) in _FIELDS
        key = cls(FormKind(kind), BudgetScope(scope), subject, period) if known else None
        if key is None or not subject or str(key) != text:
            raise BadBudgetKey(f"There is no budget {text!r}; the shop's budgets are listed with their names.")
        return key

    @property
    def label(self) -> str:
        """For people, without anybody's id."""
        whose = {
            BudgetScope.SHOP: f"shop {self.subject}",
            BudgetScope.TEAM: f"team {self.subject}",
            BudgetScope.AGENT: "one person of the desk",
            BudgetScope.BUYER: "one buyer",
        }
        when = f"in {self.period}" if self.period else f"in {BUYERS_PERIOD.days} days"
        return f"{self.kind} of {whose[self.scope]} {when}"


@dataclass(frozen=True, slots=True)
class Line:
    """One side of a posting."""

    budget: str
    account: Account
    amount: Amount


@dataclass(frozen=True, slots=True)
class Balance:
    """The five accounts of one budget; the sources stand below zero by what they gave."""

    granted: Amount = NOTHING
    raised: Amount = NOTHING
    left: Amount = NOTHING
    reserved: Amount = NOTHING
    spent: Amount = NOTHING

    @property
    def ceiling(self) -> Amount:
        return -(self.granted + self.raised)

    @property
    def used(self) -> Amount:
        return self.reserved + self.spent

    def after(self, lines: Iterable[Line]) -> "Balance":
        held = {account: getattr(self, account) for account in Account}
        for line in lines:
            held[line.account] += line.amount
        return Balance(**held)

    @property
    def sound(self) -> bool:
        """What holds of every budget at every moment; the database holds it too."""
        total = self.granted + self.raised + self.left + self.reserved + self.spent
        return not total and all(part.covers(NOTHING) for part in (self.left, self.reserved, self.spent))


@dataclass(frozen=True, slots=True)
class Draw:
    """What an offer takes from one budget. `ceiling` is the policy's; `elsewhere` is what was used beyond what was
    raised under other names of the same buyer. `fields` name the policy's figures for fen and for coupons."""

    budget: BudgetKey
    ceiling: Amount
    wanted: Amount
    fields: tuple[str, str]
    elsewhere: Amount = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Whose budgets an offer touches and when. `maker` stands for the human being behind every account of theirs;
    `at` decides month and day, once, in the shop's zone."""

    shop: str
    zone: str
    at: datetime
    maker: str
    team: str | None = None
    buyer: str | None = None
    sales_last_month_fen: int = 0

    @property
    def month(self) -> str:
        return f"{self.at.astimezone(ZoneInfo(self.zone)):%Y-%m}"

    @property
    def day(self) -> str:
        return f"{self.at.astimezone(ZoneInfo(self.zone)):%Y-%m-%d}"


def month_before(month: str) -> str:
    """The calendar month before one like `2026-01`."""
    year, number = map(int, month.split("-"))
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


def draws(kind: FormKind, amount_fen: int, where: Circumstances, policy: CompensationPolicy) -> tuple[Draw, ...]:
    """The budgets that an offer draws on, with the policy's ceilings; goods and refunds draw on none."""
    wanted = Amount(amount_fen, 1 if kind is FormKind.COUPON else 0)
    return tuple(
        Draw(key, policy_ceiling(key, policy, where.sales_last_month_fen), wanted, _FIELDS[key.kind, key.scope])
        for key in _drawn_on(kind, where)
    )


def _drawn_on(kind: FormKind, where: Circumstances) -> Iterable[BudgetKey]:
    if kind is FormKind.CASH:
        yield BudgetKey(kind, BudgetScope.SHOP, where.shop, where.month)
        yield BudgetKey(kind, BudgetScope.AGENT, where.maker, where.day)
        if where.buyer is not None:
            yield BudgetKey(kind, BudgetScope.BUYER, where.buyer)
    elif kind is FormKind.COUPON:
        yield quota_of(where.shop, where.team, where.month)


def quota_of(shop: str, team: str | None, month: str) -> BudgetKey:
    """The quota of coupons is the team's where the shop has one."""
    whose = (BudgetScope.TEAM, team) if team else (BudgetScope.SHOP, shop)
    return BudgetKey(FormKind.COUPON, *whose, month)


_QUOTA = ("coupons_month_fen", "coupons_month")
_FIELDS: Mapping[tuple[FormKind, BudgetScope], tuple[str, str]] = {
    (FormKind.CASH, BudgetScope.SHOP): ("cash_month_fen", ""),
    (FormKind.CASH, BudgetScope.AGENT): ("cash_agent_day_fen", ""),
    (FormKind.CASH, BudgetScope.BUYER): ("cash_buyer_90_days_fen", ""),
    (FormKind.COUPON, BudgetScope.SHOP): _QUOTA,
    (FormKind.COUPON, BudgetScope.TEAM): _QUOTA,
}


def policy_ceiling(key: BudgetKey, policy: CompensationPolicy, sales_last_month_fen: int = 0) -> Amount:
    """What the policy gives to a budget. The monthly limit of coupons may follow sales (S004): whichever is larger."""
    if key.kind is FormKind.CASH:
        return Amount(getattr(policy.budget, _FIELDS[key.kind, key.scope][0]))
    by_sales = sales_last_month_fen * (policy.coupons.month_permille_of_sales or 0) // 1000
    return Amount(max(policy.coupons.month_fen, by_sales), policy.coupons.month_count)


@dataclass(frozen=True, slots=True)
class Reserved:
    """What a reservation posts: first what the policy grants anew, then the reservation itself."""

    grants: list[Line] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def reserve(wanted: Sequence[Draw], books: Mapping[str, Balance]) -> Reserved:
    """Set an amount aside in every budget that an offer draws on, or in none. Raises BudgetExhausted with the first
    ceiling that would be broken."""
    posted = Reserved()
    for draw in wanted:
        key, balance = str(draw.budget), books[str(draw.budget)]
        ceiling = (draw.ceiling - draw.elsewhere).at_least(NOTHING)
        granted = moved(PostingKind.GRANT, key, missing_grant(balance, ceiling))
        free = balance.after(granted).left
        if not free.covers(draw.wanted):
            raise _exhausted(draw, free)
        posted.grants.extend(granted)
        posted.lines.extend(moved(PostingKind.RESERVE, key, draw.wanted))
    return posted


def missing_grant(balance: Balance, ceiling: Amount) -> Amount:
    """What the policy grants beyond what it has; negative when it was made stricter, but never below what is in use."""
    needed = balance.used + balance.raised
    return ceiling.at_least(needed) + balance.granted


def raised(key: BudgetKey, balance: Balance, more: Amount) -> list[Line]:
    """A supervisor's adjustment, up or down. Raises BudgetInUse."""
    lines = moved(PostingKind.RAISE, str(key), more)
    if not balance.after(lines).sound:
        raise BudgetInUse(
            f"Only {format_fen(balance.left.fen)} of the {key.label} is left to take back; name a smaller amount.",
            left_fen=balance.left.fen,
            left_coupons=balance.left.coupons,
        )
    return lines


def settled(kind: PostingKind, reservation: Iterable[Line]) -> list[Line]:
    """The lines that release or spend what a reservation set aside, in the budgets it came from."""
    held = [line for line in reservation if line.account is Account.RESERVED]
    return [line for one in held for line in moved(kind, one.budget, one.amount)]


def moved(kind: PostingKind, budget: str, amount: Amount) -> list[Line]:
    """The pair of lines of one move; nothing moves for an amount of nothing."""
    source, target = MOVES[kind]
    return [Line(budget, source, -amount), Line(budget, target, amount)] if amount else []


def _exhausted(draw: Draw, free: Amount) -> BudgetExhausted:
    short_of_fen = free.fen < draw.wanted.fen
    name = draw.fields[0] if short_of_fen else draw.fields[1]
    left = format_fen(free.fen) if short_of_fen else f"{free.coupons} coupons"
    return BudgetExhausted(
        f"The budget {draw.budget.label} has {left} left; offer less, or ask a supervisor to raise it.",
        budget=name,
        left=free.fen if short_of_fen else free.coupons,
    )
