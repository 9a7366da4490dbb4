"""RSA2: the wallet's own key pair, made at first start, and signatures both ways."""

from collections.abc import Mapping

from sandbox import rsa_keys
from sandbox.rsa_keys import public_key as public_key
from sandbox.world import World

SETTING = "wallet_private_key"


def ensure_key_pair(world: World) -> None:
    rsa_keys.ensure_key_pair(world, SETTING)


def wallet_public_key(world: World) -> str:
    """PEM: what a client calls the Alipay public key."""
    return rsa_keys.public_pem(world, SETTING)


def sign(world: World, raw: str) -> str:
    return rsa_keys.sign(world, SETTING, raw)


def signed_text(params: Mapping[str, str]) -> str:
    """What a request's signature covers: everything but `sign`, empty values dropped, sorted by key."""
    return "&".join(f"{key}={params[key]}" for key in sorted(params) if key != "sign" and params[key])


def is_signed_by(app_public_key: str, params: Mapping[str, str]) -> bool:
    return rsa_keys.is_signed_by(app_public_key, signed_text(params), params.get("sign", ""))
