"""ACS3-HMAC-SHA256: how an Alibaba Cloud RPC call is signed (V3)."""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from sandbox.world import World

ALGORITHM = "ACS3-HMAC-SHA256"
TOLERANCE = 900  # seconds
AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=(?P<key>[^,]+),\s*SignedHeaders=(?P<names>[^,]+),\s*Signature=(?P<signature>\w+)"
)


class AcsError(Exception):
    """Refused before the action: HTTP status, Code and Message of the platform's error body."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def canonical_query(query: Mapping[str, str]) -> str:
    return "&".join(f"{quote(key, safe='~')}={quote(query[key], safe='~')}" for key in sorted(query))


def signature(
    secret: str, method: str, query: Mapping[str, str], headers: Mapping[str, str], names: str, payload_hash: str
) -> str:
    """Lower-case hex over method, path `/`, query, the named headers and the hash of the body."""
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in names.split(";"))
    request = f"{method}\n/\n{canonical_query(query)}\n{lines}\n{names}\n{payload_hash}"
    text = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def verify(world: World, method: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> None:
    """Raises AcsError unless key, date, body hash and signature all hold."""
    given = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if given is None:
        raise AcsError(400, "MissingAuthorization", f"Send an Authorization header of {ALGORITHM}.")
    key = world.store.row("SELECT * FROM sms_key WHERE access_key_id = ?", given["key"])
    if key is None:
        raise AcsError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    _check_date(headers.get("x-acs-date", ""))
    if headers.get("x-acs-content-sha256") != hashlib.sha256(body).hexdigest():
        raise AcsError(400, "InvalidContentHash", "x-acs-content-sha256 is not the hash of the body.")
    payload_hash = headers["x-acs-content-sha256"]
    expected = signature(key["access_key_secret"], method, query, headers, given["names"], payload_hash)
    if not hmac.compare_digest(expected, given["signature"]):
        raise AcsError(400, "SignatureDoesNotMatch", "Specified signature does not match our calculation.")


def _check_date(text: str) -> None:
    try:
        sent = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        sent = 0.0
    if abs(time.time() - sent) > TOLERANCE:
        raise AcsError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
