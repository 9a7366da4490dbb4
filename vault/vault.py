"""The vault: a stream comes in, is measured, named by its hash, told by its content, looked into, sealed and kept."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import BinaryIO

from db.sealing import KeyRing
from domain.errors import Refusal
from domain.file_kinds import HEAD_BYTES, check_name, kind_of
from vault.archives import check_archive
from vault.sealing import key_id_of, opened, sealed, sealed_size
from vault.store import Store


class FileTooLarge(Refusal):
    """The file has more bytes than the vault takes."""

    code = "FileTooLarge"


class FileEmpty(Refusal):
    """A file without a byte proves nothing."""

    code = "FileEmpty"


@dataclass(frozen=True, slots=True)
class Received:
    """What came in: `sha256` of its bytes, hexadecimal, and the media type that its content tells."""

    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True)
class Vault:
    store: Store
    ring: KeyRing
    max_bytes: int

    async def receive(self, content: AsyncIterator[bytes], name: str) -> Received:
        """Raises FileTooLarge, FileEmpty, FileMislabelled, ArchiveUnsafe, ArchiveUnreadable or StoreAway; then nothing
        is kept. The plain bytes touch this machine's disk only in a file without a name."""
        with tempfile.TemporaryFile() as file:
            digest, size = await self._written(content, file)
            found = await asyncio.to_thread(_told, file, name, digest, size)
            if not await self.store.has(digest):
                file.seek(0)
                await self.store.keep(digest, sealed(self.ring, file), sealed_size(self.ring, size))
        return found

    async def read(self, sha256: str) -> AsyncIterator[bytes]:
        """The plain bytes, piece by piece. Raises FileGone, StoreAway or Unreadable."""
        async for piece in opened(self.ring, self.store.read(sha256)):
            yield piece

    async def holds(self, sha256: str) -> bool:
        """Whether the file is there, opens, and is what its name says. Raises StoreAway."""
        digest = hashlib.sha256()
        async for piece in self.read(sha256):
            digest.update(piece)
        return digest.hexdigest() == sha256

    async def erase(self, sha256: str) -> None:
        await self.store.erase(sha256)

    async def reseal(self, sha256: str) -> bool:
        """Seal a file anew with the present key; False where it is already. Raises FileGone, StoreAway, Unreadable."""
        if await key_id_of(self.store.read(sha256)) == self.ring.current:
            return False
        with tempfile.TemporaryFile() as file:
            size = 0
            async for piece in self.read(sha256):
                size += len(piece)
                await asyncio.to_thread(file.write, piece)
            file.seek(0)
            await self.store.replace(sha256, sealed(self.ring, file), sealed_size(self.ring, size))
        return True

    async def _written(self, content: AsyncIterator[bytes], file: BinaryIO) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        async for piece in content:
            size += len(piece)
            if size > self.max_bytes:
                raise FileTooLarge(
                    f"The file has more than {self.max_bytes} bytes; send it in parts, or have the limit raised.",
                    max_bytes=self.max_bytes,
                )
            digest.update(piece)
            await asyncio.to_thread(file.write, piece)
        if not size:
            raise FileEmpty("The file is empty; choose it again.")
        return digest.hexdigest(), size


def _told(file: BinaryIO, name: str, digest: str, size: int) -> Received:
    file.seek(0)
    media_type = kind_of(file.read(HEAD_BYTES))
    check_name(name, media_type)
    file.seek(0)
    check_archive(file, media_type, size)
    return Received(digest, size, media_type)
