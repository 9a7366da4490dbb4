"""Both stores keep the same promises."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from tests.vault.stores import SECRET, ObjectStore
from vault.folder import FolderStore
from vault.s3 import S3Store
from vault.sigv4 import EMPTY, Credentials, signed_headers
from vault.store import FileGone, Store, StoreAway

NAME = "ab" * 32
KEYS = Credentials("tests", SecretStr(SECRET), "us-east-1")


@pytest.fixture
def objects() -> ObjectStore:
    return ObjectStore()


@pytest.fixture
async def s3(objects: ObjectStore) -> AsyncIterator[S3Store]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(objects)) as http:
        yield S3Store(http, "http://store.test", "evidence", KEYS)


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, s3: S3Store) -> Store:
    return FolderStore(tmp_path) if request.param == "folder" else s3


async def content(store: Store, name: str = NAME) -> bytes:
    return b"".join([piece async for piece in store.read(name)])


async def test_what_is_kept_is_there_until_it_is_erased(store: Store) -> None:
    await store.keep(NAME, iter([b"one", b"two"]), 6)
    assert (await store.has(NAME), await content(store)) == (True, b"onetwo")
    await store.erase(NAME)
    await store.erase(NAME)
    assert not await store.has(NAME)


async def test_a_lost_file_is_named(store: Store) -> None:
    with pytest.raises(FileGone, match=NAME):
        await content(store)


async def test_a_replaced_file_is_the_new_one_alone(store: Store) -> None:
    await store.keep(NAME, iter([b"old"]), 3)
    await store.replace(NAME, iter([b"renewed"]), 7)
    assert await content(store) == b"renewed"


def half() -> Iterator[bytes]:
    yield b"half"
    raise LookupError


async def test_a_file_that_breaks_off_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        await FolderStore(tmp_path).keep(NAME, half(), 8)
    assert [found for found in os.walk(tmp_path) if found[2]] == []


async def test_a_folder_that_takes_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    with pytest.raises(StoreAway, match="tell an operator"):
        await FolderStore(tmp_path / "taken").keep(NAME, iter([b"x"]), 1)


async def test_a_store_that_is_down_or_refuses_says_so(s3: S3Store, objects: ObjectStore) -> None:
    objects.down = True
    with pytest.raises(StoreAway, match="503"):
        await s3.keep(NAME, iter([b"x"]), 1)
    with pytest.raises(StoreAway, match="503"):
        await s3.has(NAME)


def test_signatures_are_those_of_the_published_examples() -> None:
    """The examples `GET Object` of Amazon's description of Signature Version 4."""
    keys = Credentials("AKIAIOSFODNN7EXAMPLE", SecretStr("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), "us-east-1")
    now = datetime(2013, 5, 24, tzinfo=UTC)
    url = "https://examplebucket.s3.amazonaws.com/test.txt"
    signed = signed_headers(keys, "GET", url, EMPTY, now, {"Range": "bytes=0-9"})
    assert signed["authorization"].endswith("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
