"""Reporting a review: what starts a case, and what is refused with which reason."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from api.house import House
from db.sealed_texts import open_text
from db.tables.buyers import Buyer, Review, ShopOrder
from domain.case_numbers import parse
from tests.api.rows import add_review

Body = dict[str, Any]


@pytest.fixture
def report(web: httpx2.AsyncClient, cast: Any, review: Body) -> Any:
    async def posted(**changes: Any) -> httpx2.Response:
        return await web.post("/reviews", json=review | changes, headers=cast["agent"].headers)

    return posted


async def test_a_bad_review_starts_its_case(report: Any) -> None:
    answer = await report()
    assert answer.status_code == 201
    assert answer.json()["created"]
    assert parse(answer.json()["case"]) == answer.json()["case"]
    assert answer.headers["location"] == f"/cases/{answer.json()['case']}"


async def test_the_same_review_again_names_the_case_it_has(report: Any) -> None:
    first, again = await report(), await report(text="other words")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"created": False}


async def test_one_review_reported_by_many_at_once_starts_one_case(report: Any, house: House) -> None:
    answers = await asyncio.gather(*(report() for _ in range(6)))
    async with house.sessions() as session:
        rows = await session.scalar(select(func.count()).select_from(Review))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert (len({answer.json()["case"] for answer in answers}), rows) == (1, 1)


async def test_text_and_buyer_are_sealed_and_the_order_is_kept(report: Any, house: House) -> None:
    await report()
    async with house.sessions() as session:
        row = (await session.scalars(select(Review))).one()
        order, buyer = (await session.scalars(select(ShopOrder))).one(), (await session.scalars(select(Buyer))).one()
        assert await open_text(session, row.text) == "壶盖是坏的 😡"
        assert (order.paid_fen, buyer.phone, row.grade) == (9900, "13800138000", "bad")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"shop": "nowhere"}, 404, "NotFound"),
        ({"shop": "other"}, 404, "NotFound"),
        ({"rating": "superb"}, 422, "UnknownRating"),
        ({"rating": "good"}, 409, "NotNegative"),
        ({"rating": 10**30}, 422, "BadInput"),
        ({"text": "x" * 4001}, 422, "BadInput"),
        ({"text": "bell \x07"}, 422, "BadInput"),
        ({"text": None}, 422, "BadInput"),
        ({"order_id": "a:b"}, 422, "BadInput"),
        ({"order_id": ""}, 422, "BadInput"),
        ({"buyer": {}}, 422, "BadInput"),
        ({"buyer": {"id": "x\x00"}}, 422, "BadInput"),
        ({"created_at": "2026-11-20T01:00:00"}, 422, "BadInput"),
        ({"created_at": "yesterday"}, 422, "BadInput"),
        ({"created_at": "9999-12-31T23:59:59-23:00"}, 422, "BadInput"),
        ({"created_at": "2026-11-20T04:36:00Z"}, 422, "BadInput"),
        ({"created_at": "2026-10-01T00:00:00Z"}, 409, "BeforeCutOff"),
        ({"paid_fen": -1}, 422, "BadInput"),
        ({"paid_fen": 1.5}, 422, "BadInput"),
    ],
)
async def test_what_is_refused_names_its_reason_and_leaves_nothing(
    report: Any, house: House, changes: Body, status: int, code: str
) -> None:
    answer = await report(**changes)
    async with house.sessions() as session:
        rows = await session.scalar(select(func.count()).select_from(Review))
    assert (answer.status_code, answer.json()["code"], rows) == (status, code, 0)
    assert len(answer.json()["detail"]) > 20


async def test_a_field_is_named_as_its_sender_wrote_it(report: Any) -> None:
    errors = (await report(rating=3.7)).json()["errors"]
    assert {error["field"] for error in errors} == {"body.rating"}


async def test_the_reason_is_said_in_words_of_ours(report: Any) -> None:
    [error] = (await report(text="bell \x07")).json()["errors"]
    assert error == {"field": "body.text", "why": "control characters are not accepted; remove them"}


@pytest.mark.parametrize("field", ["shop", "order_id", "rating", "created_at", "buyer"])
async def test_a_missing_field_is_named(web: httpx2.AsyncClient, cast: Any, review: Body, field: str) -> None:
    del review[field]
    answer = await web.post("/reviews", json=review, headers=cast["agent"].headers)
    assert answer.status_code == 422
    assert field in answer.json()["detail"]


async def test_a_clock_that_is_a_little_ahead_is_forgiven(report: Any, house: House) -> None:
    assert (await report(created_at=(house.now() + timedelta(minutes=4)).isoformat())).status_code == 201


async def test_a_review_of_another_shop_s_order_is_refused(report: Any, house: House, review: Body) -> None:
    await add_review(house, "other", review["order_id"])
    answer = await report()
    assert (answer.status_code, answer.json()["code"]) == (409, "OrderOfAnotherShop")


async def test_a_neutral_review_opens_a_case_as_well(report: Any) -> None:
    assert (await report(rating="neutral")).status_code == 201


async def test_a_review_of_stars_alone_needs_no_text(report: Any) -> None:
    assert (await report(text="")).status_code == 201


async def test_line_breaks_and_emoji_stay_as_they_are(report: Any, house: House) -> None:
    words = "第一行\n第二行 👨‍👩‍👧 ‏שלום"
    await report(text=words)
    async with house.sessions() as session:
        row = (await session.scalars(select(Review))).one()
        assert await open_text(session, row.text) == words
