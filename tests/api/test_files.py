"""Files of a case over the api: what is taken, what is refused by name, and who had it."""

import io
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from api.house import House
from db.tables.office import OfficeEvent
from db.tables.vault import Attachment
from tests.api.rows import add_case
from vault.folder import FolderStore
from vault.vault import Vault

PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"a leaking kettle" * 5000
Put = Callable[..., Awaitable[httpx2.Response]]


@pytest.fixture
def kept(house: House, app: FastAPI, tmp_path: Path) -> House:
    """The house with a vault that takes a megabyte."""
    app.state.house = replace(house, vault=Vault(FolderStore(tmp_path), house.ring, 1024 * 1024))
    return house


def on_disk(folder: Path) -> bytes:
    """Everything that the vault has written."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
async def case(kept: House, cast: Any) -> str:
    return await add_case(kept, "demo")


@pytest.fixture
def put(web: httpx2.AsyncClient, cast: Any, case: str) -> Put:
    """Sends a file as an agent of the shop, or as `who`."""

    async def send(content: bytes = PHOTO, name: str = "kettle.jpg", who: str = "agent") -> httpx2.Response:
        address = f"/cases/{case}/files"
        return await web.post(address, params={"name": name}, content=content, headers=cast[who].headers)

    return send


@pytest.mark.covers(49, 143)
async def test_a_file_comes_out_as_it_went_in_and_only_as_a_download(
    put: Put, web: httpx2.AsyncClient, case: str, cast: Any, tmp_path: Path
) -> None:
    answer = await put()
    assert (answer.status_code, answer.json()["media_type"], answer.json()["size"]) == (201, "image/jpeg", len(PHOTO))
    got = await web.get(f"/cases/{case}/files/{answer.json()['file']}", headers=cast["auditor"].headers)
    assert got.content == PHOTO
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    assert on_disk(tmp_path)
    assert b"a leaking kettle" not in on_disk(tmp_path)


@pytest.mark.covers(143, 203)
async def test_custody_says_who_put_and_who_took_a_file(
    put: Put, web: httpx2.AsyncClient, case: str, cast: Any
) -> None:
    file = (await put()).json()["file"]
    await web.get(f"/cases/{case}/files/{file}", headers=cast["auditor"].headers)
    custody = await web.get(f"/cases/{case}/files/{file}/custody", headers=cast["lead"].headers)
    assert [(line["who"], line["what"]) for line in custody.json()] == [
        ("Agent-1", "file.put"), ("Auditor-1", "file.seen"),
    ]  # fmt: skip


async def test_the_same_content_is_one_file_however_often_it_is_sent(put: Put, kept: House) -> None:
    assert (await put()).json() == (await put(name="again.jpg")).json()
    async with kept.reads() as session:
        assert await session.scalar(select(func.count()).select_from(Attachment)) == 1


def bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(40_000_000))
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "status", "code"),
    [
        (bomb(), "chat.zip", 422, "ArchiveUnsafe"),
        (b"MZ\x90\x00" + bytes(99), "kettle.jpg", 422, "FileMislabelled"),
        (b"", "kettle.jpg", 422, "FileEmpty"),
        (bytes(1024 * 1024 + 1), "film.mp4", 413, "FileTooLarge"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(99), "chat.7z", 422, "ArchiveUnreadable"),
    ],
    ids=["a bomb", "mislabelled", "empty", "too large", "closed"],
)
async def test_what_is_no_evidence_is_refused_by_name(
    put: Put, tmp_path: Path, content: bytes, name: str, status: int, code: str
) -> None:
    answer = await put(content, name)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not on_disk(tmp_path)


async def test_a_stream_that_never_says_how_long_it_is_is_cut(web: httpx2.AsyncClient, case: str, cast: Any) -> None:
    async def endless() -> Any:
        while True:
            yield bytes(100_000)

    answer = await web.post(
        f"/cases/{case}/files", params={"name": "x"}, content=endless(), headers=cast["agent"].headers
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "FileTooLarge")


async def test_a_house_without_a_vault_says_what_to_set(web: httpx2.AsyncClient, house: House, cast: Any) -> None:
    case = await add_case(house, "demo")
    answer = await web.post(f"/cases/{case}/files?name=x", content=b"x", headers=cast["agent"].headers)
    assert (answer.status_code, "AMENDS_VAULT_FOLDER" in answer.json()["detail"]) == (503, True)


async def test_a_file_of_another_case_is_not_found(put: Put, web: httpx2.AsyncClient, kept: House, cast: Any) -> None:
    file, other = (await put()).json()["file"], await add_case(kept, "demo")
    answer = await web.get(f"/cases/{other}/files/{file}", headers=cast["agent"].headers)
    assert answer.status_code == 404


async def test_no_name_of_a_file_stands_in_the_record(put: Put, kept: House) -> None:
    await put(name="陈晓13800138000.jpg")
    async with kept.reads() as session:
        lines = [str(facts) for facts in await session.scalars(select(OfficeEvent.facts))]
    assert not [line for line in lines if "13800138000" in line]


async def test_a_legal_hold_stands_once_until_it_is_lifted(web: httpx2.AsyncClient, case: str, cast: Any) -> None:
    async def ask(path: str) -> int:
        body = {"why": "police report 2026-118"}
        return (await web.post(f"/cases/{case}/{path}", json=body, headers=cast["supervisor"].headers)).status_code

    assert [await ask("legal-hold"), await ask("legal-hold")] == [204, 409]
    assert [await ask("legal-hold/lift"), await ask("legal-hold/lift")] == [204, 409]
