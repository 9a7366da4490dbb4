"""Encrypting every payload in the engine's history, for those who need it: AES-256-GCM with a ring of keys.

The id of the key stands beside each payload and is authenticated with it, so histories that were written under several
keys, or under none, all stay readable.
"""

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from domain.errors import Refusal

ENCODING = b"binary/encrypted"
KEY_ID = "encryption-key-id"
NONCE = 12


class PayloadKeysUnusable(Refusal):
    """AMENDS_PAYLOAD_KEYS can't be used, or lacks a key that a history was written with."""

    code = "PayloadKeysUnusable"


@dataclass(frozen=True)
class EncryptingCodec(PayloadCodec):
    """The first key encrypts, every key decrypts; payloads in other encodings pass untouched."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._encrypted(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._decrypted(payload) for payload in payloads]

    def _encrypted(self, payload: Payload) -> Payload:
        nonce, name = os.urandom(NONCE), self.current.encode()
        body = AESGCM(self.keys[self.current]).encrypt(nonce, payload.SerializeToString(), name)
        return Payload(metadata={"encoding": ENCODING, KEY_ID: name}, data=nonce + body)

    def _decrypted(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        name = payload.metadata.get(KEY_ID, b"")
        key = self.keys.get(name.decode())
        if key is None:
            raise PayloadKeysUnusable(f"a history was written with key {name!r}: add it to AMENDS_PAYLOAD_KEYS")
        try:
            plain = AESGCM(key).decrypt(payload.data[:NONCE], payload.data[NONCE:], name)
        except InvalidTag:
            raise PayloadKeysUnusable(f"a payload under key {name!r} does not open: its key was changed") from None
        return Payload.FromString(plain)


def parse_codec(keys: str) -> EncryptingCodec | None:
    """The codec for `id:base64,…` of 32 bytes each; None where no key is set. Raises PayloadKeysUnusable."""
    pairs = [pair.strip().partition(":") for pair in keys.split(",") if pair.strip()]
    ring = {name: _key(name, text) for name, _, text in pairs}
    return EncryptingCodec(pairs[0][0], ring) if pairs else None


def _key(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if not name or len(key) != 32:
        raise PayloadKeysUnusable(
            f"AMENDS_PAYLOAD_KEYS ({name or 'no id'}) must be `id:base64 of 32 bytes`; "
            "`openssl rand -base64 32` makes one"
        )
    return key
