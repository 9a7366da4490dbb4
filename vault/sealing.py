"""Sealing files piece by piece, so that none need be in memory.

A sealed file is `AMV1 | key id length | key id | salt (16)`, then pieces of 64 KiB under AES-256-GCM. Each file has a
key of its own, drawn from the ring's by HKDF over the salt; a piece's nonce is its number and whether it is the last,
so pieces can't be swapped, and a file that was cut does not open.
"""

import os
from collections.abc import AsyncIterator, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from db.sealing import KeyRing, Unreadable

MAGIC = b"AMV1"
PIECE = 64 * 1024
TAG = 16
SALT = 16


def sealed(ring: KeyRing, content: BinaryIO) -> Iterator[bytes]:
    """The sealed form of a file, from where it stands to its end."""
    name, salt = ring.current.encode(), os.urandom(SALT)
    head = MAGIC + bytes([len(name)]) + name + salt
    cipher = _cipher(ring.keys[ring.current], salt)
    yield head
    number, piece = 0, content.read(PIECE)
    while True:
        following = content.read(PIECE)
        yield cipher.encrypt(_nonce(number, last=not following), piece, head)
        if not following:
            return
        number, piece = number + 1, following


def sealed_size(ring: KeyRing, size: int) -> int:
    pieces = max(1, -(-size // PIECE))
    return len(MAGIC) + 1 + len(ring.current.encode()) + SALT + size + pieces * TAG


async def opened(ring: KeyRing, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The plain pieces of a sealed file. Raises Unreadable, before the piece that is not what it was."""
    source = _Source(content)
    head, key_id, salt = await _head(source)
    if key_id not in ring.keys:
        raise Unreadable(f"a file was sealed with key {key_id!r}: add that key to AMENDS_FIELD_KEYS")
    cipher, number = _cipher(ring.keys[key_id], salt), 0
    while True:
        piece = await source.take(PIECE + TAG)
        last = await source.is_empty()
        try:
            yield cipher.decrypt(_nonce(number, last=last), piece, head)
        except InvalidTag:
            raise Unreadable("a file of the vault was changed or cut where it is kept; see its custody") from None
        if last:
            return
        number += 1


class _Source:
    """Bytes that come in pieces of any size, taken in pieces of the size that is asked for."""

    def __init__(self, content: AsyncIterator[bytes]) -> None:
        self._content = content
        self._kept = bytearray()

    async def take(self, many: int) -> bytes:
        """Fewer at the end."""
        await self._fill(many)
        taken = bytes(self._kept[:many])
        del self._kept[:many]
        return taken

    async def is_empty(self) -> bool:
        await self._fill(1)
        return not self._kept

    async def _fill(self, many: int) -> None:
        while len(self._kept) < many:
            piece = await anext(self._content, None)
            if piece is None:
                return
            self._kept += piece


async def key_id_of(content: AsyncIterator[bytes]) -> str:
    """The id of the key that seals a file. Raises Unreadable."""
    return (await _head(_Source(content)))[1]


async def _head(source: _Source) -> tuple[bytes, str, bytes]:
    magic = await source.take(len(MAGIC) + 1)
    if magic[: len(MAGIC)] != MAGIC:
        raise Unreadable("a file of the vault is not in the vault's form; see its custody")
    rest = await source.take(magic[-1] + SALT)
    return magic + rest, rest[:-SALT].decode(errors="replace"), rest[-SALT:]


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, b"amends vault file").derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])
