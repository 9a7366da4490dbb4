"""Logging in by way of the sandbox's identity provider, over its own wire, and every way in which that goes wrong."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.house import House
from db.tables.login import ProviderAttempt
from db.tables.office import OfficeEvent
from gateways.oidc import IdentityProvider
from tests.api.login_world import Clock, browser

CALLBACK = "http://127.0.0.1:7241/login/oidc/callback"


@dataclass
class Provider:
    """The sandbox's provider, at which a browser chooses who it is."""

    url: str
    http: httpx2.AsyncClient

    async def says(self, address: str, account: str) -> str:
        """The address to which the provider sends the browser back."""
        query = urlsplit(address).query
        page = await self.http.get(address)
        assert page.status_code == 200
        chosen = await self.http.post(f"{self.url}/oidc/authorize", data={"query": query, "account": account})
        return str(chosen.headers["location"])

    async def next(self, **different: Any) -> None:
        await self.http.post(f"{self.url}/control/oidc/next", json=different)


@pytest.fixture
async def provider(app: FastAPI, sandbox: str) -> AsyncIterator[Provider]:
    async with httpx2.AsyncClient() as http:
        client = {"client_id": "amends-tests", "client_secret": "s" * 32, "redirect_uri": CALLBACK}
        await http.post(f"{sandbox}/control/oidc/clients", json=client)
        house: House = app.state.house
        ours = IdentityProvider(http, f"{sandbox}/oidc", "amends-tests", "s" * 32)
        app.state.house = replace(house, provider=ours)
        yield Provider(sandbox, http)
        await http.post(f"{sandbox}/control/oidc/next", json={})


@pytest.fixture
async def linked(app: FastAPI, provider: Provider, web: httpx2.AsyncClient, cast: Any) -> Provider:
    """Alice of the provider is our agent."""
    path, root = f"/people/{cast['agent'].id}/identities", cast["root"].headers
    assert (await web.post(path, json={"subject": "alice"}, headers=root)).status_code == 201
    return provider


async def begin(mine: httpx2.AsyncClient, return_to: str = "/queue") -> str:
    return str((await mine.get("/login/oidc", params={"return_to": return_to})).headers["location"])


async def log_in(mine: httpx2.AsyncClient, provider: Provider, account: str = "alice") -> httpx2.Response:
    return await mine.get(await provider.says(await begin(mine), account))


async def test_who_is_linked_comes_in_and_goes_where_they_wanted(app: FastAPI, linked: Provider) -> None:
    async with browser(app) as mine:
        answer = await log_in(mine, linked)
        assert (answer.status_code, answer.headers["location"]) == (303, "/queue")
        assert (await mine.get("/me")).json()["login"] == "agent-1"
        [session] = (await mine.get("/me/sessions")).json()
    assert session["how"] == "oidc"


async def test_the_way_there_carries_pkce_state_and_nonce(app: FastAPI, linked: Provider) -> None:
    async with browser(app) as mine:
        query = dict(parse_qsl(urlsplit(await begin(mine)).query))
        again = dict(parse_qsl(urlsplit(await begin(mine)).query))
    assert (query["response_type"], query["code_challenge_method"], query["scope"]) == (
        "code",
        "S256",
        "openid profile",
    )
    assert not {query[name] for name in ("state", "nonce", "code_challenge")} & {again[name] for name in again}


async def test_who_is_unknown_waits_for_an_administrator(
    app: FastAPI, provider: Provider, web: httpx2.AsyncClient, cast: Any
) -> None:
    root = cast["root"].headers
    async with browser(app) as mine:
        refused = await log_in(mine, provider, "bob")
        assert (refused.status_code, refused.json()["code"]) == (403, "IdentityUnknown")
        [waiting] = (await web.get("/identities?waiting=true", headers=root)).json()
        assert (waiting["subject"], waiting["name"], waiting["person"]) == ("bob", "Bob", None)
        await web.post(f"/people/{cast['lead'].id}/identities", json={"subject": "bob"}, headers=root)
        assert (await log_in(mine, provider, "bob")).status_code == 303
        assert (await mine.get("/me")).json()["login"] == "lead-1"


async def test_where_it_is_set_whoever_comes_gets_an_account_without_rights(app: FastAPI, provider: Provider) -> None:
    house: House = app.state.house
    wanted = house.settings.model_copy(update={"oidc_create_people": True})
    app.state.house = replace(house, settings=wanted)
    async with browser(app) as mine:
        assert (await log_in(mine, provider, "ann")).status_code == 303
        assert (await mine.get("/me")).json()["code"] == "NotAllowed"


async def test_an_identity_is_one_person(linked: Provider, web: httpx2.AsyncClient, cast: Any) -> None:
    path, root = f"/people/{cast['lead'].id}/identities", cast["root"].headers
    assert (await web.post(path, json={"subject": "alice"}, headers=root)).json()["code"] == "AlreadyThere"


async def test_who_loses_the_identity_is_logged_out(
    app: FastAPI, linked: Provider, web: httpx2.AsyncClient, cast: Any
) -> None:
    root = cast["root"].headers
    [line] = (await web.get("/identities", headers=root)).json()
    async with browser(app) as mine:
        await log_in(mine, linked)
        gone = await web.delete(f"/people/{cast['agent'].id}/identities/{line['id']}", headers=root)
        assert (gone.status_code, (await mine.get("/me")).json()["code"]) == (204, "SessionEnded")
        assert (await log_in(mine, linked)).json()["code"] == "IdentityUnknown"


async def test_who_left_does_not_come_in(app: FastAPI, linked: Provider, web: httpx2.AsyncClient, cast: Any) -> None:
    await web.patch(f"/people/{cast['agent'].id}", json={"active": False}, headers=cast["root"].headers)
    async with browser(app) as mine:
        assert (await log_in(mine, linked)).json()["code"] == "PersonLeft"


WRONG_TOKENS: list[dict[str, Any]] = [
    {"claims": {"iss": "https://evil.example"}},
    {"claims": {"aud": "another-client"}},
    {"claims": {"aud": ["amends-tests", "another"]}},
    {"claims": {"aud": ["amends-tests", "another"], "azp": "another"}},
    {"claims": {"nonce": "of another login"}},
    {"claims": {"nonce": None}},
    # Long ago, and in a time that is to come.
    {"claims": {"exp": 1_700_000_000}},
    {"claims": {"iat": 4_000_000_000}},
    {"claims": {"exp": None}},
    {"claims": {"sub": None}},
    {"claims": {"sub": ""}},
    {"claims": {"sub": 7}},
    {"signed_with": "other_key"},
    {"signed_with": "secret"},
    {"signed_with": "none"},
]


@pytest.mark.parametrize("different", WRONG_TOKENS, ids=str)
async def test_a_token_that_does_not_hold_lets_nobody_in(
    app: FastAPI, linked: Provider, house: House, different: dict[str, Any]
) -> None:
    await linked.next(**different)
    async with browser(app) as mine:
        refused = await log_in(mine, linked)
        assert (refused.status_code, refused.json()["code"]) == (401, "IdentityRefused")
        assert (await mine.get("/me")).status_code == 401
    async with house.sessions() as session:
        told = list(await session.scalars(select(OfficeEvent).where(OfficeEvent.kind == "door.refused")))
    assert [one.facts["kind"] for one in told] == ["IdentityRefused"]


async def test_a_login_ends_in_the_browser_that_began_it(app: FastAPI, linked: Provider) -> None:
    async with browser(app) as mine, browser(app) as another:
        back = await linked.says(await begin(mine), "alice")
        await begin(another)
        assert (await another.get(back)).json()["code"] == "IdentityRefused"
        assert (await mine.get(back)).status_code == 303


async def test_a_login_ends_once(app: FastAPI, linked: Provider) -> None:
    async with browser(app) as mine:
        back = await linked.says(await begin(mine), "alice")
        answers = [(await mine.get(back)).status_code for _ in range(2)]
    assert answers == [303, 401]


async def test_a_login_ends_within_ten_minutes(app: FastAPI, linked: Provider, house: House) -> None:
    async with browser(app) as mine:
        back = await linked.says(await begin(mine), "alice")
        Clock(app).move(timedelta(minutes=10))
        assert (await mine.get(back)).json()["code"] == "IdentityRefused"
        Clock(app).move(timedelta(minutes=1))
        await begin(mine)
    async with house.sessions() as session:
        assert len(list(await session.scalars(select(ProviderAttempt)))) == 1


@pytest.mark.parametrize("change", ["code=made-up", "error=access_denied", "iss=https://evil.example"])
async def test_an_answer_that_was_changed_on_its_way_lets_nobody_in(
    app: FastAPI, linked: Provider, change: str
) -> None:
    async with browser(app) as mine:
        back = await linked.says(await begin(mine), "alice")
        query = dict(parse_qsl(urlsplit(back).query)) | dict([change.split("=", 1)])
        refused = await mine.get("/login/oidc/callback", params=query)
    assert (refused.status_code, refused.json()["code"]) == (401, "IdentityRefused")


@pytest.mark.parametrize(
    "page", ["https://evil.example", "//evil.example", "/\\evil.example", "queue", "/a b", "/a\r\nb"]
)
async def test_one_is_sent_back_to_pages_of_this_site_only(app: FastAPI, linked: Provider, page: str) -> None:
    async with browser(app) as mine:
        refused = await mine.get("/login/oidc", params={"return_to": page})
    assert (refused.status_code, refused.json().get("field", refused.json()["code"])) == (422, "return_to")


async def test_a_provider_that_is_away_is_said_so(app: FastAPI, provider: Provider) -> None:
    house: House = app.state.house
    away = IdentityProvider(provider.http, "http://127.0.0.1:9/oidc", "amends-tests", "s")
    app.state.house = replace(house, provider=away)
    async with browser(app) as mine:
        refused = await mine.get("/login/oidc")
    assert (refused.status_code, refused.json()["down"]) == (503, ["identity provider"])


async def test_a_provider_of_another_name_is_not_believed(app: FastAPI, provider: Provider) -> None:
    house: House = app.state.house
    another = IdentityProvider(provider.http, f"{provider.url.replace('127.0.0.1', 'localhost')}/oidc/", "x", "s")
    app.state.house = replace(house, provider=another)
    async with browser(app) as mine:
        assert (await mine.get("/login/oidc")).json()["why"] == "issuer"


async def test_without_a_provider_the_other_way_in_is_named(app: FastAPI, web: httpx2.AsyncClient) -> None:
    refused = await web.get("/login/oidc")
    assert (refused.status_code, refused.json()["code"]) == (404, "NoProvider")
    assert (await web.get("/login")).json() == {"password": True, "oidc": None}


async def test_the_ways_in_name_the_provider(web: httpx2.AsyncClient, provider: Provider) -> None:
    assert (await web.get("/login")).json()["oidc"] == "Single sign-on"
