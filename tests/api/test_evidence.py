"""What is kept against a review, and the package that is handed in."""

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import update

from api.evidence import PURPOSE
from api.house import House
from db.sealed_texts import seal_text
from db.signatures import is_signed
from db.tables.cases import CaseFile
from domain.review_case.evidence import Evidence, Malice, manifest
from domain.review_case.state import Opening, ReviewCaseState
from tests.api.conftest import NOW
from tests.api.rows import add_case
from tests.builders import fresh_key
from vault.folder import FolderStore
from vault.vault import Vault

VOICE = b"#!AMR\nyou will regret this"


@pytest.fixture
async def case(house: House, app: FastAPI, web: httpx2.AsyncClient, cast: Any, tmp_path: Path) -> str:
    """A case with a recording in its vault and a chat in words, both kept as evidence."""
    signing = house.settings.model_copy(update={"record_key": SecretStr(fresh_key())})
    app.state.house = replace(house, settings=signing, vault=Vault(FolderStore(tmp_path), house.ring, 10_000))
    number = await add_case(house, "demo")
    headers = cast["agent"].headers
    put = await web.post(f"/cases/{number}/files", params={"name": "电话/1.amr"}, content=VOICE, headers=headers)
    file = put.json()
    async with house.sessions.begin() as session:
        words = await seal_text(session, "attach_evidence.text", "不给钱就给差评", NOW)
        agent = str(cast["agent"].id)
        pieces = [
            Evidence(number=1, kind="call_recording", digest=file["sha256"], upload=file["file"], by=agent, at=NOW),
            Evidence(number=2, kind="platform_chat", digest=words.digest, text=words, by=agent, at=NOW),
        ]
        opening = Opening(case=number, platform="sandbox", shop="demo", external_id="1", review_row="")
        state = ReviewCaseState(opening=opening, opened_at=NOW, malice=Malice(evidence=pieces))
        row = update(CaseFile).where(CaseFile.number == number)
        await session.execute(row.values(state=state.model_dump(mode="json")))
    return number


@pytest.mark.covers(143)
async def test_the_manifest_names_every_piece_with_its_hash_and_custody(
    web: httpx2.AsyncClient, cast: Any, case: str
) -> None:
    found = (await web.get(f"/cases/{case}/evidence", headers=cast["auditor"].headers)).json()
    voice, chat = found["pieces"]
    assert voice["digest"] == voice["file"]["sha256"] == hashlib.sha256(VOICE).hexdigest()
    assert [line["what"] for line in voice["custody"]] == ["file.put"]
    assert chat["words"] == "不给钱就给差评"
    expected = [Evidence(number=p["number"], kind=p["kind"], digest=p["digest"], by="", at=NOW) for p in (voice, chat)]
    assert found["digest"] == manifest(expected)


@pytest.mark.covers(143)
async def test_the_package_holds_what_the_signed_manifest_names_and_stands_in_its_custody(
    web: httpx2.AsyncClient, cast: Any, case: str
) -> None:
    answer = await web.get(f"/cases/{case}/evidence/package", headers=cast["lead"].headers)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as package:
        content, signed = package.read("manifest.json"), json.loads(package.read("signature.json"))
        assert package.read("01-电话_1.amr") == VOICE
        assert package.read("02-platform_chat.txt").decode() == "不给钱就给差评"
        assert "通话录音" in package.read("证据清单.txt").decode()
    digest = hashlib.sha256(content).digest()
    assert is_signed(signed["public"], PURPOSE, digest, bytes.fromhex(signed["signature"]))
    found = (await web.get(f"/cases/{case}/evidence", headers=cast["lead"].headers)).json()
    assert [line["what"] for line in found["pieces"][0]["custody"]] == ["file.put", "file.seen"]
