"""Exports over the api: who may, what is noted, and that the file holds."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from api.house import House
from db.sealing import KeyRing
from db.tables.office import OfficeEvent
from record.verify import Trust, verify
from tests import record_world
from tests.api.conftest import NOW
from tests.builders import fresh_key
from tests.record_world import ONE

ASKED = {"case": ONE, "why": "the yearly audit"}


@pytest.fixture
async def record(house: House, app: FastAPI, cast: Any) -> KeyRing:
    signing = house.settings.model_copy(update={"record_key": SecretStr(fresh_key())})
    app.state.house = House.at(signing, house.ring, house.engine, house.client)
    async with house.sessions.begin() as session:
        await record_world.add_case(session, house.ring, ONE, NOW)
    return house.ring


async def test_the_exported_file_holds_and_is_noted(
    web: httpx2.AsyncClient, house: House, cast: Any, record: Any, tmp_path: Path
) -> None:
    answer = await web.post("/exports", json=ASKED | {"texts": True}, headers=cast["auditor"].headers)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    (tmp_path / "export.zip").write_bytes(answer.content)
    assert (await verify(tmp_path / "export.zip", None, Trust())).holds
    async with house.reads() as session:
        noted = select(OfficeEvent.actor, OfficeEvent.subject).where(OfficeEvent.kind == "record.exported")
        assert (await session.execute(noted)).one() == (str(cast["auditor"].id), ONE)


async def test_a_period_holds_only_the_shops_of_whoever_asks(web: httpx2.AsyncClient, cast: Any, record: Any) -> None:
    period = {"since": NOW.isoformat(), "until": (NOW + timedelta(days=1)).isoformat(), "why": "audit"}
    answer = await web.post("/exports", json=period, headers=cast["auditor"].headers)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as export:
        assert "office.json" not in export.namelist()
    elsewhere = await web.post("/exports", json=period | {"shop": "other"}, headers=cast["auditor"].headers)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "NotFound")


@pytest.mark.parametrize(
    "body", [{"why": "x"}, ASKED | {"since": NOW.isoformat()}, {"since": NOW.isoformat(), "why": "x"}]
)
async def test_neither_case_nor_period_is_refused(
    web: httpx2.AsyncClient, cast: Any, record: Any, body: dict[str, Any]
) -> None:
    answer = await web.post("/exports", json=body, headers=cast["auditor"].headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "BadInput")
