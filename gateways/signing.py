"""The three signature schemes: TOP (shared secret), Alipay (RSA2 both ways), Aliyun (ACS3-HMAC-SHA256)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

type TopSignMethod = Literal["md5", "hmac", "hmac-sha256"]

ACS3 = "ACS3-HMAC-SHA256"


class BadKey(ValueError):
    """A configured key is not an RSA key in PEM or base64 DER; paste it again as the party's console shows it."""


def top_signature(params: Mapping[str, str], secret: str, method: TopSignMethod) -> str:
    """Upper-case hex over all non-empty parameters but `sign`, in ASCII order of their names."""
    joined = "".join(f"{key}{value}" for key, value in sorted(params.items()) if value and key != "sign")
    # TOP prescribes MD5 for its two older methods; it is a keyed checksum here, not a password hash.
    match method:
        case "md5":
            digest = hashlib.md5(f"{secret}{joined}{secret}".encode(), usedforsecurity=False).hexdigest()
        case "hmac":
            digest = hmac.new(secret.encode(), joined.encode(), hashlib.md5).hexdigest()
        case "hmac-sha256":
            digest = hmac.new(secret.encode(), joined.encode(), hashlib.sha256).hexdigest()
    return digest.upper()


def alipay_signing_text(params: Mapping[str, str]) -> str:
    """`k=v&…` over all non-empty parameters but `sign`, in ASCII order, not URL-encoded."""
    return "&".join(f"{key}={value}" for key, value in sorted(params.items()) if value and key != "sign")


@lru_cache(maxsize=8)
def load_private_key(text: str) -> rsa.RSAPrivateKey:
    """PEM, or the bare base64 (PKCS#1 or PKCS#8) that Alipay's key tool writes; proving that its parts belong together
    is slow, so it is done once. Raises BadKey."""
    try:
        data = text.strip().encode()
        if data.startswith(b"-----"):
            key = serialization.load_pem_private_key(data, password=None)
        else:
            key = serialization.load_der_private_key(_bare(data), password=None)
    except (ValueError, TypeError) as cause:
        raise BadKey("the private key is neither PEM nor base64 DER") from cause
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BadKey("the private key is not an RSA key")
    return key


def load_public_key(text: str) -> rsa.RSAPublicKey:
    """PEM, or the bare base64 that Alipay's console shows. Raises BadKey."""
    try:
        data = text.strip().encode()
        if data.startswith(b"-----"):
            key = serialization.load_pem_public_key(data)
        else:
            key = serialization.load_der_public_key(_bare(data))
    except (ValueError, TypeError) as cause:
        raise BadKey("the public key is neither PEM nor base64 DER") from cause
    if not isinstance(key, rsa.RSAPublicKey):
        raise BadKey("the public key is not an RSA key")
    return key


def _bare(data: bytes) -> bytes:
    return base64.b64decode(b"".join(data.split()), validate=True)


def rsa2_sign(text: str, key: rsa.RSAPrivateKey) -> str:
    """Base64 of RSA PKCS#1 v1.5 over SHA-256 of the UTF-8 text."""
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def rsa2_verify(text: str, signature: str, key: rsa.RSAPublicKey) -> bool:
    """False for a wrong signature and for one that is no base64 at all."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def acs3_query(params: Mapping[str, str]) -> str:
    """The canonical query string; it is also what is sent, so that both sides see the same bytes."""
    return "&".join(f"{_escape(key)}={_escape(value)}" for key, value in sorted(params.items()))


def acs3_authorization(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, key_id: str, secret: str
) -> str:
    """The Authorization header. `headers` are exactly those to be signed, host and x-acs-* among them."""
    lowered = sorted((name.lower(), value.strip()) for name, value in headers.items())
    signed = ";".join(name for name, _ in lowered)
    canonical_headers = "".join(f"{name}:{value}\n" for name, value in lowered)
    payload = hashlib.sha256(body).hexdigest()
    request = f"{method}\n{path}\n{query}\n{canonical_headers}\n{signed}\n{payload}"
    text = f"{ACS3}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{ACS3} Credential={key_id},SignedHeaders={signed},Signature={signature}"


def _escape(text: str) -> str:
    return quote(text, safe="~")
