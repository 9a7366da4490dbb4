"""What nothing can keep is refused at the door, by whatever way it comes in; what only looks like it is not."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from psycopg.errors import ForeignKeyViolation, NumericValueOutOfRange, UniqueViolation
from sqlalchemy.exc import DataError, IntegrityError

from api import unkeepable
from tests.api.rows import add_case


@pytest.mark.parametrize("text", [r"a\u0000b", r"a\ud800b", r"\udc00"])
async def test_a_body_with_a_nul_or_half_a_character_is_refused_wherever_it_stands(
    web: httpx2.AsyncClient, cast: Any, text: str
) -> None:
    body = f'{{"document": {{"a": ["{text}"]}}, "shop": "demo"}}'.encode()
    headers = cast["supervisor"].headers | {"Content-Type": "application/json"}
    answer = await web.post("/policies/desk/preview", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "BadInput", "body")


@pytest.mark.parametrize("path", ["/cases?cause=a%00b", "/cases/A%00", "/shops/demo%00/gate"])
async def test_an_address_with_a_nul_is_refused(web: httpx2.AsyncClient, cast: Any, path: str) -> None:
    answer = await web.get(path, headers=cast["supervisor"].headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "BadInput")


async def test_escaped_emoji_and_a_backslash_before_a_u_are_words_like_others(
    web: httpx2.AsyncClient, cast: Any, house: Any
) -> None:
    headers = cast["agent"].headers | {"Content-Type": "application/json"}
    for text in (r"\ud83d\ude21", r"C:\\u0000"):
        answer = await web.post("/shops/demo/wording", content=f'{{"text": "{text}"}}'.encode(), headers=headers)
        assert answer.status_code == 200


async def test_a_number_that_no_column_holds_is_the_senders_fault(
    web: httpx2.AsyncClient, cast: Any, house: Any
) -> None:
    case = await add_case(house, "demo")
    answer = await web.get(f"/cases/{case}/timeline?after={10**30}", headers=cast["auditor"].headers)
    assert answer.status_code == 422


async def test_a_shop_and_a_person_that_are_not_there_are_not_found(web: httpx2.AsyncClient, cast: Any) -> None:
    root = cast["root"].headers
    nobody = "6f8d4b55-1b1c-4f6e-9d5c-0a8f5a3c9e11"
    forgotten = await web.post("/shops/nowhere/retention", headers=root)
    taken = await web.delete(f"/people/{nobody}/roles?role=agent", headers=root)
    assert (forgotten.status_code, taken.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (DataError("insert", {}, NumericValueOutOfRange("1" * 30)), 422, "BadInput"),
        (IntegrityError("insert", {}, ForeignKeyViolation("shop 13800138000")), 404, "NotFound"),
        (IntegrityError("insert", {}, UniqueViolation("13800138000")), 500, "InternalError"),
    ],
)
async def test_what_the_database_refuses_is_named_and_never_repeated(error: Exception, status: int, code: str) -> None:
    app = FastAPI()
    unkeepable.install(app)

    @app.get("/")
    async def fail() -> None:
        raise error

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://amends") as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "13800138000" not in answer.text
