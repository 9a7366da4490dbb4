"""What can go wrong with an outside party, sorted by what the caller should do next."""

import re
from datetime import datetime
from typing import TypedDict, Unpack

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,79}")
_LONG_NUMBER = re.compile(r"\d{5,}")
_ADDRESS_OF_MAIL = re.compile(r"\S+@\S+")


def readable_code(value: object) -> str:
    """The party's code if it looks like one, "" if missing, else `unreadable`: it might be a phone or a web page."""
    if value is None or value == "":
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**6 else ""
    if isinstance(value, str) and _CODE.fullmatch(value) and not re.search(r"\d{7,}", value):
        return value
    return "unreadable"


def redact(text: object, limit: int = 200) -> str:
    """The party's own words without long numbers and mail addresses, cut to `limit` characters."""
    if not isinstance(text, str):
        return ""
    masked = _ADDRESS_OF_MAIL.sub("[mail]", _LONG_NUMBER.sub("[number]", text))
    return masked.encode("utf-8", "replace").decode()[:limit]


class Details(TypedDict, total=False):
    """What a failure may carry beside its code."""

    sub_code: str
    request_id: str
    party_text: str
    maybe_done: bool


class GatewayFailure(Exception):
    """A call to an outside party brought no usable answer.

    `str()` holds codes and our own words only, because it ends in workflow histories and logs. What the party wrote is
    kept apart in `party_text`, redacted; show it to a person, never store it in a history. `maybe_done` is True if the
    party may have acted all the same: a call that must not happen twice is then read back first.
    """

    def __init__(self, party: str, code: str, advice: str, **details: Unpack[Details]) -> None:
        self.party = party
        self.code = code
        self.sub_code = details.get("sub_code", "")
        self.request_id = details.get("request_id", "")
        self.party_text = details.get("party_text", "")
        self.maybe_done = details.get("maybe_done", False)
        codes = f"{code} {self.sub_code}".strip()
        trace = f" (request {self.request_id})" if self.request_id else ""
        super().__init__(f"{party} answered {codes}: {advice}{trace}")


class Transient(GatewayFailure):
    """The party or the way to it is ill: repeat the same call, after `retry_after_seconds` if that is known."""

    def __init__(
        self,
        party: str,
        code: str,
        advice: str,
        *,
        retry_after_seconds: int | None = None,
        **details: Unpack[Details],
    ) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(party, code, advice, **details)


class RateLimited(GatewayFailure):
    """The party counts our calls: nothing was done, and nothing will be before `until` (aware, UTC)."""

    def __init__(self, party: str, code: str, until: datetime, **details: Unpack[Details]) -> None:
        self.until = until
        super().__init__(party, code, f"wait until {until:%Y-%m-%d %H:%M:%S %Z}", **details)


class AuthRevoked(GatewayFailure):
    """Key, signature, session or permission no longer hold: a person must renew them; repeating is useless."""


class Rejected(GatewayFailure):
    """The party understood and refused. `permanent` is False where the same call may pass once something is mended."""

    def __init__(
        self, party: str, code: str, advice: str, *, permanent: bool = True, **details: Unpack[Details]
    ) -> None:
        self.permanent = permanent
        super().__init__(party, code, advice, **details)


class Nonsense(GatewayFailure):
    """The party answered something unreadable. It may have acted; repeat slowly and tell a person if it stays."""
