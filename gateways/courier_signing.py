"""How couriers' calls are signed: kuaidi100's MD5 over a secret, and the digest of SF's envelope."""

import base64
import hashlib
import hmac
from urllib.parse import quote_plus


def poll_signature(*parts: str) -> str:
    """Upper-case hex over the parts joined: param, key and customer for a query, param and salt for a push. kuaidi100
    prescribes MD5; a secret is always one of the parts."""
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest().upper()


def push_holds(param: str, salt: str, signature: str) -> bool:
    """Whether a push was signed by who knows the salt that we subscribed with. An empty salt proves nothing."""
    return bool(salt) and hmac.compare_digest(poll_signature(param, salt), signature.upper())


def envelope_digest(data: str, timestamp: str, checkword: str) -> str:
    """Base64 of the MD5 over data, time stamp and check word, URL-encoded before as Java's encoder does it."""
    text = quote_plus(f"{data}{timestamp}{checkword}", safe="*").replace("~", "%7E")
    return base64.b64encode(hashlib.md5(text.encode(), usedforsecurity=False).digest()).decode()
