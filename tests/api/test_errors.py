"""Whatever goes wrong leaves as a problem that names itself and says what to do."""

import json
from typing import Any

import httpx2
import pytest

Body = dict[str, Any]


async def test_an_address_that_is_none_is_a_problem(web: httpx2.AsyncClient) -> None:
    answer = await web.get("/nowhere")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (404, "NotFound")


async def test_a_wrong_method_is_a_problem(web: httpx2.AsyncClient) -> None:
    answer = await web.delete("/health")
    assert (answer.status_code, answer.json()["code"]) == (405, "MethodNotAllowed")
    assert answer.headers["allow"] == "GET"


async def test_a_body_that_is_no_json_is_a_problem(web: httpx2.AsyncClient, cast: Any) -> None:
    answer = await web.post("/reviews", content=b"{", headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "BadInput")


async def test_deeply_nested_json_is_a_problem(web: httpx2.AsyncClient, cast: Any) -> None:
    answer = await web.post("/reviews", content=b"[" * 200_000, headers=cast["agent"].headers)
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] == "BadInput"


async def test_a_body_beyond_a_megabyte_is_refused_before_it_is_read(web: httpx2.AsyncClient) -> None:
    answer = await web.post("/reviews", content=b"x" * 1_000_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "TooLarge")


async def test_a_misshapen_body_names_its_fields_and_repeats_no_value(
    web: httpx2.AsyncClient, cast: Any, review: Body
) -> None:
    body = review | {"text": "x" * 4001, "buyer": {"id": "chen-1", "phone": 13800138000}, "surprise": 1}
    answer = await web.post("/reviews", json=body, headers=cast["agent"].headers)
    named = {fault["field"] for fault in answer.json()["errors"]}
    assert answer.status_code == 422
    assert named == {"body.text", "body.buyer.phone", "body.surprise"}
    assert "13800138000" not in answer.text


async def test_every_answer_carries_the_id_of_its_request(web: httpx2.AsyncClient) -> None:
    given = await web.get("/health", headers={"X-Request-Id": "abc-1"})
    bad = await web.get("/health", headers={"X-Request-Id": "a b\t"})
    assert given.headers["x-request-id"] == "abc-1"
    assert len(bad.headers["x-request-id"]) == 32


@pytest.mark.parametrize("path", ["/cases/A26-57XTE-9K2M8", "/cases/nonsense", "/cases/A26-57XTE-9K2M9"])
async def test_a_number_that_is_no_case_is_not_found(web: httpx2.AsyncClient, cast: Any, path: str) -> None:
    answer = await web.get(path, headers=cast["agent"].headers)
    assert answer.status_code == 404
    assert answer.json()["detail"]


async def test_a_failure_that_nobody_foresaw_tells_nothing_and_is_logged(
    web: httpx2.AsyncClient, cast: Any, house: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE shop SET platform = 'nonsense-13800138000' WHERE code = 'demo'")
    body = {
        "shop": "demo",
        "order_id": "1",
        "rating": "bad",
        "created_at": "2026-11-20T00:00:00Z",
        "buyer": {"id": "x"},
    }
    answer = await web.post("/reviews", json=body, headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["code"]) == (500, "InternalError")
    assert "13800138000" not in answer.text + capsys.readouterr().out
    assert json.loads(answer.text)["instance"] == "/reviews"
