"""The secrets of one embedded installation, made at the first start and kept, so that a restart has the same ones."""

import base64
import os
import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from embedded.demo_cast import CAST
from embedded.faults import CannotStart
from embedded.folder import DataFolder, read_variables, write_variables

HEADING = "Secrets of this installation. Without AMENDS_FIELD_KEYS and AMENDS_INDEX_KEY its data can't be read."


class KeysLost(CannotStart):
    """There is a database, but the keys that open its sealed fields are gone."""


def _word() -> str:
    return secrets.token_hex(16)


def bare(key: bytes) -> str:
    """Base64 on one line, as settings and wallets take keys."""
    return base64.b64encode(key).decode()


def bytes_of(key: str) -> bytes:
    return base64.b64decode(key, validate=True)


def _key() -> str:
    return bare(os.urandom(32))


def _private_key() -> str:
    """An RSA key of 2048 bits as the wallet wants it: PKCS#8, base64 on one line."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    return bare(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def _api_key() -> str:
    return f"ak_{secrets.token_urlsafe(32)}"


MAKERS: dict[str, Callable[[], str]] = {
    "AMENDS_FIELD_KEYS": lambda: f"k1:{_key()}",
    "AMENDS_INDEX_KEY": _key,
    "AMENDS_RECORD_KEY": _key,
    "AMENDS_ALIPAY_PRIVATE_KEY": _private_key,
    "AMENDS_WECHAT_PAY_PRIVATE_KEY": _private_key,
    "AMENDS_SMS_ACCESS_KEY_SECRET": _word,
    "AMENDS_KUAIDI100_KEY": _word,
    "AMENDS_KUAIDI100_SALT": _word,
    "AMENDS_COURIER_CLAIMS_CHECKWORD": _word,
    "DEMO_OIDC_SECRET": _word,
    "DEMO_PASSWORD": _word,
    "DEMO_TOP_SECRET": _word,
    "DEMO_TOP_SESSION": _word,
    "DEMO_ROBOT_TOKEN": _word,
    "DEMO_ROBOT_SECRET": _word,
    **{member.key_name: _api_key for member in CAST},
    "POSTGRES_ADMIN_PASSWORD": _word,
    "POSTGRES_OWNER_PASSWORD": _word,
    "POSTGRES_APP_PASSWORD": _word,
}


def keys_of(folder: DataFolder) -> dict[str, str]:
    """The kept secrets, with new ones made for names that have none yet.

    Raises KeysLost rather than making keys that could not open the fields of an existing database.
    """
    kept = read_variables(folder.keys)
    if folder.postgres.exists() and "AMENDS_FIELD_KEYS" not in kept:
        raise KeysLost(
            f"{folder.keys} is gone, and {folder.postgres} holds data sealed with its keys. "
            f"Put the file back, or move {folder.root} away to begin anew."
        )
    complete = kept | {name: make() for name, make in MAKERS.items() if name not in kept}
    if complete != kept:
        keep(folder, complete)
    return complete


def keep(folder: DataFolder, keys: dict[str, str]) -> None:
    """Writes the secrets back, with those that were added."""
    write_variables(folder.keys, keys, HEADING)
