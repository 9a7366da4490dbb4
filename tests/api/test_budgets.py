"""Budgets over the api: seen by whoever answers for them, raised with a reason, and never by their beneficiary."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from api.house import House
from db import budgets
from db.tables.cases import CaseFile
from domain.policies.compensation import CompensationPolicy, OfferForm
from domain.policies.documents import load_shipped
from tests.api.rows import add_case

SHIPPED = load_shipped("compensation", CompensationPolicy)
CASH, QUOTA = "cash/shop/demo/2026-11", "coupon/shop/demo/2026-11"
RAISE = "/shops/demo/budgets/raise"


@pytest.fixture
def ask(web: httpx2.AsyncClient, cast: Any) -> Any:
    async def asked(who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        return await web.request(method, path, json=body, headers=cast[who].headers | headers)

    return asked


@pytest.fixture
async def offered(house: House, cast: Any) -> str:
    """A case in which the agent has offered ten yuan; its number."""
    number = await add_case(house, "demo")
    async with house.sessions.begin() as session:
        case = (await session.scalars(select(CaseFile).where(CaseFile.number == number))).one()
        claim = budgets.Claim(
            case=number, offer=1, shop="demo", review=case.source_row, form=OfferForm.CASH_ALIPAY, amount_fen=1_000,
            maker=str(cast["agent"].id), at=house.now(),
        )  # fmt: skip
        await budgets.reserve(session, claim, SHIPPED, "compensation:shipped")
    return number


def figures(answer: httpx2.Response, budget: str) -> dict[str, int]:
    view = next(line for line in answer.json() if line["budget"].startswith(budget))
    return {name: view[name]["fen"] for name in ("ceiling", "reserved", "spent", "left")}


async def test_finance_sees_what_is_used_reserved_and_left_of_what(ask: Any, cast: Any, offered: str) -> None:
    shown = await ask("finance", "GET", "/shops/demo/budgets")
    assert figures(shown, CASH) == {"ceiling": 300_000, "reserved": 1_000, "spent": 0, "left": 299_000}
    assert figures(shown, "cash/agent")["left"] == 9_000
    assert [line["of"] for line in shown.json()] == ["demo", "demo", "Agent-1"]


async def test_an_agent_sees_what_an_offer_would_draw_on(ask: Any, offered: str) -> None:
    shown = await ask("agent", "GET", f"/cases/{offered}/budgets")
    assert [(line["scope"], line["left"]["fen"]) for line in shown.json()] == [
        ("shop", 299_000), ("agent", 9_000), ("buyer", 1_000), ("shop", 100_000),
    ]  # fmt: skip


@pytest.mark.covers(67)
async def test_the_quota_of_coupons_follows_the_sales_that_finance_enters(ask: Any) -> None:
    for fen in (1, 200_000_000):
        await ask("finance", "PUT", "/shops/demo/sales/2026-10", {"fen": fen})
    shown = await ask("auditor", "GET", "/shops/demo/budgets")
    events = (await ask("root", "GET", "/office/events?limit=1000")).json()
    assert figures(shown, QUOTA)["left"] == 400_000
    assert [event["facts"]["fen"] for event in events if event["kind"] == "sales.set"] == [
        {"old": None, "new": 1}, {"old": 1, "new": 200_000_000},
    ]  # fmt: skip


async def test_a_supervisor_raises_a_budget_once_and_the_reason_is_in_the_record(ask: Any, offered: str) -> None:
    body = {"budget": CASH, "fen": 50_000, "why": "the kettles of Double 12"}
    answers = [await ask("supervisor", "POST", RAISE, body, **{"Idempotency-Key": "one"}) for _ in range(2)]
    other = await ask("supervisor", "POST", RAISE, body | {"fen": 9}, **{"Idempotency-Key": "one"})
    assert (answers[0].json(), other.json()["code"]) == (answers[1].json(), "IdempotencyKeyReused")
    assert figures(await ask("lead", "GET", "/shops/demo/budgets"), CASH)["left"] == 349_000
    events = (await ask("root", "GET", "/office/events?limit=1000")).json()
    assert [event["facts"]["why"] for event in events if event["kind"] == "budget.raised"] == [body["why"]]


NOT_MEANT: list[tuple[dict[str, Any], int, str]] = [
    ({"budget": "cash/shop/other/2026-11"}, 404, "NotFound"),
    ({"budget": "cash/shop/demo/2026-10"}, 422, "BadOfficeData"),
    ({"budget": "cash/shop/demo/soon"}, 422, "BadOfficeData"),
    ({"budget": "gold/shop/demo/2026-11"}, 422, "BadBudgetKey"),
    ({"budget": "cash/agent/nobody/2026-11-20"}, 404, "NotFound"),
    ({"budget": "cash/agent/{supervisor}/2026-11-20"}, 403, "SelfApproval"),
    ({"budget": "coupon/agent/{supervisor}/2026-11-20"}, 422, "BadBudgetKey"),
    ({"fen": -300_001}, 409, "BudgetInUse"),
    ({"fen": 0}, 422, "BadInput"),
    ({"coupons": 5}, 422, "BadInput"),
    ({"fen": 10.5}, 422, "BadInput"),
    ({"fen": "NaN"}, 422, "BadInput"),
    ({"fen": 10**12}, 422, "BadInput"),
]


async def test_a_raise_that_cannot_be_meant_is_refused_by_name(ask: Any, cast: Any) -> None:
    for change, status, code in NOT_MEANT:
        body = {"budget": CASH, "fen": 100, "why": "more"} | change
        body["budget"] = str(body["budget"]).format(supervisor=cast["supervisor"].id)
        answer = await ask("supervisor", "POST", RAISE, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_what_the_policy_gives_can_be_taken_back_before_anything_is_offered(ask: Any) -> None:
    answer = await ask("supervisor", "POST", RAISE, {"budget": CASH, "fen": -300_000, "why": "nothing this month"})
    assert answer.status_code == 200
    assert figures(await ask("lead", "GET", "/shops/demo/budgets"), CASH)["left"] == 0


async def test_nobody_raises_the_day_of_their_own_second_account(ask: Any, cast: Any) -> None:
    linked = await ask("root", "PATCH", f"/people/{cast['agent'].id}", {"same_as": str(cast["supervisor"].id)})
    key = f"cash/agent/{linked.json()['human']}/2026-11-20"
    answer = await ask("supervisor", "POST", RAISE, {"budget": key, "fen": 100, "why": "more"})
    assert answer.json()["code"] == "SelfApproval"


async def test_the_ledger_is_read_page_by_page_and_its_trial_balance_is_sound(ask: Any, offered: str) -> None:
    await ask("supervisor", "POST", RAISE, {"budget": CASH, "fen": 100, "why": "more"})
    path, kinds = "/shops/demo/budget-postings?limit=1", []
    cursor: str | None = ""
    while cursor is not None:
        page = (await ask("auditor", "GET", f"{path}&cursor={cursor}")).json()
        kinds += [posting["kind"] for posting in page["postings"]]
        cursor = page["next"]
    assert kinds == ["raise", "reserve", "grant"]
    only = (await ask("auditor", "GET", f"/shops/demo/budget-postings?budget={CASH}")).json()["postings"]
    assert {sum(line["fen"] for line in posting["lines"] if line["budget"] == CASH) for posting in only} == {0}
    assert (await ask("root", "GET", "/budgets/trial-balance")).status_code == 403
