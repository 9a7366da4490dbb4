"""WeChat Pay's v3 signatures, WECHATPAY2-SHA256-RSA2048 both ways, and the encryption of a name for its eyes only."""

import base64
from collections.abc import Mapping
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from gateways.failures import Nonsense
from gateways.signing import rsa2_sign, rsa2_verify

SCHEME = "WECHATPAY2-SHA256-RSA2048"
# WeChat's own rule: an answer older than five minutes is somebody's repetition.
FRESH_SECONDS = 300


def signing_text(*parts: str) -> str:
    """Each part on a line of its own, the last one too."""
    return "".join(f"{part}\n" for part in parts)


def authorization(
    method: str, path: str, body: str, *, merchant: str, serial: str, key: rsa.RSAPrivateKey, now: datetime, nonce: str
) -> str:
    """The Authorization header; `path` with its query, `serial` of the merchant's own certificate."""
    stamp = str(int(now.timestamp()))
    signature = rsa2_sign(signing_text(method, path, stamp, nonce, body), key)
    named = {"mchid": merchant, "nonce_str": nonce, "signature": signature, "timestamp": stamp, "serial_no": serial}
    return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in named.items())


def check_answer(
    party: str, headers: Mapping[str, str], body: bytes, keys: Mapping[str, rsa.RSAPublicKey], now: datetime
) -> None:
    """Raises Nonsense unless one of WeChat Pay's keys, known by its serial, has just signed these very bytes."""
    serial, stamp = headers.get("wechatpay-serial", ""), headers.get("wechatpay-timestamp", "")
    key = keys.get(serial)
    if key is None:
        raise Nonsense(party, "unknown-serial", "it signs with a key that is not in the settings", maybe_done=True)
    if not stamp.isascii() or not stamp.isdigit() or abs(int(stamp[:12]) - now.timestamp()) > FRESH_SECONDS:
        raise Nonsense(party, "stale-answer", "its time is not ours; set this machine's clock", maybe_done=True)
    try:
        text = signing_text(stamp, headers.get("wechatpay-nonce", ""), body.decode())
    except UnicodeDecodeError as cause:
        raise Nonsense(party, "not-json", "its body is not UTF-8", maybe_done=True) from cause
    if not rsa2_verify(text, headers.get("wechatpay-signature", ""), key):
        raise Nonsense(party, "bad-signature", "its signature does not fit", maybe_done=True)


def encrypted(text: str, key: rsa.RSAPublicKey) -> str:
    """Base64 of RSA-OAEP with SHA-1, as WeChat prescribes it; another result each time."""
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303 prescribed
    return base64.b64encode(key.encrypt(text.encode(), oaep)).decode()
