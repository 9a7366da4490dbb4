"""Requests that a program signs: what is signed, how old it may be, and what a forgery and a repetition are called.

The signature is HMAC-SHA256, in hexadecimal, over five lines: method, path with its query, seconds since 1970, a nonce,
and the SHA-256 of the body in hexadecimal.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.entry import EntryRefused

WINDOW = timedelta(minutes=5)
# A clock that jumps forward and back again within a day opens no gap for what was sent before.
NONCES_KEPT = timedelta(hours=24)
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SECONDS = re.compile(r"[0-9]{9,11}")


class PushForged(EntryRefused):
    """The signature is not that of the named key over this request."""

    code = "PushForged"


class PushReplayed(EntryRefused):
    """This very request was taken before."""

    code = "PushReplayed"


class PushOutOfTime(EntryRefused):
    """The request was signed too long ago, or in the future; the sender's clock or this one is wrong."""

    code = "PushOutOfTime"


@dataclass(frozen=True, slots=True)
class Signed:
    """What came with a signed request, as it was sent."""

    method: str
    target: str
    seconds: str
    nonce: str
    signature: str
    body: bytes

    def text(self) -> bytes:
        digest = hashlib.sha256(self.body).hexdigest()
        return "\n".join((self.method, self.target, self.seconds, self.nonce, digest)).encode()


def sign(secret: str, request: Signed) -> str:
    return hmac.new(secret.encode(), request.text(), hashlib.sha256).hexdigest()


def check_signed(secret: str, request: Signed, now: datetime) -> None:
    """Raises PushForged or PushOutOfTime. Whether it came before is for the database to say."""
    if not _NONCE.fullmatch(request.nonce) or not _SECONDS.fullmatch(request.seconds):
        raise PushForged("Send X-Amends-Time in seconds and X-Amends-Nonce of 16 to 64 letters and digits.")
    if not hmac.compare_digest(sign(secret, request).encode(), request.signature.lower().encode()):
        raise PushForged("The signature does not fit the request; sign method, path, time, nonce and body's SHA-256.")
    apart = abs(now - datetime.fromtimestamp(int(request.seconds), UTC))
    if apart > WINDOW:
        raise PushOutOfTime(
            "The request was signed more than five minutes from now; set the clock right and sign again.",
            now=now.isoformat(),
        )
