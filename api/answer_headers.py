"""What every answer tells a browser: keep nothing, guess no type, show it nowhere, tell nobody where you were."""

from collections.abc import Iterable

# A route that says otherwise (a page, a download) is left its own word.
ALWAYS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
# A year; only where browsers come by TLS, since it locks the plain way for as long.
STRICT_TRANSPORT = {b"strict-transport-security": b"max-age=31536000; includeSubDomains"}

Headers = Iterable[tuple[bytes, bytes]]


def with_usual(headers: Headers, *, strict_transport: bool) -> list[tuple[bytes, bytes]]:
    """The answer's own headers and those of the usual ones that it does not have."""
    own = list(headers)
    known = {name.lower() for name, _ in own}
    usual = ALWAYS | (STRICT_TRANSPORT if strict_transport else {})
    return own + [(name, value) for name, value in usual.items() if name not in known]
