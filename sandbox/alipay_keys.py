"""RSA2: the wallet's own key pair, made at first start, and signatures both ways."""

import base64
import binascii
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.world import Refused, World

SETTING = "wallet_private_key"


def ensure_key_pair(world: World) -> None:
    if world.store.setting(SETTING) is None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        world.store.set_setting(SETTING, pem.decode())


@lru_cache(maxsize=8)
def _private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - our own key, written above
    return key


def wallet_public_key(world: World) -> str:
    """PEM (SubjectPublicKeyInfo): what a client calls the Alipay public key."""
    public = _private(world.store.setting(SETTING)).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


@lru_cache(maxsize=64)
def public_key(text: str) -> rsa.RSAPublicKey:
    """Reads PEM or the bare base64 that Alipay's console shows; raises Refused for anything else."""
    try:
        if "BEGIN" in text:
            key = serialization.load_pem_public_key(text.encode())
        else:
            key = serialization.load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, binascii.Error):
        raise Refused("bad_public_key", "Send an RSA public key as PEM or bare base64.") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise Refused("bad_public_key", "The key is no RSA key; RSA2 needs one of 2048 bits.")
    return key


def sign(world: World, raw: str) -> str:
    key = _private(world.store.setting(SETTING))
    return base64.b64encode(key.sign(raw.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def signed_text(params: Mapping[str, str]) -> str:
    """What a request's signature covers: everything but `sign`, empty values dropped, sorted by key."""
    return "&".join(f"{key}={params[key]}" for key in sorted(params) if key != "sign" and params[key])


def is_signed_by(app_public_key: str, params: Mapping[str, str]) -> bool:
    try:
        signature = base64.b64decode(params.get("sign", ""), validate=True)
        public_key(app_public_key).verify(signature, signed_text(params).encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
