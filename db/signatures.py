"""Ed25519: the installation's own signature under heads of the record and under exports."""

import base64
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from db.sealing import KeysUnusable


@dataclass(frozen=True)
class Signer:
    """Signs with the key of AMENDS_RECORD_KEY; `public` is the other half, hexadecimal, for whoever checks."""

    public: str
    _key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "Signer | None":
        """None where no key is set; raises KeysUnusable."""
        if not text.strip():
            return None
        try:
            seed = base64.b64decode(text.strip(), validate=True)
            key = Ed25519PrivateKey.from_private_bytes(seed)
        except ValueError:
            raise KeysUnusable(
                "AMENDS_RECORD_KEY must be 32 bytes as base64; `openssl rand -base64 32` makes one"
            ) from None
        return cls(key.public_key().public_bytes_raw().hex(), key)

    def sign(self, purpose: str, digest: bytes) -> bytes:
        """`purpose` keeps a signature of one kind from being passed off as another's."""
        return self._key.sign(_message(purpose, digest))


def is_signed(public: str, purpose: str, digest: bytes, signature: bytes) -> bool:
    """False for a wrong signature, and for a public key that is none."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, _message(purpose, digest))
    except (InvalidSignature, ValueError):
        return False
    return True


def _message(purpose: str, digest: bytes) -> bytes:
    return f"amends {purpose}\n".encode() + digest
