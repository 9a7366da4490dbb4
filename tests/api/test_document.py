"""The OpenAPI document, and the two addresses for whoever watches the process."""

import re
from typing import Any

import httpx2
import pytest
import schemathesis
from fastapi import FastAPI
from temporalio.client import Client

from api.app import routes
from api.house import House
from api.step_bodies import BODIES
from db.sessions import connect


@pytest.fixture
async def document(web: httpx2.AsyncClient) -> Any:
    return (await web.get("/openapi.json")).json()


def test_every_route_says_what_it_is_for() -> None:
    assert not [route.name for route in routes() if not route.summary]


def test_every_operation_has_an_answer_and_problems_of_the_same_kind(document: Any) -> None:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    for operation in operations:
        failing = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert {kind for answer in failing.values() for kind in answer["content"]} <= {"application/problem+json"}
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_steps_are_a_union_told_apart_by_their_name(document: Any) -> None:
    body = document["paths"]["/cases/{number}/steps"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["discriminator"]["propertyName"] == "step"
    assert set(body["discriminator"]["mapping"]) == set(BODIES)
    assert all(
        "step" in document["components"]["schemas"][ref["$ref"].rsplit("/", 1)[1]]["required"] for ref in body["oneOf"]
    )


def test_every_reference_of_the_document_leads_somewhere(document: Any) -> None:
    known = set(document["components"]["schemas"])
    assert not {ref.rsplit("/", 1)[1] for ref in _references(document)} - known


def test_the_document_keeps_to_its_specification_so_that_clients_can_be_generated(document: Any) -> None:
    schemathesis.openapi.from_dict(document).validate()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids)) > 50


def test_every_schema_has_a_name_and_a_title_of_its_own(document: Any) -> None:
    # Generators make a class of each title; two of one title lose one of the classes.
    schemas = document["components"]["schemas"]
    titles = [schema.get("title", name) for name, schema in schemas.items()]
    assert not [name for name in schemas if "__" in name]
    assert not {title for title in titles if titles.count(title) > 1}


async def test_the_page_of_the_api_names_no_other_host_and_runs_no_script_but_its_files(
    web: httpx2.AsyncClient,
) -> None:
    page = await web.get("/docs")
    named = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    found = [await web.get(f"/{address}") for address in named]

    assert not re.search(r"https?://|//[\w.]+/", page.text + (await web.get("/docs/start.js")).text)
    assert "<script>" not in page.text
    assert [answer.status_code for answer in found] == [200] * len(named)
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in page.headers["content-security-policy"]


async def test_nothing_but_the_files_of_the_page_is_given_out(web: httpx2.AsyncClient) -> None:
    for address in ("/docs/files/", "/docs/files/../core.py", "/docs/files/%2e%2e/core.py", "/redoc"):
        assert (await web.get(address)).status_code == 404


def test_the_way_to_send_a_key_is_part_of_the_document(document: Any) -> None:
    assert set(document["components"]["securitySchemes"]) == {
        "HTTPBearer",
        "APIKeyHeader",
        "APIKeyCookie",
        "SignedRequest",
    }


async def test_a_living_and_ready_house_says_so(web: httpx2.AsyncClient, house: House) -> None:
    assert (await web.get("/health")).json() == {"status": "ok"}
    assert (await web.get("/ready")).json() == {"status": "ok", "sending": "ok"}


async def test_what_is_down_is_named(app: FastAPI, web: httpx2.AsyncClient, house: House) -> None:
    away = house.settings.model_copy(update={"database_url": _nowhere(house)})
    engine = connect(away, house.ring)
    client = await Client.connect("127.0.0.1:9", lazy=True)
    app.state.house = House.at(away, house.ring, engine, client)
    answer = await web.get("/ready")
    assert (answer.status_code, answer.json()["down"]) == (503, ["database", "engine"])
    assert answer.headers["retry-after"]


async def test_a_request_while_the_database_is_away_may_be_repeated(
    app: FastAPI, web: httpx2.AsyncClient, house: House
) -> None:
    engine = connect(house.settings.model_copy(update={"database_url": _nowhere(house)}), house.ring)
    app.state.house = House.at(house.settings, house.ring, engine, house.client)
    answer = await web.get("/me", headers={"X-Api-Key": "ak_some"})
    assert (answer.status_code, answer.json()["code"]) == (503, "Unavailable")


def _nowhere(house: House) -> Any:
    url = house.settings.database_url
    return type(url)(url.get_secret_value().replace("127.0.0.1", "127.0.0.2"))


def _references(node: Any) -> set[str]:
    if isinstance(node, list):
        return {found for item in node for found in _references(item)}
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own | {found for value in node.values() for found in _references(value)}
