"""Buyers' data: in plain only with a reason and on record, found through indexes, forgotten when it is time."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from api.house import House
from db import office
from db.audit import record
from db.policy_rows import policy_in_force
from db.reads.looks import DELIVERY, EXPORTED
from db.tables.buyers import Buyer, BuyerLink, SealedText, ShopOrder
from db.tables.cases import CaseFile
from db.tables.office import OfficeEvent
from record.documents import Scope
from record.export import Wish, export
from record.verify import Trust, verify
from tests import record_world
from tests.api.conftest import NOW
from tests.record_world import ONE, TWO, signer
from vault.folder import FolderStore
from vault.vault import Vault

ASKED = {"fields": ["name", "phone", "address"], "why": "call", "note": "she asked to be called"}


@pytest.fixture
async def case(house: House, app: FastAPI, cast: Any, tmp_path: Path) -> str:
    """A case of Chen's, in a house with a vault."""
    app.state.house = replace(house, vault=Vault(FolderStore(tmp_path), house.ring, 10_000))
    async with house.sessions.begin() as session:
        await record_world.add_case(session, house.ring, ONE, NOW)
    return ONE


async def close(house: House, days_ago: int, *numbers: str) -> None:
    async with house.sessions.begin() as session:
        closed = {"closed_at": NOW - timedelta(days=days_ago), "stage": "closed", "outcome": "refused"}
        await session.execute(update(CaseFile).where(CaseFile.number.in_(numbers)).values(**closed))


@pytest.mark.covers(181, 203)
async def test_a_buyer_is_seen_in_plain_with_a_reason_and_on_record(
    web: httpx2.AsyncClient, house: House, cast: Any, case: str
) -> None:
    shown = await web.post(f"/cases/{case}/buyer/unmask", json=ASKED, headers=cast["agent"].headers)
    assert shown.json() == {
        "nick": None, "name": "陈晓", "phone": "13800138000", "address": "杭州市文一西路1号", "accounts": None,
    }  # fmt: skip
    looks = await web.get(f"/cases/{case}/buyer/looks", headers=cast["auditor"].headers)
    assert [(look["who"], look["why"], look["fields"]) for look in looks.json()] == [
        ("Agent-1", "call", ["address", "name", "phone"])
    ]
    async with house.reads() as session:
        facts = str(list(await session.scalars(select(OfficeEvent.facts))))
    assert "13800138000" not in facts
    assert "asked to be called" not in facts


@pytest.mark.covers(203)
async def test_an_auditor_sees_who_saw_which_buyer_in_all_cases_of_the_shop(
    web: httpx2.AsyncClient, house: House, cast: Any, case: str
) -> None:
    async with house.sessions.begin() as session:
        await record_world.add_case(session, house.ring, TWO, NOW)
        await record(session, str(cast["warehouse"].id), NOW + timedelta(hours=1), DELIVERY, TWO, {})
        await record(session, str(cast["root"].id), NOW, EXPORTED, TWO, {"texts": False})
    await web.post(f"/cases/{case}/buyer/unmask", json=ASKED, headers=cast["agent"].headers)
    await web.get(f"/cases/{case}/replay", headers=cast["lead"].headers)

    async def looks(asker: str = "auditor", **query: str) -> list[tuple[str, str, str]]:
        answer = await web.get("/looks", params=query, headers=cast[asker].headers)
        return [(one["who"], one["case"], one["how"]) for one in answer.json()]

    delivered = ("Warehouse-1", TWO, "delivery.shown")
    assert await looks() == [
        delivered,
        ("Agent-1", case, "buyer.unmasked"),
        ("Lead-1", case, "chat.replayed"),
    ]
    assert await looks(who=str(cast["warehouse"].id)) == await looks(since=(NOW + timedelta(minutes=1)).isoformat())
    assert (await web.get("/looks", headers=cast["stranger"].headers)).status_code == 403


async def test_without_a_reason_nothing_is_shown(web: httpx2.AsyncClient, cast: Any, case: str) -> None:
    for body in ({"fields": ["name"]}, {"fields": ["name"], "why": "curious"}, {"fields": [], "why": "call"}):
        answer = await web.post(f"/cases/{case}/buyer/unmask", json=body, headers=cast["agent"].headers)
        assert answer.status_code == 422


@pytest.mark.covers(206)
@pytest.mark.parametrize("said", ["13800138000", "138 0013 8000", "8000"])
async def test_a_buyer_is_found_by_phone_or_its_tail_and_stays_masked(
    web: httpx2.AsyncClient, cast: Any, case: str, said: str
) -> None:
    found = await web.get("/search/buyers", params={"q": said}, headers=cast["agent"].headers)
    assert [one["cases"] for one in found.json()] == [[case]]
    assert "13800138000" not in found.text
    elsewhere = await web.get("/search/buyers", params={"q": said}, headers=cast["stranger"].headers)
    assert elsewhere.json() == []


@pytest.mark.covers(202, 206)
async def test_what_is_due_is_previewed_then_forgotten_and_the_record_still_holds(
    web: httpx2.AsyncClient, house: House, cast: Any, case: str, tmp_path: Path
) -> None:
    file = await web.post(
        f"/cases/{case}/files?name=a.txt", content="陈晓的照片".encode(), headers=cast["agent"].headers
    )
    await close(house, 181, case)
    preview = await web.get("/shops/demo/retention", headers=cast["auditor"].headers)
    assert (preview.json()["due"], preview.json()["policy"]) == ([case], "retention:shipped")
    done = (await web.post("/shops/demo/retention", headers=cast["admin"].headers)).json()
    assert done == {"cases": [case], "texts": 1, "files": 1, "buyers": 1}
    async with house.sessions() as session:
        buyer = (await session.scalars(select(Buyer))).one()
        assert (buyer.name, buyer.phone, buyer.phone_tail, buyer.platform_id) == (None, None, None, None)
        assert list(await session.scalars(select(ShopOrder.address))) == [None]
        assert list(await session.scalars(select(SealedText.body))) == [None]
    async with house.sessions() as session:
        wish = Wish(Scope(case=case), "ada", "audit", NOW)
        await export(session, wish, signer(), tmp_path / "export.zip")
    assert (await verify(tmp_path / "export.zip", None, Trust())).counts["events"] == 3
    gone = await web.get(f"/cases/{case}/files/{file.json()['file']}", headers=cast["agent"].headers)
    assert (gone.status_code, gone.json()["code"]) == (410, "FileErased")
    runs = await web.get("/shops/demo/retention/runs", headers=cast["auditor"].headers)
    assert [(run["cases"], run["buyers"]) for run in runs.json()] == [(1, 1)]


async def test_a_legal_hold_beats_retention(web: httpx2.AsyncClient, house: House, cast: Any, case: str) -> None:
    await close(house, 500, case)
    await web.post(f"/cases/{case}/legal-hold", json={"why": "police"}, headers=cast["supervisor"].headers)
    preview = (await web.get("/shops/demo/retention", headers=cast["auditor"].headers)).json()
    assert (preview["due"], preview["held"]) == ([], [case])
    asked = await web.post(f"/cases/{case}/buyer/erase", json={"why": "asked"}, headers=cast["supervisor"].headers)
    assert (asked.status_code, asked.json()["code"]) == (409, "BuyerStillNeeded")


async def test_a_shop_may_keep_for_less_long(web: httpx2.AsyncClient, house: House, cast: Any, case: str) -> None:
    await close(house, 31, case)
    async with house.sessions.begin() as session:
        document = (await policy_in_force(session, "retention", None)).document.model_dump(mode="json")
        await office.put_policy(session, "retention", "demo", document | {"days_after_close": 30}, "tests", "w", NOW)
    preview = (await web.get("/shops/demo/retention", headers=cast["auditor"].headers)).json()
    assert (preview["due"], preview["policy"]) == ([case], "retention:demo:1")


async def test_an_open_case_keeps_its_buyer(web: httpx2.AsyncClient, cast: Any, case: str) -> None:
    assert (await web.get("/shops/demo/retention", headers=cast["auditor"].headers)).json()["due"] == []
    asked = await web.post(f"/cases/{case}/buyer/erase", json={"why": "asked"}, headers=cast["supervisor"].headers)
    assert asked.json()["code"] == "BuyerStillNeeded"


async def test_a_buyer_who_asks_is_erased_and_never_found_again(
    web: httpx2.AsyncClient, house: House, cast: Any, case: str
) -> None:
    async with house.sessions.begin() as session:
        await record_world.add_case(session, house.ring, TWO, NOW)
    await close(house, 1, case, TWO)
    async with house.sessions() as session:
        assert "nick" in set(await session.scalars(select(BuyerLink.kind)))
    done = await web.post(f"/cases/{case}/buyer/erase", json={"why": "asked"}, headers=cast["supervisor"].headers)
    assert (done.json()["cases"], done.json()["buyers"]) == ([case], 1)
    again = await web.post(f"/cases/{case}/buyer/unmask", json=ASKED, headers=cast["agent"].headers)
    assert again.status_code == 404
    found = await web.get("/search/buyers", params={"q": "8000"}, headers=cast["agent"].headers)
    assert [one["cases"] for one in found.json()] == [[TWO]]
    async with house.sessions() as session:
        assert "nick" not in set(await session.scalars(select(BuyerLink.kind)))
