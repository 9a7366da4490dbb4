"""Offers over the api: what may be offered and why, and every amount that is none."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from api.house import House
from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.review_case.state import Attempt
from tests.api.rows import add_case
from tests.domain.plain_case import a_plain_case

Ranges = Callable[[str], Awaitable[dict[str, Any]]]


@pytest.fixture
async def case(house: House, cast: Any) -> str:
    """The agent's own: a bad review of a broken cup for 89 yuan; explained, and the buyer was not convinced."""
    state = a_plain_case().case
    talk = Attempt(
        number=1, channel=Channel.CALL, at=house.now(), by="a", result=CallResult.CONNECTED,
        talk=TalkOutcome.UNDECIDED, explained=True,
    )  # fmt: skip
    state.attempts, state.cause, state.assignee, state.severity = [talk], "quality.broken", str(cast["agent"].id), 2
    return await add_case(house, "demo", state=state.model_dump(mode="json"))


@pytest.fixture
def ranges(web: httpx2.AsyncClient, cast: Any, case: str) -> Ranges:
    async def asked(who: str) -> dict[str, Any]:
        body: dict[str, Any] = (await web.get(f"/cases/{case}/offer-range", headers=cast[who].headers)).json()
        return body | {"forms": {line["form"]: line for line in body["forms"]}}

    return asked


@pytest.mark.covers(63, 69)
async def test_the_range_comes_with_its_reasons_and_the_explanation_that_did_not_convince(ranges: Ranges) -> None:
    body = await ranges("agent")
    cash = body["forms"]["cash_alipay"]
    assert (cash["min_fen"], cash["base_fen"], cash["max_fen"], cash["approval"]) == (10, 500, 1000, None)
    assert cash["reasons"] == ["bad review: ¥5.00 to ¥10.00"]
    assert (body["policy"], body["in_the_way"], body["order_paid_fen"]) == ("compensation:shipped", None, 8900)
    assert (body["explanation"]["contact"], body["explanation"]["convinced"]) == (1, False)


async def test_each_form_says_how_it_reaches_the_buyer_and_who_approves_it(ranges: Ranges) -> None:
    gift = (await ranges("agent"))["forms"]["gift_parcel"]
    assert gift["fulfilled_by"] == "by_hand"
    assert gift["approval"] == {"by": ["lead", "supervisor"], "both": False}


async def test_what_stands_in_the_way_is_named_for_each_person(ranges: Ranges) -> None:
    assert (await ranges("auditor"))["in_the_way"]["code"] == "NotYours"


async def test_without_the_order_s_amount_there_is_no_range_and_it_says_so(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    state = a_plain_case().case
    assert state.identity is not None
    state.identity.order_paid_fen = None
    number = await add_case(house, "demo", state=state.model_dump(mode="json"))
    body = (await web.get(f"/cases/{number}/offer-range", headers=cast["lead"].headers)).json()
    assert (body["forms"], body["in_the_way"]["code"]) == ([], "ExplainFirst")


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("-500", "NegativeAmount"),
        ("0", "ZeroAmount"),
        ("0.0", "ZeroAmount"),
        ("5.5", "FractionOfFen"),
        ("1e30", "AmountTooLarge"),
        ("99999999999999999999999", "AmountTooLarge"),
        ("Infinity", "AmountTooLarge"),
        ("-Infinity", "NegativeAmount"),
        ("NaN", "NotAnAmount"),
        ('"5.00"', "NotAnAmount"),
        ("true", "NotAnAmount"),
        ("null", "NotAnAmount"),
        ('500, "currency": "USD"', "WrongCurrency"),
    ],
)
@pytest.mark.parametrize("step", ['"make_offer", ', '"approve", "offer": 1, '])
async def test_an_amount_that_is_none_is_refused_by_its_own_name(
    web: httpx2.AsyncClient, cast: Any, case: str, amount: str, code: str, step: str
) -> None:
    body = f'{{"step": {step}"amount_fen": {amount}}}'
    answer = await web.post(
        f"/cases/{case}/steps", content=body, headers=cast["lead"].headers | {"Content-Type": "application/json"}
    )
    if "currency" in amount and "approve" in step:
        code = "BadInput"  # an approval repeats the amount alone
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "amount_fen" in answer.json()["detail"] or "currency" in answer.json()["detail"]


async def test_nothing_is_offered_in_a_closed_case(web: httpx2.AsyncClient, house: House, cast: Any) -> None:
    state = a_plain_case().case
    state.closed_at = house.now()
    number = await add_case(house, "demo", state=state.model_dump(mode="json"), closed_at=house.now())
    body = json.dumps({"step": "make_offer", "amount_fen": 500})
    headers = cast["lead"].headers | {"Content-Type": "application/json"}
    answer = await web.post(f"/cases/{number}/steps", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "CaseClosed")
