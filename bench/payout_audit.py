"""Whether everybody who keeps account of the same payouts says the same: the wallets, the payouts' rows, the ledger,
the budgets, and the records of the cases; to the fen."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.sessions import Sessions
from db.tables.budgets import BudgetPosting
from db.tables.cases import CaseFile
from db.tables.money import LedgerEntry, Payout
from db.tables.record import CaseEvent

WALLET_OF = {
    "cash_alipay": "wallet:alipay",
    "cash_wechat": "wallet:wechat",
    "coupon_direct": "given:coupon_direct",
    "coupon_threshold": "given:coupon_threshold",
}
# Of a money key: the installation and the shop.
OURS = 10


@dataclass(frozen=True)
class Books:
    """What each of them says about one shop: wallets and marketplace by money key, the others as far as they know it.
    Coupons that no payout of ours has given stand under their own numbers."""

    arrived: Mapping[str, list[int]]
    rows: Mapping[str, Payout]
    posted: Mapping[str, Mapping[str, int]]
    recorded: Mapping[str, list[int]]
    outcomes: Mapping[str, str | None]
    reservations: Mapping[str, str | None]

    @property
    def paid(self) -> dict[str, Payout]:
        return {key: row for key, row in self.rows.items() if row.status == "paid"}


@dataclass
class Findings:
    """Every way in which two of them differ; all is well where there is none."""

    payouts: int = 0
    paid_fen: int = 0
    wrong: list[str] = field(default_factory=list)

    def say(self, what: str, which: Iterable[str]) -> None:
        found = sorted(set(which))
        if found:
            self.wrong.append(f"{len(found)} {what} ({', '.join(found[:5])})")


async def read_books(
    sessions: Sessions, shop: str, transfers: Sequence[Mapping[str, Any]], coupons: Sequence[Mapping[str, Any]] = ()
) -> Books:
    """`transfers` are what the wallets list; those that did not succeed moved nothing. `coupons` are what the
    marketplace has given in this shop."""
    async with sessions() as session:
        rows = {row.key: row for row in await session.scalars(select(Payout).where(Payout.shop == shop))}
        files = select(CaseFile.number, CaseFile.outcome).where(CaseFile.shop == shop)
        return Books(
            arrived=_arrived(transfers, {key[:OURS] for key in rows}) | _given(coupons, rows),
            rows=rows,
            posted=await _posted(session, rows),
            recorded=await _recorded(session, shop),
            outcomes=dict(list(await session.execute(files))),
            reservations=await _reservations(session, shop),
        )


def _arrived(transfers: Sequence[Mapping[str, Any]], ours: set[str]) -> dict[str, list[int]]:
    arrived: dict[str, list[int]] = defaultdict(list)
    for transfer in transfers:
        if transfer["status"] == "SUCCESS" and transfer["out_biz_no"][:OURS] in ours:
            arrived[transfer["out_biz_no"]].append(transfer["amount_fen"])
    return arrived


def _given(coupons: Sequence[Mapping[str, Any]], rows: Mapping[str, Payout]) -> dict[str, list[int]]:
    """Each coupon under the key of the payout that says it has given it."""
    keys = {row.provider_order: key for key, row in rows.items() if row.provider_order is not None}
    given: dict[str, list[int]] = defaultdict(list)
    for coupon in coupons:
        given[keys.get(coupon["coupon_number"], f"coupon {coupon['coupon_number']}")].append(coupon["face_fen"])
    return given


async def _posted(session: AsyncSession, rows: Mapping[str, Payout]) -> dict[str, dict[str, int]]:
    posted: dict[str, dict[str, int]] = defaultdict(dict)
    for entry in await session.scalars(select(LedgerEntry)):
        if entry.posting in rows:
            posted[entry.posting][entry.account] = entry.amount_fen
    return posted


async def _recorded(session: AsyncSession, shop: str) -> dict[str, list[int]]:
    """What the append-only record of each case says was paid."""
    events = (
        select(CaseEvent.case, CaseEvent.facts)
        .join(CaseFile, CaseFile.number == CaseEvent.case)
        .where(CaseFile.shop == shop, CaseEvent.kind == "payout_paid")
    )
    recorded: dict[str, list[int]] = defaultdict(list)
    for case, facts in await session.execute(events):
        recorded[case].append(int(facts["amount_fen"]))
    return recorded


async def _reservations(session: AsyncSession, shop: str) -> dict[str, str | None]:
    """How what was set aside for each case ended; None: it has not."""
    end = aliased(BudgetPosting)
    found = (
        select(BudgetPosting.case, end.kind)
        .outerjoin(end, end.settles == BudgetPosting.id)
        .where(BudgetPosting.shop == shop, BudgetPosting.kind == "reserve")
    )
    return {str(case): kind for case, kind in await session.execute(found)}


def audit(books: Books, owed: Mapping[str, int]) -> Findings:
    """`owed` is what each case has promised its buyer, by its number."""
    paid = books.paid
    found = Findings(len(paid), sum(row.amount_fen for row in paid.values()))
    _wallets_and_rows(found, books, paid)
    times = Counter(row.case for row in paid.values())
    found.say("cases are paid twice", [case for case, count in times.items() if count > 1])
    found.say("cases are never paid", [case for case in owed if case not in times])
    dearer = [row.case for row in paid.values() if owed.get(row.case) != row.amount_fen]
    found.say("cases are paid what nobody promised", dearer)
    found.say("payouts are not in balance in the ledger", [key for key in paid if not _balanced(books, paid[key])])
    found.say("postings are of no payment", [key for key in books.posted if key not in paid])
    found.say("records tell another sum", [case for case, fen in owed.items() if books.recorded.get(case) != [fen]])
    found.say("cases lack their outcome", [case for case in owed if books.outcomes.get(case) != "settled_kept"])
    found.say("reservations are not spent", [case for case in owed if books.reservations.get(case) != "spend"])
    return found


def _wallets_and_rows(found: Findings, books: Books, paid: Mapping[str, Payout]) -> None:
    found.say("numbers are paid twice at a wallet", [key for key, sums in books.arrived.items() if len(sums) > 1])
    found.say("transfers are at a wallet and not with us", [key for key in books.arrived if key not in paid])
    found.say("payments are with us and at no wallet", [key for key in paid if key not in books.arrived])
    other = [key for key, row in paid.items() if books.arrived.get(key, [row.amount_fen])[0] != row.amount_fen]
    found.say("transfers are of another amount", other)


def _balanced(books: Books, row: Payout) -> bool:
    lines = books.posted.get(row.key, {})
    return sum(lines.values()) == 0 and lines.get(WALLET_OF[row.form]) == -row.amount_fen
