"""An S3-compatible object store (S3, MinIO, OSS, COS) as the vault's store."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO

import httpx2

from vault.sigv4 import EMPTY, Credentials, signed_headers
from vault.store import FileGone, StoreAway

PIECE = 256 * 1024
Clock = Callable[[], datetime]


class S3Store:
    """Objects `<bucket>/<name>`, addressed by path, since that works with every store and without certificates for
    each bucket."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        url: str,
        bucket: str,
        credentials: Credentials,
        now: Clock = lambda: datetime.now(UTC),
    ) -> None:
        self._http = http
        self._base = f"{url.rstrip('/')}/{bucket}"
        self._credentials = credentials
        self._now = now

    async def keep(self, name: str, content: Iterator[bytes], size: int) -> None:
        """The body is written to this machine's disk first, because its hash stands in the signature."""
        with tempfile.TemporaryFile() as body:
            digest = await asyncio.to_thread(_write, body, content)
            _check(await self._asked("PUT", name, digest, {"content-length": str(size)}, _pieces(body)), name)

    async def replace(self, name: str, content: Iterator[bytes], size: int) -> None:
        await self.keep(name, content, size)

    async def has(self, name: str) -> bool:
        status = await self._asked("HEAD", name)
        if status != httpx2.codes.NOT_FOUND:
            _check(status, name)
        return status != httpx2.codes.NOT_FOUND

    async def read(self, name: str) -> AsyncIterator[bytes]:
        answer = await self._sent("GET", name)
        try:
            _check(answer.status_code, name)
            async for piece in answer.aiter_raw(PIECE):
                yield piece
        except httpx2.HTTPError as error:
            raise StoreAway(f"The object store broke off ({type(error).__name__}); try again.") from None
        finally:
            await answer.aclose()

    async def erase(self, name: str) -> None:
        status = await self._asked("DELETE", name)
        if status != httpx2.codes.NOT_FOUND:
            _check(status, name)

    async def _asked(
        self,
        method: str,
        name: str,
        digest: str = EMPTY,
        headers: dict[str, str] | None = None,
        body: AsyncIterator[bytes] | None = None,
    ) -> int:
        answer = await self._sent(method, name, digest, headers, body)
        await answer.aclose()
        return answer.status_code

    async def _sent(
        self,
        method: str,
        name: str,
        digest: str = EMPTY,
        headers: dict[str, str] | None = None,
        body: AsyncIterator[bytes] | None = None,
    ) -> httpx2.Response:
        url = f"{self._base}/{name}"
        signed = signed_headers(self._credentials, method, url, digest, self._now(), headers)
        request = self._http.build_request(method, url, headers=signed, content=body)
        try:
            return await self._http.send(request, stream=True)
        except httpx2.HTTPError as error:
            raise StoreAway(f"The object store can't be reached ({type(error).__name__}); try again.") from None


def _check(status: int, name: str) -> None:
    """Raises FileGone or StoreAway; of the store's own answer only its status is told on."""
    if status == httpx2.codes.NOT_FOUND:
        raise FileGone(f"The vault has lost the file {name}; it must come from a backup.")
    if not httpx2.codes.is_success(status):
        raise StoreAway(f"The object store answered {status}: check AMENDS_VAULT_S3_…, then try again.")


def _write(body: BinaryIO, content: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in content:
        digest.update(piece)
        body.write(piece)
    body.seek(0)
    return digest.hexdigest()


async def _pieces(body: BinaryIO) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(body.read, PIECE):
        yield piece
