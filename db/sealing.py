"""Sealing what identifies a buyer: AES-256-GCM with a key ring, keyed blind indexes, salted commitments.

A sealed value is `version byte | key id length | key id | nonce (12) | ciphertext`; the key id is authenticated, so an
old key keeps reading after a rotation and a value can't be passed off under another key.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.types import TypeDecorator

from domain.errors import Refusal

FORMAT = 1
NONCE = 12


class KeysUnusable(Refusal):
    """The key settings can't be used; the message names the setting and what it must look like."""

    code = "KeysUnusable"


class Unreadable(Refusal):
    """A sealed value can't be opened: its key is missing from AMENDS_FIELD_KEYS, or the value was tampered with."""

    code = "SealedValueUnreadable"


@dataclass(frozen=True)
class KeyRing:
    """The first key seals, every key opens. `index_key` makes the blind indexes and never rotates in place."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)

    @classmethod
    def parse(cls, field_keys: str, index_key: str) -> "KeyRing":
        pairs = [pair.partition(":") for pair in field_keys.split(",") if pair.strip()]
        if not pairs:
            raise KeysUnusable("AMENDS_FIELD_KEYS is empty: give at least one `id:base64 of 32 bytes`")
        keys = {name.strip(): _key(text, f"AMENDS_FIELD_KEYS ({name.strip()})") for name, _, text in pairs}
        return cls(pairs[0][0].strip(), keys, _key(index_key, "AMENDS_INDEX_KEY"))

    def seal(self, text: str) -> bytes:
        name = self.current.encode()
        head = bytes([FORMAT, len(name)]) + name
        nonce = os.urandom(NONCE)
        return head + nonce + AESGCM(self.keys[self.current]).encrypt(nonce, text.encode(), head)

    def open(self, sealed: bytes) -> str:
        size = 2 + sealed[1]
        head, nonce, body = sealed[:size], sealed[size : size + NONCE], sealed[size + NONCE :]
        name = head[2:].decode()
        if name not in self.keys:
            raise Unreadable(f"a value was sealed with key {name!r}: add that key to AMENDS_FIELD_KEYS")
        try:
            return AESGCM(self.keys[name]).decrypt(nonce, body, head).decode()
        except InvalidTag:
            raise Unreadable(f"a value sealed with key {name!r} does not open: key or value was changed") from None

    def blind(self, kind: str, value: str) -> bytes:
        """The blind index of a value: equal values of one kind meet, and nobody without the key can guess them."""
        return hmac.digest(self.index_key, f"{kind}\x00{value}".encode(), hashlib.sha256)


def commitment(salt: bytes, text: str) -> str:
    """The salted hash by which the record commits to a text that may be erased later."""
    return hashlib.sha256(salt + text.encode()).hexdigest()


def _key(text: str, setting: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise KeysUnusable(f"{setting} must be 32 bytes as base64; `openssl rand -base64 32` makes one")
    return key


_rings: WeakKeyDictionary[Dialect, KeyRing] = WeakKeyDictionary()


def bind_key_ring(engine: AsyncEngine, ring: KeyRing) -> None:
    """Let `Sealed` columns of this engine use the ring; done once where the engine is made."""
    _rings[engine.sync_engine.dialect] = ring


class Sealed(TypeDecorator[str]):
    """A text column that is sealed on its way in and opened on its way out."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _rings[dialect].seal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else _rings[dialect].open(bytes(value))
