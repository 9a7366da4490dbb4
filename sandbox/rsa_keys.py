"""RSA key pairs of the outside parties, made at their first start, and the public keys that others register."""

import base64
import binascii
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.world import Refused, World


def ensure_key_pair(world: World, setting: str) -> None:
    if world.store.setting(setting) is None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        world.store.set_setting(setting, pem.decode())


def private_key(world: World, setting: str) -> rsa.RSAPrivateKey:
    return _private(world.store.setting(setting))


@lru_cache(maxsize=8)
def _private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - our own key, written above
    return key


def public_pem(world: World, setting: str) -> str:
    """SubjectPublicKeyInfo: what a client configures as the party's public key."""
    public = private_key(world, setting).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


@lru_cache(maxsize=64)
def public_key(text: str) -> rsa.RSAPublicKey:
    """Reads PEM or the bare base64 that a console shows; raises Refused for anything else."""
    try:
        if "BEGIN" in text:
            key = serialization.load_pem_public_key(text.encode())
        else:
            key = serialization.load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, binascii.Error):
        raise Refused("bad_public_key", "Send an RSA public key as PEM or bare base64.") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise Refused("bad_public_key", "The key is no RSA key; one of 2048 bits is needed.")
    return key


def sign(world: World, setting: str, raw: str) -> str:
    key = private_key(world, setting)
    return base64.b64encode(key.sign(raw.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def is_signed_by(key: str, raw: str, signature: str) -> bool:
    """False for a wrong signature and for one that is no base64 at all."""
    try:
        given = base64.b64decode(signature, validate=True)
        public_key(key).verify(given, raw.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
