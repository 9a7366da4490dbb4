"""Rows that budgets hang on: a shop, a maker, a buyer with a review, cases."""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from db import budgets, office
from db.budget_books import read_books
from db.buyers import BuyerFacts
from db.reads.budgets import trial_balance
from db.reviews import ReviewFacts, keep_review
from db.sealing import KeyRing
from db.sessions import Sessions
from db.tables.budgets import Budget
from db.tables.cases import CaseFile
from domain.budgets import Balance
from domain.case_numbers import mint
from domain.policies.compensation import CompensationPolicy, OfferForm
from domain.policies.documents import load_shipped, with_overrides

SHIPPED = load_shipped("compensation", CompensationPolicy)


class BudgetWorld:
    """One shop and its offers, written as the activities write them."""

    def __init__(self, open_session: Sessions, ring: KeyRing, now: datetime) -> None:
        self.open_session, self.ring, self.now = open_session, ring, now
        self.policy = SHIPPED
        self.people: dict[str, UUID] = {}

    async def open(self, shop: str = "demo", **more: Any) -> None:
        async with self.open_session.begin() as session:
            about: dict[str, Any] = {
                "name": shop,
                "platform": "sandbox",
                "jurisdiction": "none",
                "cut_off_at": self.now,
            }
            await office.add_shop(session, "tests", self.now, code=shop, **about | more)

    async def person(self, name: str) -> str:
        if name not in self.people:
            async with self.open_session.begin() as session:
                added = await office.add_person(session, "tests", self.now, login=name, name=name.title())
                self.people[name] = added.id
        return str(self.people[name])

    def allow(self, **budget: int) -> None:
        """Other ceilings than the shipped ones."""
        coupons = {name: budget.pop(name) for name in list(budget) if name.startswith("month")}
        self.policy = with_overrides(SHIPPED, {"budget": budget, "coupons": coupons})

    async def case(self, buyer: str = "chen", shop: str = "demo") -> tuple[str, UUID]:
        """A case of a buyer: its number and its review's row."""
        oid, number = secrets.token_hex(6), mint(2026, secrets.token_bytes(8))
        facts = ReviewFacts(
            shop, "sandbox", oid, oid, "bad", "坏了", self.now, BuyerFacts("sandbox", buyer, nick=buyer), "api"
        )
        async with self.open_session.begin() as session:
            row = (await keep_review(session, self.ring, facts, self.now)).row
            case = {
                "number": number, "kind": "review", "workflow": number, "run": 1, "shop": shop, "platform": "sandbox",
                "external_id": oid, "source_row": row, "stage": "contacting", "grade": "bad", "severity": 1,
                "due_at": self.now, "due_what": "", "review_created_at": self.now, "opened_at": self.now, "version": 1,
                "person_step": 0, "state": {}, "written_at": self.now, "cause_confirmed": False, "paid_fen": 0,
            }  # fmt: skip
            await session.execute(insert(CaseFile).values(**case))
        return number, row

    async def reserve(self, case: tuple[str, UUID], fen: int, **more: Any) -> str:
        """Answers the month. Raises BudgetExhausted."""
        maker = await self.person(more.pop("maker", "alice"))
        claim: dict[str, Any] = {"offer": 1, "shop": "demo", "form": OfferForm.CASH_ALIPAY, "at": self.now}
        wish = budgets.Claim(case=case[0], review=case[1], amount_fen=fen, maker=maker, **claim | more)
        async with self.open_session.begin() as session:
            return await budgets.reserve(session, wish, self.policy, "compensation:shipped")

    async def release(self, case: tuple[str, UUID], offer: int = 1, at: datetime | None = None) -> None:
        async with self.open_session.begin() as session:
            await budgets.release(session, case[0], offer, at or self.now)

    async def spend(self, case: tuple[str, UUID], offer: int = 1, at: datetime | None = None) -> None:
        async with self.open_session.begin() as session:
            await budgets.spend(session, case[0], offer, at or self.now)

    async def books(self) -> dict[str, Balance]:
        """Every budget by its name, after proving that the accounts are the sums of their lines. Nothing is paid here,
        so what was spent is all that the trial balance may name."""
        async with self.open_session() as session:
            keys = list(await session.scalars(select(Budget.key)))
            odd = (await trial_balance(session)).odd
            assert [name for name in odd if not name.startswith("spending of")] == []
            return await read_books(session, keys)
