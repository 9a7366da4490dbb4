"""Hash chains: each link commits to the one before it, so an edited or missing line shows.

The hash is SHA-256 over the previous hash and the canonical JSON of the line's fields.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

FIRST = bytes(32)
# What the hash of a line covers: every column but the hashes themselves.
CASE_LINE = ("case", "seq", "at", "kind", "actor_kind", "actor", "policy", "facts")
OFFICE_LINE = ("seq", "at", "actor", "kind", "subject", "facts")


def canonical(value: object) -> bytes:
    """One byte sequence per value: sorted names, no blanks, UTF-8, moments in UTC with microseconds. Raises TypeError
    for anything that is not plain data, ValueError for numbers that JSON does not know."""
    written = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_moment
    )
    return written.encode()


def link(previous: bytes, line: Mapping[str, object]) -> bytes:
    return hashlib.sha256(previous + canonical(line)).digest()


def _moment(value: object) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    raise TypeError(f"a {type(value).__name__} has no canonical form")
