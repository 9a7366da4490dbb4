"""Courier claims and losses over the api: steps with bad input, a claim by hand to its end, and the report."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from api.house import House, wall_clock
from db.losses import post_losses
from domain.loss_accounts import LossAccount
from tests.api.rows import add_case, caught_up
from worker import Parts, running

Body = dict[str, Any]
MONTH = {"since": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}
CLAIM: Body = {"step": "file_courier_claim", "leg": "order", "kind": "loss", "amount_fen": 4000}


@pytest.fixture
async def at_work(house: House) -> AsyncIterator[House]:
    """With a worker, in the time of the wall; no marketplace and no courier can be reached by machine."""
    settings = house.settings.model_copy(update={"top_url": "http://127.0.0.1:9", "worker_grace_seconds": 1})
    house = replace(house, settings=settings, now=wall_clock)
    async with (
        httpx2.AsyncClient(trust_env=False) as http,
        running(Parts(settings, house.sessions, house.ring, http, house.client)),
    ):
        yield house


@pytest.fixture
async def lost(house: House, at_work: House, web: httpx2.AsyncClient, cast: Any) -> Any:
    """The case of an order that its courier has lost, asked about; answers a hand that takes steps in it."""
    body = {
        "shop": "demo", "refund_id": uuid4().hex, "order_id": uuid4().hex, "kind": "refund", "reason": "未收到货",
        "amount_fen": 4990, "bought_fen": 4990, "applied_at": (house.now() - timedelta(hours=1)).isoformat(),
        "buyer": {"id": "chen-1"}, "order_courier": "圆通", "order_waybill": "YT7777777777777",
    }  # fmt: skip
    case = (await web.post("/refunds", json=body, headers=cast["agent"].headers)).json()["case"]
    await until(web, cast, case, lambda state: state["assignee"] is not None)

    async def take(who: str, **step: Any) -> httpx2.Response:
        return await web.post(f"/cases/{case}/steps", json=step, headers=cast[who].headers)

    assert (await take("agent", step="record_reason", cause="logistics.lost")).status_code == 200
    take.case = case  # type: ignore[attr-defined]
    return take


async def until(web: httpx2.AsyncClient, cast: Any, case: str, so: Callable[[Body], bool]) -> Body:
    async with asyncio.timeout(60):
        while True:
            state: Body = (await web.get(f"/cases/{case}", headers=cast["agent"].headers)).json()["state"]
            if so(state):
                return state
            await asyncio.sleep(0.1)


async def claim_is(web: httpx2.AsyncClient, cast: Any, case: str, status: str) -> Body:
    state = await until(
        web, cast, case, lambda state: bool(state["claims"]) and state["claims"][-1]["status"] == status
    )
    return dict(state["claims"][-1])


@pytest.mark.covers(126, 137, 139, 158)
async def test_a_lost_parcel_is_claimed_for_by_hand_and_finance_says_that_the_money_came(
    lost: Any, web: httpx2.AsyncClient, cast: Any, at_work: House
) -> None:
    where = (await web.get(f"/cases/{lost.case}/parcels", headers=cast["agent"].headers)).json()
    assert [(one["leg"], one["state"], one["waybill"]) for one in where] == [("order", "unknown", "YT****7777")]
    assert (await lost("agent", **CLAIM)).status_code == 200
    await claim_is(web, cast, lost.case, "by_hand")
    assert (await lost("agent", **CLAIM)).json()["code"] == "ClaimMadeAlready"
    said = {"step": "answer_courier_claim", "claim": 1, "proof": "工单 5521"}
    assert (await lost("agent", **said, answer="accepted")).status_code == 200
    await claim_is(web, cast, lost.case, "agreed")
    assert (await lost("agent", **said, answer="paid")).json()["code"] == "NotYours"
    assert (await lost("finance", **said, answer="paid")).status_code == 200
    assert (await claim_is(web, cast, lost.case, "paid"))["paid_fen"] == 4000
    lines = (await web.get("/courier-claims", params={"open": False}, headers=cast["finance"].headers)).json()
    assert [(one["case"], one["status"], one["paid_fen"]) for one in lines["claims"]] == [(lost.case, "paid", 4000)]
    waiting = (await web.get("/courier-claims", params={"open": True}, headers=cast["finance"].headers)).json()
    assert waiting["claims"] == []
    now = wall_clock()
    period = {"since": (now - timedelta(days=1)).isoformat(), "until": (now + timedelta(days=1)).isoformat()}
    last = (await web.get(f"/cases/{lost.case}", headers=cast["agent"].headers)).json()["version"]
    await caught_up(at_work, lost.case, last)
    report = (await web.get("/losses", params=period, headers=cast["finance"].headers)).json()
    assert [(one["shop"], one["courier_fen"], one["net_fen"]) for one in report["shops"]] == [("demo", -4000, -4000)]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"amount_fen": 0}, 422, "ZeroAmount"),
        ({"amount_fen": -5}, 422, "NegativeAmount"),
        ({"amount_fen": 6000}, 409, "ClaimAboveLimit"),
        ({"amount_fen": 4990, "declared_fen": 3000}, 409, "ClaimAboveLimit"),
        ({"leg": "sideways"}, 422, "BadInput"),
        ({"leg": "back"}, 409, "NothingClaimed"),
        ({"kind": "damage"}, 409, "ClaimUnfounded"),
        ({"evidence": [{"kind": "selfie", "file": "x"}]}, 409, "ClaimEvidenceUnknown"),
        ({"evidence": [{"kind": "damage_photo", "file": "x"}]}, 404, "NotFound"),
        ({"evidence": [{"kind": "damage_photo"}]}, 422, "BadInput"),
        ({"evidence": [{"kind": "damage_photo", "file": "x"}] * 10}, 422, "BadInput"),
    ],
)
async def test_a_claim_that_can_not_be_made_is_named_and_keeps_nothing(
    lost: Any, web: httpx2.AsyncClient, cast: Any, changes: Body, status: int, code: str
) -> None:
    answer = await lost("agent", **CLAIM | changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await web.get("/courier-claims", headers=cast["agent"].headers)).json()["claims"] == []


async def test_steps_around_claims_ask_for_what_is_there(lost: Any) -> None:
    refused: dict[str, Body] = {
        "answer_courier_claim": {"claim": 1, "answer": "accepted", "proof": "x"},
        "drop_courier_claim": {"claim": 1, "why": "x"},
        "share_loss": {"claim": 1, "amount_fen": 100},
        "answer_share": {"accepted": True},
        "give_share": {"proof": "x"},
        "leave_loss": {"why": "x"},
        "lift_abuse": {"why": "x"},
    }
    codes = {step: (await lost("agent", step=step, **body)).json()["code"] for step, body in refused.items()}
    assert codes == dict.fromkeys(refused, "WrongStage") | {"share_loss": "NoLossToShare"}


@pytest.fixture
async def posted(house: House, cast: Any) -> tuple[str, str]:
    """One case in each of two shops, both with losses."""
    here, there = await add_case(house, "demo"), await add_case(house, "other")
    async with house.sessions.begin() as session:
        for case, shop, goods in ((here, "demo", 8900), (there, "other", 100)):
            sums = {LossAccount.GOODS: goods, LossAccount.COURIER: -50}
            await post_losses(session, case, shop, sums, 1, house.now())
    return here, there


@pytest.mark.covers(158)
async def test_each_sees_the_losses_of_their_own_shops_with_the_cases_behind_them(
    posted: tuple[str, str], web: httpx2.AsyncClient, cast: Any
) -> None:
    for who in ("finance", "lead", "supervisor", "auditor"):
        report = (await web.get("/losses", params=MONTH, headers=cast[who].headers)).json()
        assert [(one["shop"], one["cases"], one["net_fen"]) for one in report["shops"]] == [("demo", 1, 8850)]
    page = (await web.get("/losses/cases", params=MONTH | {"limit": 1}, headers=cast["finance"].headers)).json()
    assert [(one["case"], one["goods_fen"], one["courier_fen"]) for one in page["cases"]] == [(posted[0], 8900, -50)]
    cursor = {"cursor": page["next"]}
    assert (await web.get("/losses/cases", params=MONTH | cursor, headers=cast["finance"].headers)).json() == {
        "cases": [], "next": None
    }  # fmt: skip
    elsewhere = await web.get("/losses", params=MONTH | {"shop": "other"}, headers=cast["finance"].headers)
    assert elsewhere.json()["shops"] == []


@pytest.mark.parametrize(
    "period",
    [
        {"since": MONTH["until"], "until": MONTH["since"]},
        {"since": MONTH["since"], "until": MONTH["since"]},
        {"since": "2024-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"since": "2026-11-01", "until": MONTH["until"]},
        {"since": MONTH["since"]},
        MONTH | {"cursor": "made-up"},
    ],
    ids=["backwards", "empty", "years", "no offset", "no end", "cursor"],
)
async def test_a_period_that_is_none_is_named(web: httpx2.AsyncClient, cast: Any, period: Body) -> None:
    answer = await web.get("/losses/cases", params=period, headers=cast["finance"].headers)
    assert (answer.status_code, answer.json()["code"]) in ((422, "BadInput"), (422, "BadCursor"), (400, "BadCursor"))
