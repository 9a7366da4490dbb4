"""Where sealed files lie: the seam between the vault and a folder or an object store."""

from collections.abc import AsyncIterator, Iterator
from typing import Protocol

from domain.errors import Refusal


class StoreAway(Refusal):
    """The place where files are kept can't be reached or has no room; nothing was kept."""

    code = "Unavailable"


class FileGone(Refusal):
    """The store has no such file, though it should."""

    code = "FileGone"


class Store(Protocol):
    """Files by name. A name's content never changes, so keeping it twice keeps it once."""

    async def keep(self, name: str, content: Iterator[bytes], size: int) -> None:
        """All of it or nothing; when this returns, it survives a crash. Raises StoreAway."""
        ...

    async def has(self, name: str) -> bool: ...

    def read(self, name: str) -> AsyncIterator[bytes]:
        """Raises FileGone or StoreAway, at the first piece."""
        ...

    async def erase(self, name: str) -> None:
        """A file that is not there is not missed."""
        ...

    async def replace(self, name: str, content: Iterator[bytes], size: int) -> None:
        """The same file in another sealing, in one move."""
        ...
