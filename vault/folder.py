"""A folder of this machine as the vault's store."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from vault.store import FileGone, StoreAway

PIECE = 256 * 1024


class FolderStore:
    """`<root>/ab/<name>`: written beside, flushed to the disk, then given its name, so no half file ever bears it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def keep(self, name: str, content: Iterator[bytes], size: int) -> None:
        await asyncio.to_thread(self._write, name, content)

    async def replace(self, name: str, content: Iterator[bytes], size: int) -> None:
        await asyncio.to_thread(self._write, name, content)

    async def has(self, name: str) -> bool:
        return await asyncio.to_thread(self._path(name).is_file)

    async def read(self, name: str) -> AsyncIterator[bytes]:
        try:
            file = await asyncio.to_thread(self._path(name).open, "rb")
        except FileNotFoundError:
            raise FileGone(f"The vault has lost the file {name}; it must come from a backup.") from None
        except OSError as error:
            raise StoreAway(f"The vault's folder can't be read ({error.strerror}); tell an operator.") from None
        with file:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece

    async def erase(self, name: str) -> None:
        await asyncio.to_thread(self._path(name).unlink, missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._root / name[:2] / name

    def _write(self, name: str, content: Iterator[bytes]) -> None:
        path = self._path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as beside:
                try:
                    beside.writelines(content)
                    beside.flush()
                    os.fsync(beside.fileno())
                    os.replace(beside.name, path)
                except BaseException:  # whatever ended it: nothing unfinished stays in the vault
                    Path(beside.name).unlink(missing_ok=True)
                    raise
            _flush_folder(path.parent)
        except OSError as error:
            raise StoreAway(f"The vault's folder takes nothing ({error.strerror}); tell an operator.") from None


def _flush_folder(folder: Path) -> None:
    """A name is on the disk once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
